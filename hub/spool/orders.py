"""What changes orders: placing, handing over, cancelling, time. Each a piece of work for the committer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import apsw

from hub.errors import StoreUnavailable
from hub.facts import Order
from hub.spool.earlier_results import Earlier, Specimen, with_newest
from hub.spool.order_results import tick_off_earlier
from hub.spool.order_rows import (
    MOST_OPEN,
    OPEN_STATES,
    OrderBook,
    OrderRow,
    count_open,
    encode_tests,
    left_of,
    order_by_number,
    orders_by_number,
    to_measure,
    to_send,
)

DAY_MS = 86_400_000
T = TypeVar("T")
SLICE_ORDERS = 500
Refusal = Literal["other_content", "resulted", "unknown", "full"]

_INSERT = """
    INSERT INTO lab_order (number, site, device, specimen, tests, priority, specimen_type, collected_ms,
                           state, placed_by, placed_ms, at_ms) VALUES (?,?,?,?,?,?,?,?,'PLACED',?,?,?)"""
_REPLACE = """
    UPDATE lab_order SET site = ?, device = ?, specimen = ?, tests = ?, priority = ?, specimen_type = ?,
           collected_ms = ?, placed_by = ?, placed_ms = ?, at_ms = ?, refused_by = '', refused_ms = NULL
    WHERE n = ?"""
_FORGET = "DELETE FROM order_result WHERE lab_order = ?"
_CANCEL = "UPDATE lab_order SET state = 'CANCELLED', at_ms = ?, recall = ? WHERE n = ?"
_SEND = """
    UPDATE lab_order SET state = 'SENT', at_ms = ?, sent_ms = coalesce(sent_ms, ?), sent_to = ?,
           refused_by = '', refused_ms = NULL WHERE n = ?"""
_REFUSE = "UPDATE lab_order SET refused_by = ?, refused_ms = ? WHERE n = ?"
_GIVE_BACK = """
    UPDATE lab_order SET state = 'PLACED', at_ms = ?, sent_ms = NULL, sent_to = '', refused_by = ?,
           refused_ms = ? WHERE n = ?"""
_TOLD = "UPDATE lab_order SET recall = 0 WHERE n = ? AND sent_to = ?"
_TOO_LATE = "UPDATE lab_order SET recall = 1, sent_to = ?, sent_ms = coalesce(sent_ms, ?) WHERE n = ?"
# Asked every second: without the names SQLite looks through every order of these states.
_OLD = """
    SELECT n, state FROM lab_order INDEXED BY lab_order_open
    WHERE state IN ('PLACED', 'SENT') AND placed_ms < ? LIMIT ?"""
_EXPIRE = "UPDATE lab_order SET state = 'EXPIRED', at_ms = ?, recall = ? WHERE n = ?"
_ENDED = """
    SELECT n FROM lab_order INDEXED BY lab_order_ended
    WHERE state IN ('RESULTED', 'CANCELLED', 'EXPIRED') AND at_ms < ? LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Placing:
    """An order as its placer gives it; ``device`` "": any of the site's."""

    order: Order
    site: str
    device: str
    by: str

    def like(self, row: OrderRow) -> bool:
        order = self.order
        mine = (self.site, self.device, order.specimen, order.priority, order.specimen_type)
        return (
            mine == (row.site, row.device, row.specimen, row.priority, row.specimen_type)
            and sorted(order.tests) == sorted(row.tests)
            and order.collected_ms == row.collected_ms
        )


@dataclass(slots=True)
class OrdersChanged:
    """``refused``: why nothing was changed, by the order's number; ``book``: what else is open now.

    ``news``: a device that waits for orders may have to be told something.
    """

    refused: dict[str, Refusal] = field(default_factory=dict)
    book: OrderBook = field(default_factory=OrderBook)
    news: bool = False


