"""The sending side of MLLP without I/O: one message outstanding, and only its own answer settles it.

  IDLE         any answer is late: dropped
  OUTSTANDING  AA  delivered              CA  "I have it", not "I have done it": wait on
               AE, CE  again              AR, CR  refused
               another MSA-2, no MSA: dropped        nothing in time: again, on a new connection,
               because the late answer of this one must not settle what is sent next
  ASKED        the block with its MSA-2 is the answer, whatever it says; an ACK with AE, AR, CE or CR is none
  always       an order that the other side begins (OML, ORM) is offered where the device takes such, and its
               answer is the device's own, AE (not now) or AR (never); whatever else it begins gets AR
The bytes go out as they came in, MSH-10 included, each time the same: the other side can know a repeat.
Source: HL7 2.5.1, 2.9.2 and 2.9.3, table 0008; HL7 Transport Specification: MLLP, Release 1.
"""

from collections.abc import Callable
from typing import Literal

from adapters.lab_analyzers.acknowledge import acknowledge, trouble
from adapters.lab_analyzers.er7 import Fault, read_header
from adapters.lab_analyzers.mllp import CR, FS, VT, MllpCodec
from hub.contract import Answered, Dropped, Frame, MalformedFrame, Offered, Settled, Step, Transmit

ANSWER_MAX_BYTES = 1024 * 1024  # the answer to a query may hold a day's orders
QUIET_SECONDS = 0.2  # FS without its CR ends an answer as well
_SETTLES: dict[bytes, Settled] = {
    b"AA": Settled("DELIVERED", "AA"),
    b"AE": Settled("AGAIN", "AE"),
    b"CE": Settled("AGAIN", "CE"),
    b"AR": Settled("REFUSED", "AR"),
    b"CR": Settled("REFUSED", "CR"),
}


_ORDERS = frozenset(("OML", "ORM"))
_REFUSALS = frozenset(settled for settled in _SETTLES.values() if settled.outcome != "DELIVERED")


class MllpSender:
    """``answer_seconds``: how long an answer may take; ``now_ms`` stamps what we refuse (MSH-7)."""

    def __init__(self, answer_seconds: float, now_ms: Callable[[], int] = lambda: 0) -> None:
        self._answer_seconds = answer_seconds
        self._now_ms = now_ms
        self._codec = MllpCodec(lambda: 0, ANSWER_MAX_BYTES)
        self._control: bytes | None = None
        self._asking = False
        self._due: float | None = None
        self._quiet_at: float | None = None
        self._open = False

    @property
    def deadline(self) -> float | None:
        """When ``tick`` is due."""
        return min((at for at in (self._due, self._quiet_at) if at is not None), default=None)

    def send(self, raw: bytes, now: float) -> list[Step]:
        """A message without framing, as it came; one without MSH-10 cannot be told delivered."""
        if self._control is not None:
            raise AssertionError("one message at a time")
        header = read_header(raw)
        if isinstance(header, Fault):
            return [Settled("REFUSED", header.reason)]
        self._control, self._due = header.raw(10).strip(), now + self._answer_seconds
        self._asking = False
        return [Transmit(VT + raw + FS + CR)]

    def ask(self, raw: bytes, now: float) -> list[Step]:
        """A query without framing, as it came."""
        steps = self.send(raw, now)
        self._asking = self._control is not None
        return steps

    def receive(self, data: bytes, now: float) -> list[Step]:
        """Bytes of the line, cut anywhere."""
        steps = [step for found in self._codec.feed(data) for step in self._heard(found)]
        self._quiet_at = now + QUIET_SECONDS if self._codec.pending else None
        return steps

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        steps: list[Step] = []
        if self._quiet_at is not None and now >= self._quiet_at:
            self._quiet_at = None
            steps = [step for found in self._codec.flush() for step in self._heard(found)]
        if self._due is not None and now >= self._due:
            self._clear()
            steps.append(Settled("AGAIN", "no_answer", hang_up=True))
        return steps

    def open(self) -> None:
        """Orders that the other side begins are offered."""
        self._open = True

    def reply(self, offered: Offered, answer: bytes | None, *, ever: bool, now: float) -> list[Step]:
        """See ``Sender``; the answer has the other side's MSH-10 in its MSA-2."""
        if answer is not None:
            return [Transmit(VT + answer + FS + CR)]
        return self._turn_away(offered.raw, "AE" if ever else "AR", "forward.not_taken", "answer.not_taken")

    def _turn_away(self, raw: bytes, code: Literal["AE", "AR"], reason: str, dropped: str) -> list[Step]:
        refusal = acknowledge(raw, code, self._now_ms(), trouble(reason, "MSH-9"))
        return [Transmit(VT + refusal + FS + CR), Dropped(dropped)]

    def _heard(self, found: Frame | MalformedFrame) -> list[Step]:
        """Also of a block that lacks what we never ask an answer for, its own MSH-10."""
        code, control = _msa(found.raw)
        if code:
            return [self._answered(found, code, control)]
        if isinstance(found, Frame) and not _is_acknowledgement(found.raw):
            if self._open and _kind(found.raw) in _ORDERS:
                return [Offered(found.raw, self._answer_seconds)]
            return self._turn_away(found.raw, "AR", "forward.unasked", "answer.unasked")
        return [Dropped("answer.unreadable")]

    def _answered(self, found: Frame | MalformedFrame, code: bytes, control: bytes) -> Step:
        if self._control is None:
            return Dropped("answer.late")
        if control != self._control:
            return Dropped("answer.foreign")
        if code == b"CA":
            return Dropped("answer.commit_accept")
        settled = _SETTLES.get(code)
        if self._asking and not (settled in _REFUSALS and _is_acknowledgement(found.raw)):
            if isinstance(found, MalformedFrame):
                return Dropped("answer.unreadable")
            self._clear()
            return Answered(found.raw)
        if settled is None:
            return Dropped("answer.unknown")
        self._clear()
        return settled

    def _clear(self) -> None:
        self._control = self._due = None


def _is_acknowledgement(raw: bytes) -> bool:
    """By MSH-9.1: a general ACK, which says of a query only whether it was taken."""
    return _kind(raw) == "ACK"


def _kind(raw: bytes) -> str:
    header = read_header(raw)
    return "" if isinstance(header, Fault) else header.text(9).upper()


def _msa(raw: bytes) -> tuple[bytes, bytes]:
    """MSA-1 and MSA-2 in whatever separator the segment has; empty when there is no MSA."""
    for line in raw.replace(b"\n", b"\r").split(b"\r"):
        if line.startswith(b"MSA") and len(line) > 3:
            fields = line.split(line[3:4], 3)
            return fields[1].strip(), (fields[2].strip() if len(fields) > 2 else b"")
    return b"", b""
