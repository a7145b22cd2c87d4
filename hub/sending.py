"""What passes between epihub and the sending side of a protocol. ``hub.contract`` hands all of it on."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Transmit:
    """Bytes for the line, now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the message that was outstanding.

    DELIVERED: the other side has it. AGAIN: send the same bytes again later. REFUSED: they are not wanted,
    now or later. ``code``: ours, never bytes of the line. ``hang_up``: only on a new connection.
    """

    outcome: Literal["DELIVERED", "AGAIN", "REFUSED"]
    code: str
    hang_up: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """An answer that settles nothing: late, of another message, or not to be read."""

    code: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the query that was outstanding is told: the message as it came, without framing."""

    raw: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """An order that the other side sends by itself, without framing; it waits ``seconds`` for ``reply``."""

    raw: bytes
    seconds: float


Step = Transmit | Settled | Dropped | Answered | Offered


class Sender(Protocol):
    """One connection's sending side without I/O: one message or query outstanding at a time.

    ``now``: seconds of any clock that only goes forward; ``tick`` is due at ``deadline``. ``send`` ends in
    Settled, ``ask`` in Answered, or in Settled when there is no answer: never DELIVERED then.
    What the other side begins is turned away, but for orders (Offered) once it was told to ``open``.
    """

    @property
    def deadline(self) -> float | None: ...

    def send(self, raw: bytes, now: float) -> list[Step]: ...

    def ask(self, raw: bytes, now: float) -> list[Step]: ...

    def receive(self, data: bytes, now: float) -> list[Step]: ...

    def tick(self, now: float) -> list[Step]: ...

    def open(self) -> None: ...

    def reply(self, offered: Offered, answer: bytes | None, *, ever: bool, now: float) -> list[Step]:
        """``answer``: the device's own, as it came; None: it did not take it, ``ever``: it may later."""
        ...
