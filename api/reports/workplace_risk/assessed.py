"""Each workplace once, in its last class, and how many never sent one (plan 6420/KH-SYT, III.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.reports.district_rows import TOTAL_CODE, Cells, district_row, grouped, shown_districts
from api.reports.frame.content import Cell, Column, Completeness, Content, Note, Row, Table
from api.reports.frame.tabular import AsOf, TabularQuery
from api.reports.reported_facts import reference_on
from api.reports.sums import derived, merged, percent
from hub.reported import RISK_LEVELS, Assessment, ReferenceSet
from storage.contract import StoreReader
from storage.reporting import FactFilter, StoredFact

REFERENCE = "workplaces"
DISTRICT_COLUMNS = (
    Column("reported"), *(Column(level) for level in RISK_LEVELS), Column("workplaces"),
    Column("share", "percent"),
)  # fmt: skip
LEVEL_COLUMNS = (Column("workplaces"), Column("share", "percent"))


@dataclass(frozen=True, slots=True)
class Inputs:
    """``references``: all numbers that people set, of them those of workplaces are used."""

    assessments: Sequence[StoredFact]
    references: Sequence[StoredFact]


async def gather(reader: StoreReader, query: TabularQuery, as_of: AsOf) -> Inputs:
    """Raises TooManyRows."""
    wanted = FactFilter(Assessment.TYPE, as_of.up_to, as_of.from_number, as_of.to_number)
    found = await reader.facts(wanted)
    references = await reader.facts(FactFilter(ReferenceSet.TYPE, as_of.up_to, None, as_of.to_number))
    return Inputs([fact for fact in found if query.district in (None, fact.scope)], references)


def build(inputs: Inputs, query: TabularQuery, as_of: AsOf) -> Content:
    """The five classes, and who sent one of all workplaces, by district."""
    told = [fact.payload for fact in inputs.assessments if isinstance(fact.payload, Assessment)]
    registered = _registered(inputs, query.district or "", as_of)
    by_district = grouped(told, lambda one: one.district, as_of.day)
    codes = shown_districts(as_of, query.district, by_district)
    rows = tuple(
        district_row(code, _cells(by_district.get(code, ()), _registered(inputs, code, as_of)), as_of.day)
        for code in codes
    )
    total = Row("total", _cells(told, registered), code=TOTAL_CODE)
    tables = (_levels(told), Table("districts", DISTRICT_COLUMNS, rows, total))
    return Content(tables, len(told), _completeness(told, registered), _notes(registered))


def _registered(inputs: Inputs, scope: str, as_of: AsOf) -> Cell:
    found = reference_on(inputs.references, REFERENCE, as_of.day, scope)
    if found is None:
        return Cell(None)
    return Cell(found[0].value, found[0].origin, 1)


def _levels(told: Sequence[Assessment]) -> Table:
    """As the plan tells them: a row for each class, the worst first."""
    rows = tuple(Row(level, _level(told, level), code=level) for level in RISK_LEVELS)
    total = Row("total", (_counted(told), derived(percent(len(told), len(told)))), code=TOTAL_CODE)
    return Table("levels", LEVEL_COLUMNS, rows, total)


def _level(told: Sequence[Assessment], level: str) -> Cells:
    of = [one for one in told if one.level == level]
    return _counted(of), derived(percent(len(of), len(told)), len(of))


def _cells(told: Sequence[Assessment], registered: Cell) -> Cells:
    share = percent(len(told), registered.value if isinstance(registered.value, int) else None)
    flag = "more_than_registered" if share is not None and share > 100 else ""
    levels = (_counted([one for one in told if one.level == level]) for level in RISK_LEVELS)
    return _counted(told), *levels, registered, derived(share, len(told) + 1, flag=flag)


def _counted(told: Sequence[Assessment]) -> Cell:
    return Cell(len(told), merged(one.origin for one in told) or "derived", len(told))


def _completeness(told: Sequence[Assessment], registered: Cell) -> Completeness | None:
    """Nobody names all workplaces: those that are missing are a number alone."""
    if not isinstance(registered.value, int):
        return None
    return Completeness(registered.value, len(told))


def _notes(registered: Cell) -> tuple[Note, ...]:
    return () if registered.value is not None else (Note("no_reference"),)
