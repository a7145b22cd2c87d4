"""Lots, doses given, what does not agree, and what lay out of its range. Pure."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from api.local_days import day_of as local_day_of
from api.reports.district_rows import TOTAL_CODE, Cells
from api.reports.frame.content import Cell, Column, Row, Table
from api.reports.reported_facts import day_of
from api.reports.sums import UNKNOWN, derived, text
from api.reports.vaccine_stock.at_risk import AtRisk
from api.reports.vaccine_stock.given import Given, doses
from api.reports.vaccine_stock.ledger import MOVED, Book, Broken
from hub.reported import FacilityRegistered

MOST_ROWS = 5000
Facilities = Mapping[str, FacilityRegistered]
_LOT = (
    Column("lot", "text"), Column("product", "text"), *(Column(kind) for kind in MOVED), Column("stock"),
    Column("given"),
)  # fmt: skip
_BROKEN = (
    Column("lot", "text"), Column("day", "date"), Column("before"), Column("net"), Column("expected"),
    Column("told"), Column("difference"),
)  # fmt: skip
_RISK = (
    Column("unit", "text"), Column("lot", "text"), Column("product", "text"), Column("doses"),
    Column("rule", "text"), Column("severity", "text"), Column("day", "date"), Column("minutes"),
    Column("worst", "number"),
)  # fmt: skip


def session_table(given: Given) -> Table:
    """Doses by their number: first ones, second ones …"""
    numbers = sorted({one.dose_number for one in given.sessions} | {1, 2})
    rows = [Row(f"dose_{number}", (given.of(number),), f"{number}", f"dose_{number}") for number in numbers]
    total = Row("total", (doses(given.sessions),), code=TOTAL_CODE)
    return Table("sessions", (Column("doses"),), tuple(rows), total, public=False)


def plan_table(given: Given, plans: Cell, facilities: int) -> Table:
    """Sessions that were planned, and of how many plans any dose is known."""
    held = derived(given.plans, len(given.sessions))
    places = len({one.facility for one in given.sessions})
    row = Row("plans", (plans, held, derived(facilities, facilities), derived(places, len(given.sessions))),
              code="all")  # fmt: skip
    columns = (Column("planned"), Column("held"), Column("facilities"), Column("vaccinating"))
    return Table("plans", columns, (row,), additive=False)


def lot_table(books: Sequence[Book], given: Mapping[tuple[str, str], Cell], facilities: Facilities) -> Table:
    """Each lot at each facility; what sessions gave beside what the stock says was used."""
    rows = tuple(_lot_row(book, given.get((book.facility, book.lot), UNKNOWN), facilities) for book in books)
    return Table("lots", _LOT, rows[:MOST_ROWS], additive=False, public=False)


def _lot_row(book: Book, given: Cell, facilities: Facilities) -> Row:
    """``given`` other than ``used`` is flagged: neither is put right by the other."""
    used = book.moved["used"].value
    differs = used is not None and given.value is not None and used != given.value
    told = Cell(given.value, given.source, given.events, given.people, "given_differs" if differs else "")
    stock = book.stock
    shown = Cell(stock.value, stock.source, stock.events, flag="identity_broken") if book.broken else stock
    cells = (text(book.lot), text(book.product), *book.moved.values(), shown, told)
    return _row(f"{book.facility}|{book.lot}", cells, book.facility, facilities)


def broken_table(books: Sequence[Book], facilities: Facilities) -> Table:
    """Counts that differ from the book, and books that fell below zero; the last ones first."""
    found = [(one, book) for book in books for one in book.broken]
    found.sort(key=lambda each: (-each[0].day, each[1].facility, each[1].lot))
    rows = tuple(_broken_row(one, book, facilities) for one, book in found[:MOST_ROWS])
    return Table("violations", _BROKEN, rows, additive=False, public=False)


def _broken_row(one: Broken, book: Book, facilities: Facilities) -> Row:
    day = day_of(one.day).isoformat()
    numbers = (one.before, one.net, one.expected)
    told = Cell(None) if one.told is None else derived(one.told, 1)
    off = Cell(None) if one.told is None else derived(one.told - one.expected, 1)
    cells = (text(book.lot, one.wrong), Cell(day), *(derived(each, 1) for each in numbers), told, off)
    return _row(f"{book.facility}|{book.lot}|{day}", cells, book.facility, facilities)


def risk_table(
    risks: Sequence[AtRisk], facilities: Facilities, district: str | None, zone: ZoneInfo
) -> Table:
    """Lots that lay in a unit while its temperature was out of range, with the doses that were told."""
    at_site = {one.site: one for one in facilities.values() if one.site}
    kept = [one for one in risks if district is None or one.site in at_site]
    rows = tuple(_risk_row(one, at_site.get(one.site), zone) for one in kept)
    total = sum(one.doses for one in kept if one.doses is not None)
    sums = (UNKNOWN, UNKNOWN, UNKNOWN, Cell(total, "manual", len(kept)), *(UNKNOWN,) * 5)
    return Table("at_risk", _RISK, rows, Row("total", sums, code=TOTAL_CODE) if kept else None, False, False)


def _risk_row(one: AtRisk, facility: FacilityRegistered | None, zone: ZoneInfo) -> Row:
    cells: Cells = (
        text(one.unit),
        text(one.lot),
        text(one.product),
        Cell(one.doses, None if one.doses is None else "manual", 1),
        text(one.rule),
        text(one.severity),
        Cell(local_day_of(one.start_ms, zone).isoformat(), "device", 1),
        _minutes(one),
        Cell(None if one.worst is None else one.worst / 1000, None if one.worst is None else "device", 1),
    )
    name, district = (facility.name, facility.district) if facility else (one.site, "")
    return Row(f"{one.incident}|{one.lot}", cells, name, district=district)


def _minutes(one: AtRisk) -> Cell:
    """Not known while it lasts."""
    if one.cleared_ms is None:
        return Cell(None, flag="still_out")
    return Cell((one.cleared_ms - one.start_ms) // 60_000, "device", 1)


def _row(key: str, cells: Cells, facility: str, facilities: Facilities) -> Row:
    known = facilities.get(facility)
    return Row(key, cells, known.name if known else facility, district=known.district if known else "")
