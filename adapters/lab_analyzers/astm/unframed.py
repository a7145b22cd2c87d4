"""E1394 records that come without the frames of E1381: a message from its H record to its L record. No I/O.

  H … L and the end of its line   a message
  H … H                           the first is one without L, as a file may hold it
  silence, the end of the line    behind L a message; else what is left is kept as no message
Control characters between messages are fillers; nothing is ever said to such a machine.
Source: ASTM E1394-97 5.2, 7, 13; drivers of machines that write their records straight into a socket.
"""

import re
from collections.abc import Iterator

from adapters.lab_analyzers.astm.frames import NOISE_MAX_BYTES
from hub.contract import Frame, MalformedFrame

_FILLER = b" \t\r\n\x00\x02\x03\x04\x05\x06\x15\x17"
_FILLERS = re.compile(b"[%b]*" % re.escape(_FILLER))
_HEADER = re.compile(rb"H[^A-Za-z0-9\s]")
_BEGIN = re.compile(rb"[\r\n](?=[ \t\0\x02\x05]*H[^A-Za-z0-9\s])")
_LAST = re.compile(rb"[\r\n][ \t\0]*[Ll][^A-Za-z0-9\s][^\r\n]*")
_LOOK_BACK_BYTES = 64  # a record that a chunk cuts begins at most so far before it, but for a long L


class RecordsCodec:
    """One direction of one line; see ``hub.contract.Codec``."""

    def __init__(self, message_max_bytes: int, noise_max_bytes: int = NOISE_MAX_BYTES) -> None:
        self._most = message_max_bytes
        self._most_noise = noise_max_bytes
        self._buffer = bytearray()
        self._searched = 0

    @property
    def pending(self) -> bool:
        """Whether something has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame | MalformedFrame]:
        self._buffer += data
        while found := self._next():
            yield found

    def flush(self) -> Iterator[Frame | MalformedFrame]:
        yield from self._end("astm.silence")

    def close(self) -> Iterator[Frame | MalformedFrame]:
        yield from self._end("astm.line_closed")

    def reply(self, frame: Frame | MalformedFrame, *, accepted: bool) -> bytes:
        return b""

    def _end(self, reason: str) -> Iterator[Frame | MalformedFrame]:
        left = self._take(len(self._buffer)).strip(_FILLER)
        if left and _HEADER.match(left) and _LAST.search(left):
            yield Frame(left)
        elif left:
            yield MalformedFrame(left, reason, f"byte {len(left)}")

    def _next(self) -> Frame | MalformedFrame | None:
        """What stands whole at the begin of the buffer: a message, or bytes that are none."""
        self._drop_fillers()
        if not self._buffer:
            return None
        return self._message() if _HEADER.match(self._buffer) else self._noise()

    def _message(self) -> Frame | MalformedFrame | None:
        last = _LAST.search(self._buffer, self._searched)
        other = _BEGIN.search(self._buffer, self._searched)
        end = 0
        if other and (not last or other.start() < last.start()):
            end = other.end()
        elif last and last.end() < len(self._buffer):  # the end of its line has come
            end = last.end() + 1
        if max(end, 0 if end else len(self._buffer)) > self._most:
            return MalformedFrame(self._take(self._most), "astm.too_large", f"byte {self._most}")
        if not end:
            self._searched = max(0, (last.start() if last else len(self._buffer)) - _LOOK_BACK_BYTES)
        return Frame(self._take(end)) if end else None

    def _noise(self) -> MalformedFrame | None:
        """Up to where a message begins; without one there may be more of it."""
        begin = _BEGIN.search(self._buffer, self._searched)
        end = begin.end() if begin else len(self._buffer)
        if end > self._most_noise:
            end = self._most_noise
        elif begin is None:
            self._searched = max(0, end - _LOOK_BACK_BYTES)
            return None
        raw = self._take(end)
        return MalformedFrame(raw, "astm.noise", f"byte {len(raw)}")

    def _drop_fillers(self) -> None:
        fillers = _FILLERS.match(self._buffer)
        if fillers and fillers.end():
            self._take(fillers.end())

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._searched = 0
        return taken
