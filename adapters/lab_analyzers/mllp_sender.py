"""The sending side of MLLP without I/O: one message outstanding, and only its own answer settles it.

  IDLE         any answer is late: dropped
  OUTSTANDING  AA  delivered              CA  "I have it", not "I have done it": wait on
               AE, CE  again              AR, CR  refused
               another MSA-2, no MSA: dropped        nothing in time: again, on a new connection,
               because the late answer of this one must not settle what is sent next
The bytes go out as they came in, MSH-10 included, each time the same: the other side can know a repeat.
Source: HL7 2.5.1, 2.9.2 and 2.9.3, table 0008; HL7 Transport Specification: MLLP, Release 1.
"""

from adapters.lab_analyzers.er7 import Fault, read_header
from adapters.lab_analyzers.mllp import CR, FS, VT, MllpCodec
from hub.contract import Dropped, Frame, MalformedFrame, Settled, Step, Transmit

ANSWER_MAX_BYTES = 64 * 1024
QUIET_SECONDS = 0.2  # FS without its CR ends an answer as well
_SETTLES: dict[bytes, Settled] = {
    b"AA": Settled("DELIVERED", "AA"),
    b"AE": Settled("AGAIN", "AE"),
    b"CE": Settled("AGAIN", "CE"),
    b"AR": Settled("REFUSED", "AR"),
    b"CR": Settled("REFUSED", "CR"),
}


class MllpSender:
    """``answer_seconds``: how long an answer may take."""

    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        self._codec = MllpCodec(lambda: 0, ANSWER_MAX_BYTES)
        self._control: bytes | None = None
        self._due: float | None = None
        self._quiet_at: float | None = None

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
        return [Transmit(VT + raw + FS + CR)]

    def receive(self, data: bytes, now: float) -> list[Step]:
        """Bytes of the line, cut anywhere."""
        steps = [self._heard(found) for found in self._codec.feed(data)]
        self._quiet_at = now + QUIET_SECONDS if self._codec.pending else None
        return steps

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        steps: list[Step] = []
        if self._quiet_at is not None and now >= self._quiet_at:
            self._quiet_at = None
            steps = [self._heard(found) for found in self._codec.flush()]
        if self._due is not None and now >= self._due:
            self._clear()
            steps.append(Settled("AGAIN", "no_answer", hang_up=True))
        return steps

    def _heard(self, found: Frame | MalformedFrame) -> Step:
        """Also of a block that lacks what we never ask an answer for, its own MSH-10."""
        code, control = _msa(found.raw)
        if not code:
            return Dropped("answer.unreadable")
        if self._control is None:
            return Dropped("answer.late")
        if control != self._control:
            return Dropped("answer.foreign")
        if code == b"CA":
            return Dropped("answer.commit_accept")
        settled = _SETTLES.get(code)
        if settled is None:
            return Dropped("answer.unknown")
        self._clear()
        return settled

    def _clear(self) -> None:
        self._control = self._due = None


def _msa(raw: bytes) -> tuple[bytes, bytes]:
    """MSA-1 and MSA-2 in whatever separator the segment has; empty when there is no MSA."""
    for line in raw.replace(b"\n", b"\r").split(b"\r"):
        if line.startswith(b"MSA") and len(line) > 3:
            fields = line.split(line[3:4], 3)
            return fields[1].strip(), (fields[2].strip() if len(fields) > 2 else b"")
    return b"", b""