@dataclass(frozen=True, slots=True)
class PlaceOrders:
    """All or, where one is refused, nothing. ``order.cancelled``: only its number counts.

    ``earlier``: results of their specimens that are here already; None: nobody has looked.
    """

    placings: Sequence[Placing]
    at_ms: int
    earlier: Earlier | None = None

    def apply(self, db: apsw.Connection) -> OrdersChanged:
        done = OrdersChanged()
        rows = [order_by_number(db, placing.order.order) for placing in self.placings]
        for placing, row in zip(self.placings, rows, strict=True):
            if refusal := _refusal(placing, row):
                done.refused[placing.order.order] = refusal
        fresh = [placing.order.order for placing, row in zip(self.placings, rows, strict=True) if row is None]
        if not done.refused and fresh and count_open(db).open + len(fresh) > MOST_OPEN:
            done.refused = dict.fromkeys(fresh, "full")
        if done.refused:
            return done
        for placing, row in zip(self.placings, rows, strict=True):
            self._place(db, placing, row, done.book)
        self._tick_off_earlier(db, done.book)
        done.news = True
        return done

    def _tick_off_earlier(self, db: apsw.Connection, book: OrderBook) -> None:
        if self.earlier is None:
            return
        facts = with_newest(db, self.earlier, specimens_of(self.placings))
        for placing in self.placings if facts else ():
            row = order_by_number(db, placing.order.order)
            if row and row.state == "PLACED" and row.placed_ms == self.at_ms:
                tick_off_earlier(db, row, facts, self.at_ms, book)

    def _place(self, db: apsw.Connection, placing: Placing, row: OrderRow | None, book: OrderBook) -> None:
        if row is None:
            values = (placing.order.order, *_content(placing), placing.by, self.at_ms, self.at_ms)
            db.execute(_INSERT, values)
            book.moved("", "PLACED")
        elif placing.order.cancelled:
            if row.state in OPEN_STATES:
                db.execute(_CANCEL, (self.at_ms, row.state == "SENT", row.n))
                book.moved(row.state, "CANCELLED")
        elif not placing.like(row):
            db.execute(_REPLACE, (*_content(placing), placing.by, self.at_ms, self.at_ms, row.n))
            db.execute(_FORGET, (row.n,))


def specimens_of(placings: Sequence[Placing]) -> frozenset[Specimen]:
    """On which something is to be measured."""
    return frozenset((each.site, each.order.specimen) for each in placings if not each.order.cancelled)


def _refusal(placing: Placing, row: OrderRow | None) -> Refusal | None:
    if placing.order.cancelled:
        return "unknown" if row is None else "resulted" if row.state == "RESULTED" else None
    return None if row is None or row.state == "PLACED" or placing.like(row) else "other_content"


def _content(placing: Placing) -> tuple[Any, ...]:
    order = placing.order
    return (
        placing.site,
        placing.device,
        order.specimen,
        encode_tests(order.tests).decode(),
        order.priority,
        order.specimen_type,
        order.collected_ms,
    )


@dataclass(frozen=True, slots=True)
class HandOver:
    """A device has taken these; what was changed meanwhile is given to it once more."""

    orders: Sequence[Order]
    device: str
    at_ms: int

    def apply(self, db: apsw.Connection) -> OrdersChanged:
        done = OrdersChanged()
        for order in self.orders:
            row = order_by_number(db, order.order)
            if row is None:
                continue  # its time was over meanwhile
            if order.cancelled:
                db.execute(_TOLD, (row.n, self.device))
            elif row.state in ("CANCELLED", "EXPIRED"):
                db.execute(_TOO_LATE, (self.device, self.at_ms, row.n))
                done.news = True
            elif row.state in OPEN_STATES and _still(db, order, row):
                db.execute(_SEND, (self.at_ms, self.at_ms, self.device, row.n))
                done.book.moved(row.state, "SENT")
        return done


@dataclass(frozen=True, slots=True)
class Refuse:
    """A device will not take these; what another one has, or what was changed meanwhile, is not meant.

    ``had``: it had taken them, and gives them back.
    """

    orders: Sequence[Order]
    device: str
    at_ms: int
    had: bool = False

    def apply(self, db: apsw.Connection) -> OrdersChanged:
        done = OrdersChanged()
        for order in self.orders:
            row = order_by_number(db, order.order)
            if row is None or order.cancelled or not _still(db, order, row):
                continue
            if row.state == "PLACED":
                db.execute(_REFUSE, (self.device, self.at_ms, row.n))
            elif self.had and row.state == "SENT" and row.sent_to == self.device:
                db.execute(_GIVE_BACK, (self.at_ms, self.device, self.at_ms, row.n))
                done.book.moved("SENT", "PLACED")
                done.news = True
        return done


