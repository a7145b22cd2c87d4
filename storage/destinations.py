"""What the store keeps of destinations: how far each is, and its outbox.

The log is the queue: a destination has a cursor in it, and rows only for what the cursor has passed and the
destination has not taken: what waits for another attempt (or behind one that does), and dead letters.
At every moment, for each destination: wanted + replayed = taken + dropped + rows in its outbox.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:  # both are parts of one contract
    from storage.contract import LoggedEvent, Page

OutboxState = Literal["waiting", "dead"]
MOST_ROWS_READ = 20_000
MOST_REPLAYED = 10_000
MOST_BODIES = 1000
LONGEST_REASON = 100


class DestinationMoved(Exception):
    """Another deliverer has settled since: read again how far it is."""


class OutboxRow(NamedTuple):
    """An event that a destination has not taken. ``order``: a digest of what keeps its order (hex).

    ``attempts`` that failed; ``first_ms``: of the first, 0 before it; ``reason``: a code.
    """

    number: int
    event_id: str
    type: str
    order: str
    state: OutboxState
    attempts: int = 0
    first_ms: int = 0
    next_ms: int = 0
    reason: str = ""


class DestinationChange(NamedTuple):
    """What a deliverer settles, in one transaction; counts are added.

    ``version``: as it was read; of another one DestinationMoved. ``number``: events up to it are settled.
    ``put`` replaces rows, ``gone`` were taken. ``forgotten``: numbers that the log no longer had.
    ``begin``: nothing is known of it any more but whether it is paused; then the rest applies.
    """

    name: str
    version: int
    number: int | None = None
    put: Sequence[OutboxRow] = ()
    gone: Sequence[int] = ()
    wanted: int = 0
    taken: int = 0
    forgotten: int = 0
    disabled: str | None = None
    target: str | None = None
    begin: bool = False


class DestinationOrder(NamedTuple):
    """What a person decides. ``paused_by``: who; "" resumes, and enables again.

    ``replay``: rows to put; those that are there (dead ones) wait again. ``drop``: dead letters to forget.
    """

    name: str
    paused_by: str | None = None
    replay: Sequence[OutboxRow] = ()
    drop: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class DestinationRow:
    """How far a destination is. ``version`` grows with what a deliverer settles, ``edited`` with orders."""

    name: str
    version: int = 0
    edited: int = 0
    number: int = 0
    target: str = ""
    paused_by: str = ""
    paused_since_ms: int = 0
    disabled: str = ""
    wanted: int = 0
    taken: int = 0
    replayed: int = 0
    dropped: int = 0
    forgotten: int = 0
    settled_at_ms: int = 0


class OutboxCount(NamedTuple):
    """Rows of a destination; ``oldest_ms``: when the first attempt failed of that which waits longest."""

    waiting: int = 0
    dead: int = 0
    oldest_ms: int = 0


class FeedPage(NamedTuple):
    """Part of the log: events of the types asked for, looked at up to ``last``."""

    events: "list[LoggedEvent]"
    last: int


class DestinationWriter(Protocol):
    """Part of EventStore."""

    async def settle_destination(self, change: DestinationChange) -> int:
        """One durable transaction; gives the new version. Raises DestinationMoved, ValueError."""
        ...

    async def order_destination(self, order: DestinationOrder) -> int:
        """One durable transaction; how many rows were put or dropped. Raises ValueError, LookupError."""
        ...


class DestinationReader(Protocol):
    """Part of StoreReader."""

    async def destinations(self) -> list[DestinationRow]:
        """By name; also those that nothing names any more."""
        ...

    async def outbox_counts(self) -> dict[str, OutboxCount]:
        """By name; without those that have no rows."""
        ...

    async def outbox(self, name: str, *, state: OutboxState, limit: int, cursor: str | None) -> "Page":
        """By number: number, id, event, state, attempts, first, next, reason; raises BadCursor."""
        ...

    async def outbox_rows(
        self, name: str, after: int, *, limit: int, state: OutboxState = "waiting"
    ) -> list[OutboxRow]:
        """By number, after ``after``."""
        ...

    async def feed_page(self, after: int, *, limit: int, types: Collection[str] | None) -> FeedPage:
        """The log after ``after``, at most ``limit`` events of ``types`` (None: all) and about 8 MiB.

        ``last`` equals ``after`` only where the log has no more; raises CursorGone.
        """
        ...

    async def logged(self, numbers: Sequence[int]) -> "list[LoggedEvent]":
        """By number; without those that the log no longer has. 1000 numbers at most."""
        ...
