"""The report of vaccine stocks out of what was read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.reports.district_rows import district_row, grouped, shown_districts, total_row
from api.reports.frame.content import Cell, Completeness, Content, Note, Table
from api.reports.frame.tabular import AsOf, TabularQuery
from api.reports.reported_facts import facilities_on, payloads, reference_on
from api.reports.vaccine_stock.given import Given, by_facility, by_lot
from api.reports.vaccine_stock.ledger import Book, books
from api.reports.vaccine_stock.reading import Inputs
from api.reports.vaccine_stock.site_stock import SITE_COLUMNS, Site, district_cells, site_table
from api.reports.vaccine_stock.tables import (
    MOST_ROWS,
    broken_table,
    lot_table,
    plan_table,
    risk_table,
    session_table,
)
from hub.reported import FacilityRegistered, StockMoved, VaccinationSession

KIND = "vaccination"
PLANS = "session_plans"


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything of the part of the province that is told."""

    facilities: Mapping[str, FacilityRegistered]
    books: Sequence[Book]
    sessions: Sequence[VaccinationSession]
    reported: frozenset[str]  # facilities of which anything of the last day is known
    day: int

    def has(self, facility: str, district: str | None) -> bool:
        if district is None:
            return True
        known = self.facilities.get(facility)
        return known is not None and known.district == district


def build(inputs: Inputs, query: TabularQuery, as_of: AsOf) -> Content:
    """Districts, facilities, lots, doses given, what does not agree, and what lay too warm or too cold."""
    known = _known(inputs, query, as_of)
    sites = _sites(known)
    given, whole = by_lot(known.sessions), Given(known.sessions)
    wrong = [book for book in known.books if book.broken]
    tables = [
        _districts(sites, query, as_of),
        session_table(whole),
        plan_table(whole, _plans(inputs, as_of), _vaccinating(known)),
        site_table(sites, as_of),
        lot_table(known.books, given, known.facilities),
        broken_table(wrong, known.facilities),
    ]
    if inputs.at_risk is not None:
        tables.append(risk_table(inputs.at_risk, known.facilities, query.district, as_of.zone))
    events = sum(book.moves for book in known.books) + len(known.sessions)
    return Content(tuple(tables), events, _completeness(known, sites), _notes(known, inputs))


def _known(inputs: Inputs, query: TabularQuery, as_of: AsOf) -> _Known:
    facilities = facilities_on(inputs.facilities, as_of.day)
    moves = [(fact.day, fact.payload) for fact in inputs.moves if isinstance(fact.payload, StockMoved)]
    sessions = payloads(inputs.sessions, VaccinationSession)
    last = as_of.to_number
    told = {one.facility for day, one in moves if day == last}
    told |= {one.facility for one in sessions if one.date == as_of.day.isoformat()}
    all_ = _Known(facilities, (), (), frozenset(told), last)
    mine = {name for name in _named(moves, sessions) if all_.has(name, query.district)}
    kept = [(day, one) for day, one in moves if one.facility in mine]
    of = {name: one for name, one in facilities.items() if all_.has(name, query.district)}
    given = [one for one in sessions if one.facility in mine]
    return _Known(of, books(kept, as_of.from_number, last), given, frozenset(told), last)


def _named(moves: Sequence[tuple[int, StockMoved]], sessions: Sequence[VaccinationSession]) -> set[str]:
    return {one.facility for _, one in moves} | {one.facility for one in sessions}


def _sites(known: _Known) -> list[Site]:
    """Facilities that vaccinate, and whoever else told of doses."""
    given, facilities = by_facility(known.sessions), known.facilities
    lots: dict[str, list[Book]] = {}
    for book in known.books:
        lots.setdefault(book.facility, []).append(book)
    vaccinate = {name for name, one in facilities.items() if one.kind == KIND}
    none = Given(())
    found = [
        Site(name, facilities.get(name), lots.get(name, []), given.get(name, none), name in known.reported)
        for name in vaccinate | set(lots) | set(given)
    ]
    return sorted(found, key=lambda site: (site.facility is None, site.district, site.commune, site.id))


def _districts(sites: Sequence[Site], query: TabularQuery, as_of: AsOf) -> Table:
    of = grouped(sites, lambda site: site.district, as_of.day)
    codes = shown_districts(as_of, query.district, of)
    rows = tuple(district_row(code, district_cells(of.get(code, ())), as_of.day) for code in codes)
    return Table("districts", SITE_COLUMNS, rows, total_row(rows, len(SITE_COLUMNS)))


def _vaccinating(known: _Known) -> int:
    return sum(1 for one in known.facilities.values() if one.kind == KIND)


def _plans(inputs: Inputs, as_of: AsOf) -> Cell:
    found = reference_on(inputs.references, PLANS, as_of.day)
    return Cell(None) if found is None else Cell(found[0].value, found[0].origin, 1)


def _completeness(known: _Known, sites: Sequence[Site]) -> Completeness:
    """Of the last day: every site tells received, used and in stock each day."""
    asked = [site for site in sites if site.facility is not None and site.facility.kind == KIND]
    missing = tuple((site.id, site.name) for site in asked if not site.reported)
    return Completeness(len(asked), len(asked) - len(missing), missing)


def _notes(known: _Known, inputs: Inputs) -> tuple[Note, ...]:
    broken = sum(len(book.broken) for book in known.books)
    checked = sum(book.checked for book in known.books)
    notes = [Note("balance", (("checked", str(checked)), ("broken", str(broken))))]
    if max(len(known.books), broken) > MOST_ROWS:
        notes.append(Note("rows_cut", (("most", str(MOST_ROWS)),)))
    return (*notes, *([Note("risk_unknown")] if inputs.at_risk is None else []))
