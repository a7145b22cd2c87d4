"""The sending side of an ASTM link as a ``Sender``: one message a session, its last ACK is the receipt.

  every frame acknowledged   delivered
  NAK to ENQ                 again: the receiver is busy
  a frame refused six times, no reply, interrupted   again; the receiver sees the whole message once more
What the other side sends by itself (a query, an order) is turned away with NAK: nobody here would take it.
"""

from adapters.lab_analyzers.astm.events import Event, Outcome, Reply
from adapters.lab_analyzers.astm.link import Link, State
from adapters.lab_analyzers.astm.outgoing import Outgoing
from adapters.lab_analyzers.astm.policy import Policy
from hub.contract import Settled, Step, Transmit

REPLY_SECONDS = 15.0  # E1381 6.5.2.2: longest wait for the answer to ENQ or to a frame


class AstmSender:
    """``answer_seconds``: how long each answer of the link may take, 15 s at most."""

    def __init__(self, answer_seconds: float) -> None:
        self._policy = Policy(reply_seconds=min(answer_seconds, REPLY_SECONDS))
        self._sending = False
        self._link = self._fresh()

    @property
    def deadline(self) -> float | None:
        """When ``tick`` is due."""
        return self._link.deadline

    def send(self, raw: bytes, now: float) -> list[Step]:
        """Records, each ended by CR, as they came; the frames are ours."""
        if self._sending:
            raise AssertionError("one message at a time")
        if not raw.strip():
            return [Settled("REFUSED", "astm.empty")]
        self._sending = True
        return self._steps(self._link.send(Outgoing(raw, None, self._policy), now))

    def receive(self, data: bytes, now: float) -> list[Step]:
        """Bytes of the line, cut anywhere."""
        return self._steps(self._link.receive(data, now))

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        return self._steps(self._link.tick(now))

    def _steps(self, events: list[Event]) -> list[Step]:
        steps: list[Step] = []
        for event in events:
            if isinstance(event, Reply):
                steps.append(Transmit(event.data))
            elif isinstance(event, Outcome):
                steps.append(self._settled(event.failure))
        if self._sending and self._link.state is State.RESTING:
            steps.append(self._settled("astm.busy"))
        return steps

    def _settled(self, failure: str) -> Settled:
        """A link of its own for the next one: what is half done here must not meet it."""
        self._sending = False
        self._link = self._fresh()
        if not failure:
            return Settled("DELIVERED", "ACK")
        return Settled("AGAIN", failure, hang_up=failure == "astm.no_reply")

    def _fresh(self) -> Link:
        link = Link(self._policy)
        link.open_to_messages = False
        return link
