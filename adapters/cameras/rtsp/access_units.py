"""Pictures out of RTP payloads: H.264 (RFC 6184) and H.265 (RFC 7798), and only those that are wanted.

Of every access unit its kind is told by its first slice; only a key access unit that is wanted is put
together. Parameter sets are kept from wherever they came last, in the description or in the stream, and stand
before each unit: a keyframe without them cannot be decoded.
"""

from hashlib import sha256
from typing import Final

from adapters.cameras.rtsp.facts import Codec
from adapters.cameras.rtsp.sequence_parameters import LONGEST_SET_BYTES, nal_type, parameter_set

UNIT_MAX_BYTES = 4 * 1024 * 1024  # a keyframe of 4K at the best quality is about 2 MB
_START_CODE = b"\x00\x00\x00\x01"
_MOST_SETS = 16
_BEGINS, _ENDS = 0x80, 0x40  # of a fragment

# What the first byte of a payload says; FRAGMENT: the next byte (H.265: the one after) decides.
OTHER, SLICE, KEY, FRAGMENT = 0, 1, 2, 3
Kinds = tuple[int, ...]


def _h264(nal_type: int) -> int:
    return {1: SLICE, 2: SLICE, 5: KEY, 28: FRAGMENT, 29: FRAGMENT}.get(nal_type, OTHER)


def _h265(nal_type: int) -> int:
    if nal_type == 49:
        return FRAGMENT
    return OTHER if nal_type > 31 else KEY if 16 <= nal_type <= 23 else SLICE


# By the first byte of a payload, and by the byte that says what a fragment is of.
KINDS: Final[dict[Codec, Kinds]] = {
    "h264": tuple(_h264(byte & 0x1F) for byte in range(256)),
    "h265": tuple(_h265(byte >> 1 & 0x3F) for byte in range(256)),
}
FRAGMENT_KINDS: Final[dict[Codec, Kinds]] = {
    "h264": KINDS["h264"],
    "h265": tuple(_h265(byte & 0x3F) for byte in range(256)),
}
HEAD_BYTES: Final[dict[Codec, int]] = {"h264": 1, "h265": 2}
_AGGREGATES: Final[dict[Codec, int]] = {"h264": 24, "h265": 48}


class AccessUnits:
    """One stream's. ``kind`` must be asked of each payload of a unit until it is not OTHER."""

    def __init__(self, codec: Codec, parameter_sets: tuple[bytes, ...] = ()) -> None:
        self.codec = codec
        self.width = 0
        self.height = 0
        self._head = HEAD_BYTES[codec]
        self._kinds = KINDS[codec]
        self._sets: dict[tuple[int, int], bytes] = {}
        self._unit = bytearray()  # the one that is put together: its slices, each behind a start code
        self._is_open = False  # a fragment of its last slice is missing yet
        self._other = bytearray()  # fragments of a NAL unit that is no slice
        for each in parameter_sets:
            self._keep(each)

    def kind(self, payload: bytes) -> int:
        """What the unit is as far as this payload says; parameter sets in it are kept."""
        if len(payload) <= self._head:
            return OTHER
        kind = self._kinds[payload[0]]
        if kind == FRAGMENT:
            return self._fragment_kind(payload)
        if kind != OTHER:
            return kind
        return max((self._told(nal) for nal in self._inside(payload)), default=OTHER)

    def gather(self, payload: bytes) -> bool:
        """Put a payload of the wanted unit behind the others; False: it cannot become one."""
        if len(payload) <= self._head:
            return True
        if self._kinds[payload[0]] == FRAGMENT:
            return self._gather_fragment(payload)
        for nal in self._inside(payload):
            if self._kinds[nal[0]] in (SLICE, KEY):
                self._unit += _START_CODE + nal
        return not self._is_open and len(self._unit) <= UNIT_MAX_BYTES

    def unit(self) -> tuple[bytes, bytes] | None:
        """Annex B and the digest of the unit that was gathered, None when it is not whole; and forget it."""
        slices, is_whole = bytes(self._unit), bool(self._unit) and not self._is_open
        self.abandon()
        if not is_whole:
            return None
        sets = (_START_CODE + self._sets[key] for key in sorted(self._sets))
        return b"".join((*sets, slices)), sha256(slices).digest()

    def abandon(self) -> None:
        """What was begun is not whole, or not wanted any more."""
        self._unit = bytearray()
        self._is_open = False

    def _gather_fragment(self, payload: bytes) -> bool:
        """RFC 6184, 5.8 and RFC 7798, 4.4.3."""
        mark = payload[self._head]
        if bool(mark & _BEGINS) == self._is_open:
            return False
        if mark & _BEGINS:
            self._unit += _START_CODE + self._nal_head(payload)
        self._unit += payload[self._head + 1 :]
        self._is_open = not mark & _ENDS
        return len(self._unit) <= UNIT_MAX_BYTES

    def _told(self, nal: bytes) -> int:
        kind = self._kinds[nal[0]]
        if kind == OTHER:
            self._keep(nal)
        return OTHER if kind == FRAGMENT else kind

    def _fragment_kind(self, payload: bytes) -> int:
        mark = payload[self._head]
        kind = FRAGMENT_KINDS[self.codec][mark]
        if kind != OTHER:
            return SLICE if kind == FRAGMENT else kind
        if mark & _BEGINS:
            self._other = bytearray(self._nal_head(payload))
        if self._other and len(self._other) <= LONGEST_SET_BYTES:
            self._other += payload[self._head + 1 :]
        if mark & _ENDS and self._other:
            self._keep(bytes(self._other))
            self._other = bytearray()
        return OTHER

    def _inside(self, payload: bytes) -> list[bytes]:
        """The NAL units of a payload that is no fragment: itself, or those that it holds."""
        if nal_type(self.codec, payload) != _AGGREGATES[self.codec]:
            return [payload]
        found, at = [], self._head
        while at + 2 <= len(payload):
            size = payload[at] << 8 | payload[at + 1]
            nal = payload[at + 2 : at + 2 + size]
            if size <= self._head or len(nal) < size:
                break
            found.append(nal)
            at += 2 + size
        return found

    def _keep(self, nal: bytes) -> None:
        found = parameter_set(self.codec, nal)
        if found is None:
            return
        if found.key not in self._sets and len(self._sets) >= _MOST_SETS:
            self._sets.clear()  # a camera has three
        self._sets[found.key] = nal
        if found.width:
            self.width, self.height = found.width, found.height

    def _nal_head(self, payload: bytes) -> bytes:
        mark = payload[self._head]
        if self.codec == "h264":
            return bytes((payload[0] & 0xE0 | mark & 0x1F,))
        return bytes((payload[0] & 0x81 | (mark & 0x3F) << 1, payload[1]))
