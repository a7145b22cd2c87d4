"""Codes out of the keys of a scanner that calls itself a keyboard (``struct input_event`` of Linux)."""

import struct
from collections.abc import Iterator

from adapters.qr_gates.scanners import key_map
from adapters.qr_gates.scanners.framing import ScannerCodec
from hub.contract import Frame, MalformedFrame

EVENT = struct.Struct("llHHi")  # the time as seconds and µs, type, code, value
_SYN, _KEY = 0, 1
_SYN_DROPPED = 3
_UP, _DOWN = 0, 1
_CR_BY_CONTROL = frozenset({36, 50})  # Ctrl+J and Ctrl+M
_ENDS = frozenset(b"\r\t")


class WedgeCodec:
    """Keys become characters, and those codes as on any line. A key that is held repeats nothing."""

    def __init__(self) -> None:
        self._line = ScannerCodec()
        self._rest = b""
        self._held: set[int] = set()
        self._caps_lock = False
        self._is_torn = False

    def feed(self, data: bytes) -> Iterator[Frame | MalformedFrame]:
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == _SYN and code == _SYN_DROPPED:
                yield from self._tear()
            elif kind == _KEY:
                yield from self._read(self._character(code, value))

    def flush(self) -> Iterator[Frame | MalformedFrame]:
        """A gap: what came is a code."""
        if not self._is_torn:
            yield from _trusted(self._line.flush())

    def close(self) -> Iterator[Frame | MalformedFrame]:
        """The scanner is gone: what came may be half a code."""
        yield from self._line.close()
        self._rest = b""
        self._held.clear()

    def reply(self, frame: Frame | MalformedFrame, *, accepted: bool) -> bytes:
        """A keyboard hears nothing."""
        return b""

    @property
    def pending(self) -> bool:
        return self._line.pending

    def _tear(self) -> Iterator[Frame | MalformedFrame]:
        """The kernel dropped keys: neither what came before nor what still comes of this code is whole."""
        yield from self._line.close()
        self._held.clear()
        self._is_torn = True

    def _character(self, key: int, value: int) -> bytes:
        if value == _UP:
            self._held.discard(key)
            return b""
        if value != _DOWN:
            return b""
        self._held.add(key)
        if key == key_map.CAPS_LOCK:
            self._caps_lock = not self._caps_lock
        if key in key_map.ENTER or (key in _CR_BY_CONTROL and self._held & key_map.CONTROL):
            return b"\r"
        if key == key_map.TAB:
            return b"\t"
        if self._held & (key_map.CONTROL | key_map.ALT):
            return b""
        shift = bool(self._held & key_map.SHIFT)
        return key_map.typed(key, shift=shift, caps_lock=self._caps_lock).encode("ascii")

    def _read(self, character: bytes) -> Iterator[Frame | MalformedFrame]:
        if not character:
            return
        if self._is_torn:
            self._is_torn = character[0] not in _ENDS
            return
        yield from _trusted(self._line.feed(character))


def _trusted(frames: Iterator[Frame | MalformedFrame]) -> Iterator[Frame | MalformedFrame]:
    for frame in frames:
        if isinstance(frame, Frame):
            code = key_map.trusted(frame.raw.decode("ascii")).encode("ascii")
            yield Frame(code, origin=frame.origin)
        else:
            yield frame
