"""The 250 degraded pictures: what is read of them, and that nothing else ever is."""

from collections import Counter

import pytest
from PIL import Image

from adapters.qr_gates.pictures.code_pictures import codes_in
from tests.qr_gates.pictures.degraded import HARMS, TIMES, pictures, printed_codes

LEAST_SHARE = 0.94


@pytest.mark.slow
def test_nearly_all_are_read_and_none_wrongly() -> None:
    read: Counter[str] = Counter()
    total = 0
    for picture in pictures():
        total += 1
        found = codes_in(Image.fromarray(picture.image))
        assert found in ([], [picture.printed.text.encode()]), (picture.printed.name, picture.harm)
        read[picture.harm] += len(found)
    assert total == len(HARMS) * TIMES * len(printed_codes()) == 250
    assert read.total() >= LEAST_SHARE * total, read
    assert read["clean"] == total / len(HARMS)
