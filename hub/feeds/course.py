"""What of the log is due for one destination, in which order, and what its outbox must say. Pure.

Events come in by number and stay *open* until they are taken, dead, or have a row in the outbox; the cursor
is before the first that is open. One that failed gets a row, and those behind it of the same order too: so
one message that waits an hour holds up nothing but its own order. While the breaker is open nothing more
is read: the log keeps what waits.
"""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Literal

from hub.feeds.contract import Answer
from hub.feeds.pacing import LONGEST_WAIT_MS, Breaker, Chance, delay_ms
from storage.destinations import DestinationChange, DestinationRow, OutboxRow

MOST_OPEN = 1000
MOST_WAITING = 10_000
ORDER_BYTES = 16
Stage = Literal["pending", "kept", "taken", "dead"]


def order_digest(order: str) -> str:
    """A subject may be a pseudonym: the outbox has a digest of it."""
    return blake2b(order.encode("utf-8", "surrogatepass"), digest_size=ORDER_BYTES).hexdigest()


@dataclass(slots=True, eq=False)
class Item:
    """One event on its way. ``open``: the cursor stands before it; ``stored``: the outbox has its row.

    ``touched_ms``: when it failed last.
    """

    row: OutboxRow
    open: bool = True
    stored: bool = False
    in_flight: bool = False
    stage: Stage = "pending"
    touched_ms: int = 0


@dataclass(slots=True)
class _Unsettled:
    """What happened since the last ``settled``."""

    put: dict[int, OutboxRow] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    wanted: int = 0
    taken: int = 0
    forgotten: int = 0
    disabled: str | None = None

    def __bool__(self) -> bool:
        counted = self.wanted or self.forgotten or self.disabled is not None
        return bool(self.put or self.gone or counted)


