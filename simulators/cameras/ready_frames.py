"""Pictures ready to be sent: all packets of one in a row, with headers that lack number, time and source.

Two hundred clients of one clip share them; each gets a copy in which twelve bytes a packet are written.
"""

import struct
from dataclasses import dataclass
from functools import cached_property

from simulators.cameras.clips import Clip
from simulators.cameras.rtp_payloads import Packing, payloads

PAYLOAD_TYPE, JPEG_PAYLOAD_TYPE = 96, 26  # RFC 3551: JPEG has a number of its own
_INTERLEAVED = struct.Struct(">cBH")  # RFC 2326 10.12
_HEADER = struct.Struct(">BBHII")  # RFC 3550 5.1
_PATCH = struct.Struct(">HII")  # its number, time and source
_PATCH_AT = _INTERLEAVED.size + 2


@dataclass(frozen=True, slots=True)
class ReadyFrame:
    """``starts``: where each of its packets begins, the interleaved header included."""

    template: bytes
    starts: tuple[int, ...]
    key: bool

    def written(self, number: int, time: int, source: int, channel: int) -> bytearray:
        """To be sent over TCP; ``number`` is that of its first packet."""
        out = bytearray(self.template)
        patch = _PATCH.pack_into
        for packet, start in enumerate(self.starts):
            patch(out, start + _PATCH_AT, number + packet & 0xFFFF, time & 0xFFFFFFFF, source)
        if channel:
            for start in self.starts:
                out[start + 1] = channel
        return out

    def packets(self, written: bytearray) -> list[bytes]:
        """Each apart, the interleaved header included."""
        ends = (*self.starts[1:], len(written))
        return [bytes(written[start:end]) for start, end in zip(self.starts, ends, strict=True)]


class ReadyClip:
    """A clip, packed in one way."""

    def __init__(self, clip: Clip, packing: Packing) -> None:
        self.clip = clip
        self.packing = packing

    @cached_property
    def frames(self) -> tuple[ReadyFrame, ...]:
        """Made when first somebody plays it."""
        return tuple(self._ready(place) for place in range(len(self.clip.units)))

    def _ready(self, place: int) -> ReadyFrame:
        unit, clip = self.clip.units[place], self.clip
        bodies = payloads(unit, clip.parameter_sets, clip.codec, self.packing)
        kind = JPEG_PAYLOAD_TYPE if clip.codec == "mjpeg" else PAYLOAD_TYPE
        out, starts = bytearray(), []
        for number, body in enumerate(bodies):
            starts.append(len(out))
            marker = 0x80 if number == len(bodies) - 1 else 0
            out += _INTERLEAVED.pack(b"$", 0, _HEADER.size + len(body))
            out += _HEADER.pack(0x80, marker | kind, 0, 0, 0) + body
        return ReadyFrame(bytes(out), tuple(starts), unit.key)
