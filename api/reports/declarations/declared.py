"""Declarations of each district, of how many with symptoms, and which (plan 6420/KH-SYT, III.1)."""

from collections.abc import Sequence

from api.reports.district_names import UNKNOWN_PLACE, district_name
from api.reports.district_rows import Cells, district_table, grouped, shown_districts
from api.reports.frame.content import Cell, Column, Completeness, Content, Row, Table
from api.reports.frame.tabular import AsOf, TabularQuery
from api.reports.sums import merged
from hub.reported import Declaration
from storage.contract import StoreReader
from storage.reporting import FactFilter, StoredFact

COLUMNS = (Column("declarations"), Column("of_day"), Column("with_symptoms"))
Told = Sequence[Declaration]


async def gather(reader: StoreReader, query: TabularQuery, as_of: AsOf) -> list[StoredFact]:
    """One fact a declaration; raises TooManyRows."""
    wanted = FactFilter(Declaration.TYPE, as_of.up_to, as_of.from_number, as_of.to_number)
    found = await reader.facts(wanted)
    return [fact for fact in found if query.district in (None, fact.scope)]


def build(facts: Sequence[StoredFact], query: TabularQuery, as_of: AsOf) -> Content:
    """A row for each district, also where nobody declared: there nothing is known, not 0."""
    told = [fact.payload for fact in facts if isinstance(fact.payload, Declaration)]
    by_district = grouped(told, lambda one: one.district, as_of.day)
    rows = shown_districts(as_of, query.district, by_district)
    shown = [code for code in rows if code != UNKNOWN_PLACE]
    day = as_of.day.isoformat()
    main = district_table(
        "districts", COLUMNS, lambda code: _cells(by_district.get(code, ()), day), rows, as_of.day
    )
    silent = tuple((code, district_name(code, as_of.day)) for code in shown if code not in by_district)
    complete = Completeness(len(shown), len(shown) - len(silent), silent)
    return Content((main, _symptoms(told), _persons(told)), len(facts), complete)


def _cells(told: Told, day: str) -> Cells:
    if not told:
        return (Cell(None, people=True),) * len(COLUMNS)
    of_day = [one for one in told if one.date == day]
    return _counted(told), _counted(of_day), _counted([one for one in told if one.symptoms])


def _counted(told: Told) -> Cell:
    """As many as there are; none is a count of ours."""
    return Cell(len(told), merged(one.origin for one in told) or "derived", len(told), people=True)


def _symptoms(told: Told) -> Table:
    """Who has two is in two rows: they do not add up."""
    found: dict[str, list[Declaration]] = {}
    for one in told:
        for code in set(one.symptoms):
            found.setdefault(code, []).append(one)
    ordered = sorted(found, key=lambda code: (-len(found[code]), code))
    rows = [Row(code, (_counted(found[code]),), code, code) for code in ordered]
    return Table("symptoms", (Column("declarations"),), tuple(rows), additive=False, public=False)


def _persons(told: Told) -> Table:
    """Pseudonyms, each once; who gave none is not among them."""
    named = [one for one in told if one.person]
    count = len({one.person for one in named})
    persons = Cell(count, merged(one.origin for one in named) or "derived", len(named), people=True)
    unnamed = [one for one in told if not one.person]
    rows = (
        Row("persons", (persons,), code="named"),
        Row("unnamed", (_counted(unnamed),), code="unnamed"),
    )
    return Table("persons", (Column("count"),), rows, additive=False, public=False)
