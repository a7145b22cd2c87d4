"""Results tick off what was ordered, in the transaction that commits them (ADR 10).

A fact (device and subject) is one tick however often it is told: F and C set it, D and X take it back, P
alone changes nothing; a version that supersedes counts for what it says. Controls never count.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from hub.spool.order_rows import OrderBook, OrderRow, left_of, order_by_number

if TYPE_CHECKING:
    from hub.spool.earlier_results import EarlierFact

_FINAL = ("F", "C")
_WITHDRAWN = ("D", "X")
_ORDERED = "SELECT number FROM lab_order WHERE specimen = ? AND site = ?"
_TICKED = """
    SELECT o.number FROM order_result r JOIN lab_order o ON o.n = r.lab_order
    WHERE r.device = ? AND r.subject = ?"""
_TICK = """
    INSERT INTO order_result (lab_order, test, device, subject, event, at_ms) VALUES (?,?,?,?,?,?)
    ON CONFLICT DO UPDATE SET event = excluded.event, at_ms = excluded.at_ms"""
_UNTICK = "DELETE FROM order_result WHERE device = ? AND subject = ?"
_HAD = "SELECT 1 FROM order_result WHERE device = ? AND subject = ? AND lab_order != ? LIMIT 1"
_MOVE = "UPDATE lab_order SET state = ?, at_ms = ? WHERE n = ?"


class LabFact(NamedTuple):
    """What an event says of an order: one test of one specimen, under the analyzer's code and LOINC's.

    ``subject`` names the fact at its device.
    """

    site: str
    device: str
    subject: str
    specimen: str
    test: str
    loinc: str
    status: str
    control: bool = False
    supersedes: bool = False


def tick_off(db: apsw.Connection, fact: LabFact, event: bytes, at_ms: int, book: OrderBook) -> None:
    """``book`` hears how the number of open orders changed."""
    final = fact.status in _FINAL and not fact.control
    if not final and not fact.supersedes and fact.status not in _WITHDRAWN:
        return
    touched: dict[str, None] = {}
    if not final or fact.supersedes:
        touched |= _take_back(db, fact)
    if final:
        touched |= _tick(db, fact, event, at_ms)
    for number in touched:
        row = order_by_number(db, number)
        assert row is not None
        settle(db, row, at_ms, book)


def tick_off_earlier(
    db: apsw.Connection, row: OrderRow, earlier: Iterable["EarlierFact"], at_ms: int, book: OrderBook
) -> None:
    """What was there before ``row`` was placed, and no other order has had.

    Not what was measured before its specimen was collected, nor what says nothing of it.
    """
    standing: dict[tuple[str, str], dict[str, bytes]] = {}  # event by test, by device and subject
    for told in earlier:
        fact, name = told.fact, (told.fact.device, told.fact.subject)
        if (fact.site, fact.specimen) != (row.site, row.specimen):
            continue
        final = fact.status in _FINAL and not fact.control
        if fact.supersedes or fact.status in _WITHDRAWN:
            standing.pop(name, None)
        if final and not told.says_nothing and told.received_ms >= (row.collected_ms or 0):
            tests = {fact.test, fact.loinc}.intersection(row.tests)
            standing.setdefault(name, {}).update(dict.fromkeys(tests, told.event))
    for (device, subject), events in standing.items():
        if events and not db.execute(_HAD, (device, subject, row.n)).fetchone():
            for test, event in events.items():
                db.execute(_TICK, (row.n, test, device, subject, event, at_ms))
    settle(db, row, at_ms, book)


def settle(db: apsw.Connection, row: OrderRow, at_ms: int, book: OrderBook) -> None:
    """RESULTED while all its tests have results, else what it was; an order that ended stays ended.

    ``at_ms`` may lie back where an old capture was replayed: times of an order never do.
    """
    if row.state in ("CANCELLED", "EXPIRED"):
        return
    state = "RESULTED" if not left_of(db, row) else "PLACED" if row.sent_ms is None else "SENT"
    if state != row.state:
        db.execute(_MOVE, (state, max(at_ms, row.at_ms), row.n))
        book.moved(row.state, state)


def _take_back(db: apsw.Connection, fact: LabFact) -> dict[str, None]:
    found: list[Any] = db.execute(_TICKED, (fact.device, fact.subject)).fetchall()
    if found:
        db.execute(_UNTICK, (fact.device, fact.subject))
    return dict.fromkeys(number for (number,) in found)


def _tick(db: apsw.Connection, fact: LabFact, event: bytes, at_ms: int) -> dict[str, None]:
    ordered: list[Any] = db.execute(_ORDERED, (fact.specimen, fact.site)).fetchall()
    touched: dict[str, None] = {}
    for (number,) in ordered:
        row = order_by_number(db, number)
        assert row is not None
        for test in {fact.test, fact.loinc}.intersection(row.tests):
            db.execute(_TICK, (row.n, test, fact.device, fact.subject, event, at_ms))
            touched[number] = None
    return touched
