"""Pictures as RTP payloads: RFC 6184 (H.264), RFC 7798 (H.265), and RFC 2435 (JPEG)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulators.cameras.clip_plans import Codec
from simulators.cameras.clips import Unit
from simulators.cameras.jpeg_payloads import jpeg_payloads

LARGEST_PAYLOAD = 1388  # what fits an Ethernet frame beside IP, UDP and RTP, as cameras cut it
_STAP_A, _FU_A = 24, 28
_AGGREGATION, _FU = 48, 49
_START, _END = 0x80, 0x40


@dataclass(frozen=True, slots=True)
class Packing:
    """``in_band``: parameter sets before each keyframe. ``aggregated``: small NAL units share packets."""

    in_band: bool = True
    aggregated: bool = False
    largest: int = LARGEST_PAYLOAD


def payloads(unit: Unit, sets: Sequence[bytes], codec: Codec, packing: Packing) -> list[bytes]:
    """Of one picture, in order; the marker belongs to the last."""
    if codec == "mjpeg":
        return list(jpeg_payloads(unit.nals[0], packing.largest))
    nals = [*sets, *unit.nals] if unit.key and packing.in_band else list(unit.nals)
    if packing.aggregated:
        return list(_aggregated(nals, codec, packing.largest))
    return [part for nal in nals for part in _single(nal, codec, packing.largest)]


def _single(nal: bytes, codec: Codec, largest: int) -> Iterator[bytes]:
    if len(nal) <= largest:
        yield nal
        return
    head = 1 if codec == "h264" else 2
    room = largest - head - 1
    body = memoryview(nal)[head:]
    pieces = [body[at : at + room] for at in range(0, len(body), room)]
    for number, piece in enumerate(pieces):
        flags = _START * (number == 0) | _END * (number == len(pieces) - 1)
        yield _fragment_head(nal, codec, flags) + bytes(piece)


def _fragment_head(nal: bytes, codec: Codec, flags: int) -> bytes:
    if codec == "h264":
        return bytes((nal[0] & 0xE0 | _FU_A, flags | nal[0] & 0x1F))
    kind = nal[0] >> 1 & 0x3F
    return bytes((nal[0] & 0x81 | _FU << 1, nal[1], flags | kind))


def _aggregated(nals: Sequence[bytes], codec: Codec, largest: int) -> Iterator[bytes]:
    """Neighbours that fit are put together: STAP-A, or an aggregation packet of H.265."""
    together: list[bytes] = []
    for nal in nals:
        if together and _length(together) + 2 + len(nal) > largest:
            yield from _sealed(together, codec, largest)
            together = []
        together.append(nal)
    if together:
        yield from _sealed(together, codec, largest)


def _length(nals: Sequence[bytes]) -> int:
    return 2 + sum(2 + len(nal) for nal in nals)


def _sealed(nals: Sequence[bytes], codec: Codec, largest: int) -> Iterator[bytes]:
    if len(nals) == 1:
        yield from _single(nals[0], codec, largest)
        return
    parts = b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    if codec == "h264":
        yield bytes((max(nal[0] & 0x60 for nal in nals) | _STAP_A,)) + parts
    else:
        yield bytes((_AGGREGATION << 1, nals[0][1])) + parts
