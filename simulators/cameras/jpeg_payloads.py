"""JPEG pictures as RTP payloads (RFC 2435): of a whole file only tables and scan are sent."""

from collections.abc import Iterator
from dataclasses import dataclass

_SOI, _SOF0, _SOS, _DQT = 0xD8, 0xC0, 0xDA, 0xDB
_TYPE_420 = 1  # RFC 2435 4.1: chroma is halved both ways
_TABLES_FOLLOW = 255  # 4.2: the quantization tables stand in the first packet
_TABLE_BYTES = 64


class NoJpeg(ValueError):
    """Nothing that RFC 2435 can carry."""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """``tables``: two of them, of luma and chroma."""

    width: int
    height: int
    tables: bytes
    scan: bytes


def read_jpeg(file: bytes) -> Jpeg:
    """Raises NoJpeg. The Huffman tables must be those of ITU-T T.81 K.3: nobody is told of them."""
    tables: dict[int, bytes] = {}
    width = height = 0
    for marker, body, end in _segments(file):
        if marker == _DQT:
            tables.update(_quantization(body))
        elif marker == _SOF0:
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        elif marker == _SOS:
            luma = tables.get(0, b"")
            return Jpeg(width, height, luma + tables.get(1, luma), file[end:].removesuffix(b"\xff\xd9"))
    raise NoJpeg("no scan")


def _segments(file: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(marker, body, where it ends) up to the scan."""
    at = 2
    while at + 4 <= len(file) and file[at] == 0xFF:
        end = at + 2 + int.from_bytes(file[at + 2 : at + 4], "big")
        yield file[at + 1], file[at + 4 : end], end
        at = end


def _quantization(body: bytes) -> Iterator[tuple[int, bytes]]:
    """T.81 B.2.4.1, tables of eight bits."""
    for at in range(0, len(body), _TABLE_BYTES + 1):
        yield body[at] & 0x0F, body[at + 1 : at + 1 + _TABLE_BYTES]


def jpeg_payloads(file: bytes, largest: int) -> Iterator[bytes]:
    """In order; each tells where in the scan it belongs."""
    jpeg = read_jpeg(file)
    if jpeg.width > 2040 or jpeg.height > 2040:
        raise NoJpeg("more than 2040 pixels wide or high")
    size = bytes((_TYPE_420, _TABLES_FOLLOW, (jpeg.width + 7) // 8, (jpeg.height + 7) // 8))
    told = b"\x00\x00" + len(jpeg.tables).to_bytes(2, "big") + jpeg.tables
    at = 0
    while at < len(jpeg.scan):
        head = b"\x00" + at.to_bytes(3, "big") + size + (told if at == 0 else b"")
        part = jpeg.scan[at : at + largest - len(head)]
        yield head + part
        at += len(part)