def _still(db: apsw.Connection, order: Order, row: OrderRow) -> bool:
    """Whether ``order`` says what the row says; a test that got its result meanwhile changes nothing."""
    told = (order.specimen, order.priority, order.specimen_type, order.collected_ms)
    if told != (row.specimen, row.priority, row.specimen_type, row.collected_ms):
        return False
    return set(left_of(db, row)) <= set(order.tests) <= set(row.tests)


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """End what nobody measured, and forget what ended long ago; a slice each."""

    placed_before_ms: int
    ended_before_ms: int
    at_ms: int

    def apply(self, db: apsw.Connection) -> OrdersChanged:
        done = OrdersChanged()
        old: list[Any] = db.execute(_OLD, (self.placed_before_ms, SLICE_ORDERS)).fetchall()
        for n, state in old:
            db.execute(_EXPIRE, (self.at_ms, state == "SENT", n))
            done.book.moved(state, "EXPIRED")
            done.news = True
        ended: list[Any] = db.execute(_ENDED, (self.ended_before_ms, SLICE_ORDERS)).fetchall()
        db.executemany("DELETE FROM order_result WHERE lab_order = ?", ended)
        db.executemany("DELETE FROM lab_order WHERE n = ?", ended)
        return done


class OrderQueue:
    """The spool's side of orders; all methods belong to the loop's thread.

    ``submit`` queues work for the writer, ``ask`` a question for the reader; both end in NotCommitted where
    the file cannot be used.
    """

    def __init__(
        self,
        submit: Callable[[Any], Awaitable[Any]],
        ask: Callable[[Callable[[apsw.Connection], Any]], Awaitable[Any]],
        keep_ms: int,
    ) -> None:
        self.book = OrderBook()
        self._submit = submit
        self._ask = ask
        self._keep_ms = keep_ms
        self._changed = asyncio.Event()

    async def load(self) -> None:
        self.book = await self._read(count_open)

    async def place(
        self, placings: Sequence[Placing], at_ms: int, earlier: Earlier | None = None
    ) -> OrdersChanged:
        """Committed when it returns; raises NotCommitted."""
        changed: OrdersChanged = await self._submit(PlaceOrders(placings, at_ms, earlier))
        return changed

    async def rows(self, numbers: Sequence[str]) -> list[OrderRow]:
        """Those that are known, in the order that they were asked for."""
        return await self._read(lambda db: orders_by_number(db, numbers))

    async def to_measure(self, site: str, device: str, specimen: str | None) -> list[Order]:
        """See hub.contract.Outlet.orders."""
        return await self._read(lambda db: to_measure(db, site, device, specimen))

    async def next_of(self, site: str, device: str) -> list[Order]:
        """Waits until there is something; see hub.contract.Outlet.next_orders."""
        while True:
            changed = self._changed
            found = await self._read(lambda db: to_send(db, site, device))
            if found:
                return found
            await changed.wait()

    async def hand_over(self, orders: Sequence[Order], device: str, at_ms: int) -> None:
        """Committed when it returns; raises NotCommitted."""
        await self._submit(HandOver(tuple(orders), device, at_ms))

    async def refuse(self, orders: Sequence[Order], device: str, at_ms: int, *, had: bool = False) -> None:
        """Committed when it returns; raises NotCommitted."""
        await self._submit(Refuse(tuple(orders), device, at_ms, had))

    async def expire(self, now_ms: int) -> None:
        """Raises NotCommitted."""
        await self._submit(ExpireOrders(now_ms - self._keep_ms, now_ms - self._keep_ms, now_ms))

    async def _read(self, question: Callable[[apsw.Connection], T]) -> T:
        """Raises StoreUnavailable."""
        try:
            answer: T = await self._ask(question)
        except apsw.Error as error:
            raise StoreUnavailable(f"orders cannot be read: {type(error).__name__}") from error
        return answer

    def moved(self, change: OrderBook) -> None:
        """A result was committed; one that was withdrawn may have opened an order again."""
        self.book.placed += change.placed
        self.book.sent += change.sent
        if change.placed > 0:
            self._wake()

    def changed(self, result: OrdersChanged) -> None:
        self.moved(result.book)
        if result.news:
            self._wake()

    def _wake(self) -> None:
        """Who waits for orders looks again."""
        self._changed.set()
        self._changed = asyncio.Event()
