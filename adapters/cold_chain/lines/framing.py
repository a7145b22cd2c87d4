"""Lines out of a stream. What comes before the first line end is not read: -12.5 may have begun as 2.5."""

from collections.abc import Iterator

from hub.contract import Frame, MalformedFrame

LONGEST_LINE = 512
_W1_FIRST, _W1_LAST = b"crc=", b"t="


class LineCodec:
    """One frame a line; with ``of_w1`` the two lines of a ``w1_slave``. Blank lines are nothing."""

    def __init__(self, *, of_w1: bool) -> None:
        self._of_w1 = of_w1
        self._rest = bytearray()
        self._first = b""  # of a w1_slave, without its second line
        self._is_synchronous = False
        self._is_too_long = False

    def feed(self, data: bytes) -> Iterator[Frame | MalformedFrame]:
        for at, part in enumerate(data.split(b"\n")):
            if at:
                yield from self._ended()
            yield from self._took(part)

    def flush(self) -> Iterator[Frame | MalformedFrame]:
        """A silent line completes nothing: what has no end may go on."""
        return iter(())

    def close(self) -> Iterator[Frame | MalformedFrame]:
        left = self._first + bytes(self._rest)
        if left.strip() and self._is_synchronous and not self._is_too_long:
            yield MalformedFrame(left, "cold.line_cut")
        self._rest.clear()
        self._first = b""

    def reply(self, frame: Frame | MalformedFrame, *, accepted: bool) -> bytes:
        return b""

    @property
    def pending(self) -> bool:
        """Never: a probe may be silent for hours in the middle of what it says."""
        return False

    def _took(self, part: bytes) -> Iterator[MalformedFrame]:
        room = LONGEST_LINE - len(self._rest)
        self._rest += part[:room]
        if len(part) > room and not self._is_too_long:
            self._is_too_long = True
            if self._is_synchronous:
                yield MalformedFrame(bytes(self._rest), "cold.line_too_long")

    def _ended(self) -> Iterator[Frame | MalformedFrame]:
        line, is_whole = bytes(self._rest).strip(), self._is_synchronous and not self._is_too_long
        self._rest.clear()
        self._is_synchronous, self._is_too_long = True, False
        if not line or not is_whole:
            return
        if not self._of_w1:
            yield Frame(line)
        elif _W1_FIRST in line:
            if self._first:
                yield MalformedFrame(self._first, "cold.w1_broken")
            self._first = line + b"\n"
        elif self._first and _W1_LAST in line:
            yield Frame(self._first + line)
            self._first = b""
        else:
            yield MalformedFrame(self._first + line, "cold.w1_broken")
            self._first = b""
