"""Pictures that are posted: bounds before decoding, refusals by name, whatever the bytes are."""

import struct
import zlib
from io import BytesIO

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from adapters.qr_gates.pictures.code_pictures import (
    MOST_PICTURE_BYTES,
    UnreadablePicture,
    code_in,
)

CARD = "075199001234||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Biên Hòa, Đồng Nai|27122021"


def drawn(text: str = CARD, **colours: str | None) -> Image.Image:
    made = BytesIO()
    segno.make(text, error="m").save(made, kind="png", scale=4, border=4, **colours)
    return Image.open(made)


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    made = BytesIO()
    image.save(made, kind)
    return made.getvalue()


def refusal(picture: bytes) -> str:
    with pytest.raises(UnreadablePicture) as refused:
        code_in(picture)
    return refused.value.reason


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, pixels: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_png_and_jpeg_give_the_bytes_of_the_code() -> None:
    for picture in (saved(drawn()), saved(drawn().convert("RGB"), "JPEG")):
        assert code_in(picture) == CARD.encode()


def test_what_is_transparent_is_paper_and_a_screen_may_be_inverted() -> None:
    assert code_in(saved(drawn(light=None))) == CARD.encode()
    assert code_in(saved(drawn(dark="white", light="black"))) == CARD.encode()


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    made = BytesIO()
    segno.make(b"PK\x03\x04\xff\x00\x80", mode="byte").save(made, kind="png", scale=4)
    assert code_in(made.getvalue()) == b"PK\x03\x04\xff\x00\x80"


def test_no_code_and_several_codes_are_told_apart() -> None:
    assert refusal(saved(Image.new("L", (64, 64), 200))) == "picture.no_code"
    both = Image.new("L", (600, 300), 255)
    both.paste(drawn("https://qr.tokhaiyte.vn/d/1"), (0, 0))
    both.paste(drawn("075199001234"), (300, 0))
    assert refusal(saved(both)) == "picture.several_codes"


def test_a_picture_of_many_pixels_in_few_bytes_is_never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = png(5000, 4000, zlib.compress(bytes(5001 * 4000), 9))
    assert len(bomb) < 100_000

    def decoded(*_: object) -> None:
        raise AssertionError("the size stands in the header")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    assert refusal(bomb) == "picture.too_many_pixels"
    assert refusal(png(2**31 - 1, 2**31 - 1, b"")) == "picture.too_many_pixels"
    assert refusal(png(100_000, 1, b"")) == "picture.too_many_pixels"


def test_more_than_a_mebibyte_is_not_looked_at() -> None:
    assert refusal(bytes(MOST_PICTURE_BYTES + 1)) == "picture.too_large"


@pytest.mark.parametrize(
    "picture", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"P1 1 1 1", b"<svg/>"]
)
def test_other_formats_and_beginnings_are_broken(picture: bytes) -> None:
    assert refusal(picture) == "picture.broken"


PICTURES = [saved(drawn("075199001234")), saved(drawn("075199001234").convert("L"), "JPEG")]


@given(st.sampled_from(PICTURES), st.data())
def test_a_damaged_picture_gives_its_code_or_a_refusal(picture: bytes, data: st.DataObject) -> None:
    """Never another code, and no other error."""
    at = data.draw(st.integers(0, len(picture) - 1))
    cut = data.draw(st.integers(0, 40))
    damaged = picture[:at] + data.draw(st.binary(max_size=40)) + picture[at + cut :]
    try:
        found = code_in(damaged)
    except UnreadablePicture:
        return
    assert found == b"075199001234"
