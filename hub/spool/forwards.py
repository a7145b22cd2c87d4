"""What is owed to other systems: a row for each capture and forward, made in the capture's own commit.

  WAITING    to be delivered, in the order of ``n``       DEAD      given up, until a person decides
  DELIVERED  the other side said so                       SKIPPED   a person decided against it
While a row is WAITING or DEAD its capture stays; ``ExpireForwards`` puts an end to both.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw

from hub.forward_states import ForwardState

LARGEST_PAGE = 1000

_INSERT = """
    INSERT INTO forwarding (forward, capture, device, state, received_ms, at_ms)
    VALUES (?,?,?,'WAITING',?,?) ON CONFLICT DO NOTHING"""
_HEAD = """
    SELECT n, capture, tries FROM forwarding WHERE forward = ? AND state = 'WAITING' ORDER BY n LIMIT 1"""
_SETTLE = """
    UPDATE forwarding SET state = ?, code = ?, tries = tries + 1, at_ms = ?
    WHERE n = ? AND (state = 'WAITING' OR ? = 'DELIVERED')"""
_COUNTS = """
    SELECT forward, sum(state = 'WAITING'), sum(state = 'DEAD') FROM forwarding
    WHERE state IN ('WAITING', 'DEAD') GROUP BY forward"""
_ENTRIES = """
    SELECT f.n, f.forward, lower(hex(f.capture)), f.device, f.state, f.tries, f.code, f.received_ms, f.at_ms,
           c.bytes
    FROM forwarding f JOIN capture c ON c.id = f.capture
    WHERE f.n < :before AND (:forward IS NULL OR f.forward = :forward)
      AND (:state IS NULL OR f.state = :state) ORDER BY f.n DESC LIMIT :rows"""
_CHANGE = """
    UPDATE forwarding SET state = :to, code = :code, tries = 0, at_ms = :at_ms
    WHERE (:forward IS NULL OR forward = :forward) AND (:capture IS NULL OR capture = :capture)
      AND state <> :to
      AND (state = :from OR (:capture IS NOT NULL AND (:to = 'WAITING' OR state = 'WAITING')))"""
# Asked every second: the words of the partial index, or SQLite would look through all that was delivered.
TOO_OLD = """
    UPDATE forwarding SET state = 'DEAD', code = 'too_old', at_ms = ?
    WHERE state IN ('WAITING', 'DEAD') AND received_ms < ? AND state = 'WAITING'"""
LOST = "DELETE FROM forwarding WHERE state IN ('WAITING', 'DEAD') AND received_ms < ? AND state = 'DEAD'"


class Owed(NamedTuple):
    """The next one of a forward; ``tries``: how often it was sent and not delivered."""

    n: int
    capture: bytes
    tries: int


class ForwardEntry(NamedTuple):
    """One delivery that is owed, done or given up; ``code`` is ours: AA, AE, no_answer …"""

    n: int
    forward: str
    capture: str
    device: str
    state: ForwardState
    tries: int
    code: str
    received_ms: int
    at_ms: int
    bytes: int


@dataclass(slots=True)
class ForwardBook:
    """Of one forward: what waits, and what was given up."""

    waiting: int = 0
    dead: int = 0


class Moved(NamedTuple):
    """What a delivery changed; ``changed`` False: a person was faster."""

    forward: str
    before: ForwardState
    after: ForwardState
    changed: bool


@dataclass(slots=True)
class Counted:
    """How many rows a change touched, how many ended for good, and all books as the file has them then.

    ``books`` None: nothing changed, and counting would cost the more the more waits.
    """

    changed: int = 0
    lost: int = 0
    books: dict[str, ForwardBook] | None = None


def owe(db: apsw.Connection, forwards: Sequence[str], capture: bytes, device: str, received_ms: int) -> None:
    """In the capture's own transaction."""
    for forward in forwards:
        db.execute(_INSERT, (forward, capture, device, received_ms, received_ms))


@dataclass(frozen=True, slots=True)
class SettleForward:
    """A piece of work for the committer; AGAIN leaves it WAITING with one try more."""

    forward: str
    n: int
    state: ForwardState
    code: str
    at_ms: int

    def apply(self, db: apsw.Connection) -> Moved:
        before: Any = db.execute("SELECT state FROM forwarding WHERE n = ?", (self.n,)).get
        db.execute(_SETTLE, (self.state, self.code, self.at_ms, self.n, self.state))
        return Moved(self.forward, before, self.state, db.changes() > 0)


@dataclass(frozen=True, slots=True)
class ChangeForwards:
    """A person decided: about one capture, a delivered one too if it is to go again, or all in ``from_``."""

    forward: str | None
    capture: bytes | None
    from_: ForwardState
    to: ForwardState
    at_ms: int

    def apply(self, db: apsw.Connection) -> Counted:
        code = "by_hand" if self.to == "SKIPPED" else ""
        values = {"to": self.to, "from": self.from_, "code": code, "at_ms": self.at_ms}
        db.execute(_CHANGE, values | {"forward": self.forward, "capture": self.capture})
        return _counted(db, db.changes())


