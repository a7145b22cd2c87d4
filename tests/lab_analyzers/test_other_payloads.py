"""E1381 frames whose text is no E1394 record, or whose numbers nobody understands. Bytes of our own."""

from datetime import UTC, datetime

import pytest

from adapters.lab_analyzers.profile_desk import ProfileDesk
from adapters.lab_analyzers.profiles import names
from hub.contract import Interpretation
from hub.pseudonyms import KeyedPseudonyms

RECEIVED_MS = int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1000)
KEY = KeyedPseudonyms(b"c" * 32, weak=False)
PAYLOADS = {
    "mini_vidas": b"mtrsl|piP77|pnTran Thi B|si|ci2601234|rtHBS|tt11:10|td07/12/26|qlNegative|qn0.02|",
    "spotchem": b"   0001 2026/07/12 10:30 P77   GLU    104 mg/dl   T-CHO  188 mg/dl   GOT   21 IU/l ",
    "biofire": b'<?xml version="1.0"?><Message><Header/><Result>Not Detected</Result></Message>',
    "fixed_width": b"D 000101 0001    DN-26-0001    E001 12.5  002 7.1  ",
}


def framed(number: int, text: bytes, end: bytes = b"\x03", *, lower: bool = False) -> bytes:
    body = str(number).encode() + text + end
    digits = f"{sum(body) & 255:02x}".encode()
    return b"\x02" + body + (digits if lower else digits.upper()) + b"\r\n"


def read(profile: str, raw: bytes) -> list[Interpretation]:
    return ProfileDesk().read(profile, raw, "astm", KEY, RECEIVED_MS)


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("lower", [False, True])
def test_a_payload_without_records_is_kept_whole_with_its_reason(name: str, lower: bool) -> None:
    raw = b"\x05" + framed(1, PAYLOADS[name], lower=lower) + b"\x04"
    for profile in names():
        (meaning,) = read(profile, raw)
        assert meaning.facts == ()
        assert [(problem.reason, problem.raw) for problem in meaning.problems] == [
            ("astm.no_header", PAYLOADS[name])
        ]


def test_frames_with_numbers_of_their_own_are_one_message() -> None:
    """A Yumizen counts 5, 1, 1, 1, 4, 5, with right checksums."""
    records = b"H|\\^&|||Y^1\rP|1\rO|1|DN-9||^^^WBC\rR|1|^^^WBC|5.1|10*3/uL||N||F\rL|1|N\r"
    cuts = [records[at : at + 13] for at in range(0, len(records), 13)]
    numbers = (5, 1, 1, 1, 4, 5)
    assert len(cuts) == len(numbers)
    frames = [
        framed(number, cut, b"\x03" if cut is cuts[-1] else b"\x17")
        for number, cut in zip(numbers, cuts, strict=True)
    ]
    (meaning,) = read("generic", b"\x05" + b"".join(frames) + b"\x04")
    assert [fact.key for fact in meaning.facts] == ["DN-9|WBC|"]
    assert meaning.problems == ()
