"""Messages with orders for one machine: one outstanding at a time. No I/O, no clock.

  IDLE         the first that waits goes out, when its route is open
  OUTSTANDING  its answer (MSA-2)     IDLE; what the answer means is for others to say
               CA                     "I have it", not "I have done it": wait on
               AE, CE                 the same bytes again after AGAIN_SECONDS
               no answer in time      the same bytes again; after TRIES given up: IDLE
               it holds no order      sent once, and nothing waits for its answer, unless it is another's
  withdrawn              its sender waits no more: IDLE
               its connection ended   given up: IDLE; one that we dial again: the same bytes again
The bytes are each time the same, MSH-10 included: the machine can know a repeat. A late answer is still known
by its MSA-2, of the last MOST_REMEMBERED messages.
"""

from collections import deque
from collections.abc import Container, Hashable
from dataclasses import dataclass

from adapters.lab_analyzers.hl7_order_answers import MachineAnswer
from adapters.lab_analyzers.hl7_orders import OrderMessage

ANSWER_SECONDS = 30.0
AGAIN_SECONDS = 10.0
TRIES = 3
MOST_WAITING = 1_000
MOST_REMEMBERED = 64


@dataclass(slots=True, eq=False)
class Sending:
    """A message and the route (a connection) that it goes by; ``due``: when it goes again."""

    message: OrderMessage
    route: Hashable
    tries: int = 0
    due: float = 0.0


class Outbox:
    """``now``: seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self.unanswered = 0
        self._waiting: deque[Sending] = deque()
        self._outstanding: Sending | None = None
        self._sent: deque[OrderMessage] = deque(maxlen=MOST_REMEMBERED)

    def put(self, message: OrderMessage, route: Hashable) -> bool:
        """False: too much waits, it is not taken."""
        if len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append(Sending(message, route))
        return True

    def next(self, now: float, routes: Container[Hashable]) -> Sending | None:
        """What is to go out now by one of ``routes``, the open ones."""
        while True:
            sending = self._outstanding
            if sending is not None and _is_told(sending) and (self._waiting or now >= sending.due):
                sending = self._outstanding = None  # nothing hangs on its answer
            if sending is not None and (sending.route not in routes or now < sending.due):
                return None
            if sending is None:
                sending = self._first(routes)
                if sending is None:
                    return None
            if sending.tries < TRIES:
                sending.tries += 1
                sending.due = now + ANSWER_SECONDS
                return sending
            self._outstanding = None
            self.unanswered += 1

    def _first(self, routes: Container[Hashable]) -> Sending | None:
        if not self._waiting or self._waiting[0].route not in routes:
            return None
        self._outstanding = self._waiting.popleft()
        self._sent.append(self._outstanding.message)
        return self._outstanding

    def deadline(self, routes: Container[Hashable]) -> float | None:
        """When ``next`` may have something, if nothing else happens."""
        sending = self._outstanding
        return sending.due if sending is not None and sending.route in routes else None

    def heard(self, answer: MachineAnswer, now: float) -> OrderMessage | None:
        """The message that ``answer`` is for; None: none that is remembered."""
        message = next((sent for sent in reversed(self._sent) if sent.control == answer.control), None)
        sending = self._outstanding
        if sending is None or sending.message is not message or answer.code == "CA":
            return message
        if answer.code in ("AE", "CE") and sending.tries < TRIES:
            sending.due = now + AGAIN_SECONDS
        else:
            self._outstanding = None
        return message

    def withdraw(self, message: OrderMessage) -> None:
        """Nobody waits for its answer any more."""
        self._waiting = deque(sending for sending in self._waiting if sending.message is not message)
        if self._outstanding is not None and self._outstanding.message is message:
            self._outstanding = None

    def gone(self, route: Hashable) -> None:
        """A connection ended: nothing more is heard of what went, or was to go, by it."""
        self._waiting = deque(sending for sending in self._waiting if sending.route is not route)
        if self._outstanding is not None and self._outstanding.route is route:
            self._outstanding = None

    def interrupted(self, route: Hashable) -> None:
        """A connection that comes again was lost: what is outstanding goes again as soon as it is back."""
        if self._outstanding is not None and self._outstanding.route is route:
            self._outstanding.due = 0.0

    @property
    def is_empty(self) -> bool:
        return self._outstanding is None and not self._waiting

    def holds(self, message: OrderMessage) -> bool:
        """Whether it waits, or waits for its answer."""
        held = [*self._waiting, *([self._outstanding] if self._outstanding else [])]
        return any(sending.message is message for sending in held)

    def has_for(self, route: Hashable) -> bool:
        held = [*self._waiting, *([self._outstanding] if self._outstanding else [])]
        return any(sending.route is route for sending in held)


def _is_told(sending: Sending) -> bool:
    """Whether it only tells something: that there is no order."""
    return not sending.message.steps and not sending.message.awaited