@dataclass(frozen=True, slots=True)
class ExpireForwards:
    """Give up what waited longer than captures stay; let go of what nobody decided about for twice that."""

    too_old_before_ms: int
    lost_before_ms: int
    at_ms: int

    def apply(self, db: apsw.Connection) -> Counted:
        db.execute(TOO_OLD, (self.at_ms, self.too_old_before_ms))
        changed = db.changes()
        db.execute(LOST, (self.lost_before_ms,))
        lost = db.changes()
        return _counted(db, changed, lost) if changed or lost else Counted()


@dataclass(frozen=True, slots=True)
class CountForwards:
    """Read the books anew."""

    def apply(self, db: apsw.Connection) -> Counted:
        return _counted(db, 0)


def _counted(db: apsw.Connection, changed: int, lost: int = 0) -> Counted:
    rows: list[Any] = db.execute(_COUNTS).fetchall()
    return Counted(changed, lost, {forward: ForwardBook(*counts) for forward, *counts in rows})


class ForwardQueue:
    """The spool's side of forwarding; all methods belong to the loop's thread.

    ``submit`` queues work for the writer, ``ask`` a question for the reader.
    """

    def __init__(
        self,
        submit: Callable[[Any], Awaitable[Any]],
        ask: Callable[[Callable[[apsw.Connection], Any]], Awaitable[Any]],
        keep_ms: int,
    ) -> None:
        self.books: dict[str, ForwardBook] = {}
        self._submit = submit
        self._ask = ask
        self._keep_ms = keep_ms
        self._listeners: dict[str, Callable[[bool], None]] = {}

    def listen(self, forward: str, changed: Callable[[bool], None]) -> None:
        """``changed`` hears whenever more waits; True: because somebody decided so."""
        self._listeners[forward] = changed
        self.book(forward)

    def book(self, forward: str) -> ForwardBook:
        return self.books.setdefault(forward, ForwardBook())

    async def load(self) -> None:
        await self._submit(CountForwards())

    async def head(self, forward: str) -> Owed | None:
        """The oldest that waits."""
        row: Any = await self._ask(lambda db: db.execute(_HEAD, (forward,)).fetchone())
        return Owed(*row) if row else None

    async def settle(self, forward: str, n: int, state: ForwardState, code: str, at_ms: int) -> bool:
        """False when a person settled it meanwhile; raises NotCommitted."""
        moved: Moved = await self._submit(SettleForward(forward, n, state, code, at_ms))
        return moved.changed

    async def entries(
        self, forward: str | None, state: ForwardState | None, limit: int, before: int = 2**62
    ) -> list[ForwardEntry]:
        """The newest first; ``before``: the n of the last seen."""
        rows = max(1, min(limit, LARGEST_PAGE))
        values = {"forward": forward, "state": state, "rows": rows, "before": before}
        found: list[Any] = await self._ask(lambda db: db.execute(_ENTRIES, values).fetchall())
        return [ForwardEntry(*row) for row in found]

    async def change(
        self, forward: str | None, capture: bytes | None, from_: ForwardState, to: ForwardState, at_ms: int
    ) -> int:
        """How many changed; raises NotCommitted."""
        counted: Counted = await self._submit(ChangeForwards(forward, capture, from_, to, at_ms))
        return counted.changed

    async def expire(self, now_ms: int) -> Counted:
        """Raises NotCommitted."""
        before = now_ms - self._keep_ms
        done: Counted = await self._submit(ExpireForwards(before, before - self._keep_ms, now_ms))
        return done

    @property
    def holds(self) -> bool:
        """Whether anything is waiting or given up, of any forward that ever was."""
        return any(book.waiting or book.dead for book in self.books.values())

    def owed(self, forwards: Sequence[str]) -> None:
        """A capture was committed for these."""
        for forward in forwards:
            self.book(forward).waiting += 1
            self._tell(forward, by_hand=False)

    def moved(self, result: Moved) -> None:
        if result.changed:
            book = self.book(result.forward)
            book.waiting += (result.after == "WAITING") - (result.before == "WAITING")
            book.dead += (result.after == "DEAD") - (result.before == "DEAD")

    def counted(self, result: Counted) -> None:
        if result.books is None:
            return
        for forward in {*self.books, *result.books}:
            fresh = result.books.get(forward, ForwardBook())
            book = self.book(forward)
            book.waiting, book.dead = fresh.waiting, fresh.dead
            self._tell(forward, by_hand=result.changed > 0)

    def _tell(self, forward: str, *, by_hand: bool) -> None:
        if changed := self._listeners.get(forward):
            changed(by_hand)