class Course:
    """One destination; ``begin`` it from what the store has, also again."""

    def __init__(self, name: str, chance: Chance = random.uniform) -> None:
        self.name = name
        self.last = 0  # looked at up to here
        self.breaker = Breaker(chance)
        self.disabled = ""
        self._chance = chance
        self._orders: dict[str, deque[Item]] = {}
        self._waiting: dict[int, Item] = {}  # all that is neither taken nor dead
        self._open: deque[Item] = deque()
        self._row = DestinationRow(name)
        self._since = _Unsettled()
        self._in_flight = 0
        self._last_taken_ms = 0

    def begin(self, row: DestinationRow, waiting: Iterable[OutboxRow]) -> None:
        """Forget what was not settled: it is read again."""
        self._row, self.last, self.disabled = row, row.number, row.disabled
        self._orders, self._waiting, self._open = {}, {}, deque()
        self._since, self._in_flight = _Unsettled(), 0
        for each in sorted(waiting):
            self._add(Item(each, open=False, stored=True, stage="kept"))

    def ordered(self, row: DestinationRow, waiting: Iterable[OutboxRow]) -> None:
        """Somebody replayed or resumed: what is new is taken in, what is due earlier is due earlier.

        Call it with nothing unsettled.
        """
        resumed = (self._row.paused_by or self.disabled) and not (row.paused_by or row.disabled)
        self._row, self.disabled = row, row.disabled
        if resumed:  # whoever says so does not want to wait
            self.breaker.taken()
            self._hurry(0)
        for each in sorted(waiting):
            known = self._waiting.get(each.number)
            if known is None:
                self._add(Item(each, open=False, stored=True, stage="kept"))
            elif not known.in_flight and each.next_ms < known.row.next_ms:
                known.row = each
        for order, line in self._orders.items():
            self._orders[order] = deque(sorted(line, key=_number))

    @property
    def may_read(self) -> bool:
        """Whether there is room for more of the log."""
        held = self.disabled or self.breaker.open
        return not held and len(self._open) < MOST_OPEN and len(self._waiting) < MOST_WAITING

    @property
    def waiting(self) -> int:
        """Events that were looked at, and neither taken nor given up."""
        return len(self._waiting)

    def look(self, wanted: Iterable[OutboxRow], last: int) -> None:
        """The next events that are wanted (waiting, by number); the log was looked at up to ``last``."""
        for row in wanted:
            item = Item(row)
            self._open.append(item)
            line = self._orders.get(row.order)
            if line and line[0].stage == "kept":  # behind one that waits
                item.stage = "kept"
            self._add(item)
        self.last = last

    def forgot(self, first: int) -> None:
        """The log begins at ``first``, after what was to be looked at next."""
        self._since.forgotten += max(0, first - 1 - self.last)
        self.last = max(self.last, first - 1)

    def due(self, now_ms: int, at_once: int) -> list[Item]:
        """What to send now; each is in flight until it is answered."""
        slots = 0 if self.disabled else self.breaker.slots(now_ms, at_once, self._in_flight)
        if not slots:
            return []
        heads = [line[0] for line in self._orders.values() if not line[0].in_flight]
        if self.breaker.open:
            found = _probe(heads)
        else:
            found = sorted((each for each in heads if each.row.next_ms <= now_ms), key=_number)[:slots]
        for item in found:
            item.in_flight = True
        self._in_flight += len(found)
        return found

    def answered(self, item: Item, answer: Answer, now_ms: int) -> None:
        """What became of one that was in flight."""
        if self._waiting.get(item.row.number) is not item:
            return  # begun anew meanwhile
        item.in_flight = False
        self._in_flight -= 1
        match answer.outcome:
            case "taken":
                self._taken(item, now_ms)
            case "dead":
                self.breaker.failed(now_ms)
                self._bury(item, answer.code, now_ms)
            case "gone":
                self.disabled = self._since.disabled = answer.code
                self._again(item, answer, now_ms)
            case "again":
                self._again(item, answer, now_ms)

    def bury(self, item: Item, code: str, now_ms: int) -> None:
        """One that was due and cannot be written: not the receiver's fault."""
        item.in_flight = False
        self._in_flight -= 1
        self._bury(item, code, now_ms)

    def unsettled(self) -> DestinationChange | None:
        """What the store must be told, None: nothing. Then ``settled``, or ``begin`` again."""
        since = self._since
        self._pass_by()
        number = self._open[0].row.number - 1 if self._open else self.last
        if not since and number == self._row.number:
            return None
        put, gone = sorted(since.put.values()), sorted(since.gone)
        counts = (since.wanted, since.taken, since.forgotten, since.disabled)
        return DestinationChange(self.name, self._row.version, number, put, gone, *counts)

    def settled(self, change: DestinationChange, version: int) -> None:
        """The store has it."""
        self._row = replace(self._row, version=version, number=change.number or 0)
        self._since = _Unsettled()

    def _add(self, item: Item) -> None:
        self._waiting[item.row.number] = item
        self._orders.setdefault(item.row.order, deque()).append(item)

    def _taken(self, item: Item, now_ms: int) -> None:
        self._last_taken_ms = now_ms
        if self.breaker.taken():
            self._hurry(now_ms)
        if item.stored:
            self._since.taken += 1
            self._since.gone.add(item.row.number)
            self._since.put.pop(item.row.number, None)
        self._leave(item, "taken")

    def _again(self, item: Item, answer: Answer, now_ms: int) -> None:
        self.breaker.failed(now_ms)
        row, item.touched_ms = item.row, now_ms
        first_ms = row.first_ms or now_ms
        if now_ms - first_ms >= LONGEST_WAIT_MS and self._last_taken_ms > first_ms:
            self._bury(item, answer.code, now_ms)  # it takes others
            return
        next_ms = now_ms + delay_ms(row.attempts + 1, answer.retry_after_s, self._chance)
        item.row = row._replace(
            attempts=row.attempts + 1, first_ms=first_ms, next_ms=next_ms, reason=answer.code
        )
        self._put(item)
        for behind in self._orders[row.order]:
            behind.stage = "kept"

    def _bury(self, item: Item, code: str, now_ms: int) -> None:
        """A dead letter; those behind it go on."""
        row = item.row
        first_ms = row.first_ms or now_ms
        item.row = row._replace(state="dead", attempts=row.attempts + 1, first_ms=first_ms, reason=code)
        self._put(item)
        self._leave(item, "dead")

    def _put(self, item: Item) -> None:
        """What is open is put once the cursor passes it."""
        if item.stored:
            self._since.put[item.row.number] = item.row

    def _leave(self, item: Item, stage: Stage) -> None:
        item.stage = stage
        del self._waiting[item.row.number]
        line = self._orders[item.row.order]
        line.remove(item)
        if not line:
            del self._orders[item.row.order]

    def _pass_by(self) -> None:
        """Move the cursor over all that needs no memory of ours."""
        while self._open and self._open[0].stage != "pending":
            item = self._open.popleft()
            item.open = False
            self._since.wanted += 1
            if item.stage == "taken":
                self._since.taken += 1
            else:
                item.stored = True
                self._since.put[item.row.number] = item.row

    def _hurry(self, now_ms: int) -> None:
        """The receiver is back: what waited for it is due now, in the order of its numbers."""
        for item in self._waiting.values():
            item.row = item.row._replace(next_ms=min(item.row.next_ms, now_ms))


def _number(item: Item) -> int:
    return item.row.number


def _probe(heads: Iterable[Item]) -> list[Item]:
    """One message to find out whether a receiver is back: in turns, for one of them may be at fault itself.

    Of those without a row only the first: each that fails gets one.
    """
    kept = [head for head in heads if head.stage == "kept"]
    fresh = min((head for head in heads if head.stage == "pending"), key=_number, default=None)
    found = min(
        [*kept, *([fresh] if fresh else [])], key=lambda each: (each.touched_ms, _number(each)), default=None
    )
    return [found] if found else []
