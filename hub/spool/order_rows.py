"""Orders as the spool's file has them (docs/orders.md, ADR 10).

  PLACED   to be handed to a device           RESULTED  every test has a final result
  SENT     a device has taken it              CANCELLED by who placed it
                                              EXPIRED   nobody measured it in time
An order that a device asks for stays in its answers until it is RESULTED or ends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import apsw
import msgspec

from hub.facts import Order, OrderState

ORDER_STATES: tuple[OrderState, ...] = ("PLACED", "SENT", "RESULTED", "CANCELLED", "EXPIRED")
OPEN_STATES = ("PLACED", "SENT")
MOST_OPEN = 20_000
NEARLY_FULL = 0.9
MOST_GIVEN = 100

# OrderRow has the table's columns in their order.
_BY_NUMBER = "SELECT * FROM lab_order WHERE number = ?"
_BY_SPECIMEN = """
    SELECT * FROM lab_order WHERE specimen = :specimen AND state IN ('PLACED', 'SENT')
      AND site = :site AND device IN ('', :device) ORDER BY n LIMIT :most"""
_WAITING = """
    SELECT * FROM lab_order WHERE state = 'PLACED' AND site = :site AND device IN ('', :device)
      AND refused_by != :device ORDER BY n LIMIT :most"""
_RECALLED = "SELECT * FROM lab_order WHERE recall = 1 AND sent_to = :device ORDER BY n LIMIT :most"
# A plain comparison for what narrows most, so that its index is used.
_ENTRIES = """
    SELECT * FROM lab_order WHERE n < :before AND (:device IS NULL OR :device IN (device, sent_to))
    ORDER BY n DESC LIMIT :most"""
_OF_STATE = """
    SELECT * FROM lab_order WHERE state = :state AND n < :before
      AND (:device IS NULL OR :device IN (device, sent_to)) ORDER BY n DESC LIMIT :most"""
_OF_SPECIMEN = """
    SELECT * FROM lab_order WHERE specimen = :specimen AND n < :before AND (:state IS NULL OR state = :state)
      AND (:device IS NULL OR :device IN (device, sent_to)) ORDER BY n DESC LIMIT :most"""
# SQLite takes the other columns from the row that has the maximum.
_RESULTS = """
    SELECT test, device, event, max(at_ms) FROM order_result WHERE lab_order = ?
    GROUP BY test ORDER BY test"""
_COUNTS = "SELECT sum(state = 'PLACED'), sum(state = 'SENT') FROM lab_order WHERE state IN ('PLACED', 'SENT')"
_decode_tests = msgspec.json.Decoder(tuple[str, ...]).decode
encode_tests = msgspec.json.Encoder().encode


@dataclass(slots=True)
class OrderBook:
    """How many orders are open; also how a transaction changed that."""

    placed: int = 0
    sent: int = 0

    @property
    def open(self) -> int:
        return self.placed + self.sent

    @property
    def most(self) -> int:
        return MOST_OPEN

    @property
    def nearly_full(self) -> bool:
        return self.open >= NEARLY_FULL * MOST_OPEN

    def moved(self, before: str, after: str) -> None:
        self.placed += (after == "PLACED") - (before == "PLACED")
        self.sent += (after == "SENT") - (before == "SENT")


class OrderRow(NamedTuple):
    """One order. ``sent_to``: the last device that took it; ``recall``: that one is to hear of its end.

    ``refused_by``: a device that would not take it, as it is.
    """

    n: int
    number: str
    site: str
    device: str
    specimen: str
    tests: tuple[str, ...]
    priority: Literal["ROUTINE", "STAT"]
    specimen_type: str
    collected_ms: int | None
    state: OrderState
    placed_by: str
    placed_ms: int
    at_ms: int
    sent_ms: int | None
    sent_to: str
    recall: int
    refused_by: str
    refused_ms: int | None


class ResultOfOrder(NamedTuple):
    """Which event gave a test its final result: the newest where it was run again."""

    test: str
    device: str
    event: bytes
    at_ms: int


class OrderEntry(NamedTuple):
    """An order with its results, one a test."""

    row: OrderRow
    results: tuple[ResultOfOrder, ...]


def order_by_number(db: apsw.Connection, number: str) -> OrderRow | None:
    return next(_rows(db, _BY_NUMBER, (number,)), None)


def entry_by_number(db: apsw.Connection, number: str) -> OrderEntry | None:
    row = order_by_number(db, number)
    return None if row is None else OrderEntry(row, results_of(db, row.n))


def orders_by_number(db: apsw.Connection, numbers: Sequence[str]) -> list[OrderRow]:
    """Those that are known, as they stand at one moment."""
    with db:
        found = [order_by_number(db, number) for number in numbers]
    return [row for row in found if row is not None]


def results_of(db: apsw.Connection, n: int) -> tuple[ResultOfOrder, ...]:
    found: list[Any] = db.execute(_RESULTS, (n,)).fetchall()
    return tuple(ResultOfOrder(*row) for row in found)


def order_entries(
    db: apsw.Connection,
    specimen: str | None,
    state: str | None,
    device: str | None,
    limit: int,
    before: int = 2**62,
) -> list[OrderEntry]:
    """The newest first; ``before``: the n of the last seen. ``device``: whose it is, or who took it."""
    values = {"specimen": specimen, "state": state, "device": device, "most": limit, "before": before}
    sql = _OF_SPECIMEN if specimen is not None else _OF_STATE if state is not None else _ENTRIES
    return [OrderEntry(row, results_of(db, row.n)) for row in _rows(db, sql, values)]


def to_measure(db: apsw.Connection, site: str, device: str, specimen: str | None) -> list[Order]:
    """What a device is to measure on a specimen; None: what no device has taken yet."""
    values = {"site": site, "device": device, "specimen": specimen, "most": MOST_GIVEN}
    sql = _WAITING if specimen is None else _BY_SPECIMEN
    return [as_order(db, row) for row in _rows(db, sql, values)]


def to_send(db: apsw.Connection, site: str, device: str) -> list[Order]:
    """What a device is to be told unasked: first what it must not measure any more."""
    recalled = [as_order(db, row) for row in _rows(db, _RECALLED, {"device": device, "most": MOST_GIVEN})]
    return (recalled + to_measure(db, site, device, None))[:MOST_GIVEN]


def as_order(db: apsw.Connection, row: OrderRow) -> Order:
    """As a device gets it: without the tests that have a final result."""
    cancelled = row.state not in OPEN_STATES
    tests = row.tests if cancelled else left_of(db, row)
    return Order(
        row.number, row.specimen, tests, row.priority, row.specimen_type, row.collected_ms, cancelled
    )


def left_of(db: apsw.Connection, row: OrderRow) -> tuple[str, ...]:
    """Tests without a final result."""
    done = {result.test for result in results_of(db, row.n)}
    return tuple(test for test in row.tests if test not in done) if done else row.tests


def count_open(db: apsw.Connection) -> OrderBook:
    placed, sent = db.execute(_COUNTS).fetchone() or (0, 0)
    return OrderBook(placed or 0, sent or 0)


def _rows(db: apsw.Connection, sql: str, values: tuple[str, ...] | dict[str, Any]) -> Iterator[OrderRow]:
    found: list[Any] = db.execute(sql, values).fetchall()
    for row in found:
        yield OrderRow._make((*row[:5], _decode_tests(row[5]), *row[6:]))
