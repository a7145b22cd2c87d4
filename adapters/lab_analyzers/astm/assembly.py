"""Joins frames to a message: what is new, what was sent before, what is out of order.

A record may be cut anywhere by ETB; one frame may hold many records. Records are read only from the
joined text.
"""

import re
from enum import Enum

from adapters.lab_analyzers.astm.frames import Frame
from adapters.lab_analyzers.astm.policy import Policy

_TERMINATOR = re.compile(rb"\s*L[^A-Za-z0-9\s]")
_TAIL_BYTES = 256  # an L record is short; one that is not ends with EOT


class Verdict(Enum):
    """What a frame is; the value is what is noted about it."""

    NEW = ""
    RENUMBERED = "astm.renumbered"
    REPEATED = "astm.repeated"
    DAMAGED = "astm.checksum"
    OUT_OF_ORDER = "astm.out_of_order"
    TOO_LONG = "astm.message_too_large"

    @property
    def note(self) -> str:
        """A code to count, empty for the ordinary."""
        return self.value


class Assembly:
    """The message that is being received."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._last: Frame | None = None
        self._last_before: Frame | None = None
        self.clear()

    def clear(self) -> None:
        """The message is done with; the numbering goes on until the next ENQ."""
        self._text = bytearray()
        self.newest = b""
        self.ended_with_etx = False
        self.is_whole = False  # whether the newest frame ended the message by its L record
        self._before = (0, False)

    def begin(self) -> None:
        """An ENQ: numbers begin with 1 again."""
        self.clear()
        self._last = None

    @property
    def text(self) -> bytes:
        return bytes(self._text)

    def take(self, frame: Frame) -> Verdict:
        """Add a frame, or say why not."""
        verdict = self._judge(frame)
        if verdict in {Verdict.NEW, Verdict.RENUMBERED}:
            self._add(frame)
        return verdict

    def take_back(self) -> None:
        """The newest frame was not stored: it will come again."""
        size, etx = self._before
        del self._text[size:]
        self.ended_with_etx = etx
        self.is_whole = False
        self._last = self._last_before

    def _add(self, frame: Frame) -> None:
        self._before = (len(self._text), self.ended_with_etx)
        self._last_before, self._last = self._last, frame
        self.newest = (
            frame.text if not frame.last or frame.text.endswith((b"\r", b"\n")) else frame.text + b"\r"
        )
        self._text += self.newest
        self.ended_with_etx = frame.last
        self.is_whole = frame.last and self._ends_with_terminator()

    def _ends_with_terminator(self) -> bool:
        tail = self._text[-_TAIL_BYTES:].rstrip(b"\r\n")
        last = max(tail.rfind(b"\r"), tail.rfind(b"\n")) + 1
        return _TERMINATOR.match(tail, last) is not None

    def _judge(self, frame: Frame) -> Verdict:
        if not frame.intact:
            return Verdict.DAMAGED
        last = self._last
        if last and (frame.number, frame.text, frame.last) == (last.number, last.text, last.last):
            return Verdict.REPEATED  # our ACK was lost
        if len(self._text) + len(frame.text) > self._policy.message_max_bytes:
            return Verdict.TOO_LONG
        expected = 1 if last is None else (last.number + 1) % 8
        if frame.number == expected or self._policy.numbering == "ignore":
            return Verdict.NEW
        return Verdict.OUT_OF_ORDER if self._policy.numbering == "strict" else Verdict.RENUMBERED
