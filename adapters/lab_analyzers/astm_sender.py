"""The sending side of an ASTM link as a ``Sender``: one message a session, its last ACK is the receipt.

  every frame acknowledged   delivered
  NAK to ENQ                 again: the receiver is busy
  a frame refused six times, no reply, interrupted   again; the receiver sees the whole message once more
A query is answered by the next session of the other side, its messages joined: it is acknowledged as it
comes, because nothing of it is ours to keep.
An order that the other side begins at any other time is offered where the device takes such: its last frame
is acknowledged when the device has it, and refused otherwise, so that the other side keeps it. Whatever else
it begins is turned away with NAK.
"""

import re

from adapters.lab_analyzers.astm.events import Event, Message, Outcome, Piece, Reply
from adapters.lab_analyzers.astm.link import Link, State
from adapters.lab_analyzers.astm.outgoing import Outgoing
from adapters.lab_analyzers.astm.policy import Policy
from hub.contract import Answered, Dropped, Offered, Settled, Step, Transmit

REPLY_SECONDS = 15.0  # E1381 6.5.2.2: longest wait for the answer to ENQ or to a frame
OFFER_SECONDS = 12.0  # the other side waits fifteen for the answer to its last frame
ANSWER_MAX_BYTES = 1024 * 1024
_ORDERS = re.compile(rb"[\r\n][ \t\0]*[Oo][^A-Za-z0-9\s]")
_ASKS = re.compile(rb"[\r\n][ \t\0]*[Qq][^A-Za-z0-9\s]")


class AstmSender:
    """``answer_seconds``: how long each answer of the link may take, 15 s at most; a query's, that long."""

    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        self._policy = Policy(
            reply_seconds=min(answer_seconds, REPLY_SECONDS), message_max_bytes=ANSWER_MAX_BYTES
        )
        self._sending = False
        self._answer: list[bytes] | None = None  # of the query that was delivered
        self._answer_due: float | None = None
        self._asked = False
        self._open = False
        self._offered: Offered | None = None
        self._link = self._fresh()

    @property
    def deadline(self) -> float | None:
        """When ``tick`` is due."""
        return min((at for at in (self._link.deadline, self._answer_due) if at is not None), default=None)

    def send(self, raw: bytes, now: float) -> list[Step]:
        """Records, each ended by CR, as they came; the frames are ours."""
        if self._sending:
            raise AssertionError("one message at a time")
        if not raw.strip():
            return [Settled("REFUSED", "astm.empty")]
        self._sending, self._asked = True, False
        return self._steps(self._link.send(Outgoing(raw, None, self._policy), now), now)

    def ask(self, raw: bytes, now: float) -> list[Step]:
        """The same with a query: what comes back within ``answer_seconds`` is its answer."""
        steps = self.send(raw, now)
        if self._sending:
            self._asked, self._answer_due = True, now + self._answer_seconds
        return steps

    def receive(self, data: bytes, now: float) -> list[Step]:
        """Bytes of the line, cut anywhere."""
        return self._steps(self._link.receive(data, now), now)

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        steps = self._steps(self._link.tick(now), now)
        if self._sending and self._answer_due is not None and now >= self._answer_due:
            late = self._answer  # whole, but for its EOT
            steps.append(self._answered(b"".join(late)) if late else self._settled("astm.no_answer"))
        return steps

    def open(self) -> None:
        """Orders that the other side begins are offered."""
        self._open = self._link.open_to_messages = True

    def reply(self, offered: Offered, answer: bytes | None, *, ever: bool, now: float) -> list[Step]:
        """See ``Sender``: an ACK is all that there is to say. Of a session that has ended nobody hears."""
        if offered is not self._offered:
            return [] if answer is not None else [Dropped("answer.not_taken")]
        self._offered = None
        if answer is not None:
            return self._steps(self._link.committed(now), now)
        return [*self._steps(self._link.refused(now), now), Dropped("answer.not_taken")]

    def _steps(self, events: list[Event], now: float) -> list[Step]:
        steps: list[Step] = []
        waiting = list(events)
        while waiting:
            event = waiting.pop(0)
            match event:
                case Reply(data):
                    steps.append(Transmit(data))
                case Piece():
                    waiting[:0] = self._link.committed(now)
                case Message(text, answered) if self._answer is None:
                    steps += self._begun(text, answered=answered)
                    if answered and not self._offered:
                        waiting[:0] = self._link.refused(now)
                case Message(text, answered):
                    waiting[:0] = self._heard(text, answered=answered, now=now)
                case Outcome(_, failure):
                    steps += self._sent(failure)
        if self._sending and self._answer is None and self._link.state is State.RESTING:
            steps.append(self._settled("astm.busy"))
        elif self._answer and self._link.state is State.NEUTRAL:
            steps.append(self._answered(b"".join(self._answer)))
        return steps

    def _begun(self, text: bytes, *, answered: bool) -> list[Step]:
        """A message that nobody asked for; one without L is none: its last frame was taken already."""
        if not answered or not _ORDERS.search(text) or _ASKS.search(text):
            return [Dropped("answer.unasked")]
        self._offered = Offered(text, OFFER_SECONDS)
        return [self._offered]

    def _heard(self, text: bytes, *, answered: bool, now: float) -> list[Event]:
        assert self._answer is not None  # the link is open to messages only then
        self._answer.append(text)
        return self._link.committed(now) if answered else []

    def _sent(self, failure: str) -> list[Step]:
        if failure or not self._asked:
            return [self._settled(failure)]
        self._answer = []
        self._link.open_to_messages = True
        return []

    def _answered(self, raw: bytes) -> Answered:
        self._clear()
        return Answered(raw)

    def _settled(self, failure: str) -> Settled:
        self._clear()
        if not failure:
            return Settled("DELIVERED", "ACK")
        return Settled("AGAIN", failure, hang_up=failure in {"astm.no_reply", "astm.no_answer"})

    def _clear(self) -> None:
        """A link of its own for the next one: what is half done here must not meet it."""
        self._sending = self._asked = False
        self._answer, self._answer_due, self._offered = None, None, None
        self._link = self._fresh()

    def _fresh(self) -> Link:
        link = Link(self._policy)
        link.open_to_messages = self._open
        return link
