"""F0 and F1 of each district and commune (plan 6420/KH-SYT, online reporting with a map)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from api.reports.case_counts.persons import Known, Person, cases, contacts_registered
from api.reports.case_counts.rollout import F0, F0_AND_F1, phases
from api.reports.frame.content import Cell, Column, Completeness, Content, Note, Row, Source, Table
from api.reports.frame.tabular import AsOf, TabularQuery
from api.reports.site_places import places_of_sites, registered_facilities
from hub.places import register
from hub.reported import FacilityRegistered, RolloutSet, SpecimenRegistered
from storage.contract import StoreReader
from storage.reporting import FactFilter, ResultsFilter, StoredFact, StoredResult

UNKNOWN, HELD_BACK = "unknown", "held_back"
BY_SITE = "site_district"
_PEOPLE = ("f0", "f0_of_day", "f1", "f1_became_f0")
COLUMNS = (Column("phase", "number"), *map(Column, _PEOPLE))


class CasesQuery(TabularQuery):
    """``from`` and ``date`` bound the day on which somebody became a case."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything from the beginning up to the day: who was a case before is no new one."""

    positives: Sequence[StoredResult]
    registered: Sequence[StoredFact]
    facilities: Sequence[StoredFact]
    rollout: Sequence[StoredFact]


@dataclass(frozen=True, slots=True)
class _Told:
    """Persons who count."""

    f0: Sequence[Person]
    f1: Sequence[Person]
    sources: Mapping[str, Source]
    day: int


async def gather(reader: StoreReader, _: CasesQuery, as_of: AsOf) -> Inputs:
    """Raises TooManyRows."""
    last = as_of.to_number
    return Inputs(
        await reader.results_known(ResultsFilter(as_of.up_to, None, last, call="POS")),
        await reader.facts(FactFilter(SpecimenRegistered.TYPE, as_of.up_to, None, last)),
        await registered_facilities(reader, as_of.up_to, last),
        await reader.facts(FactFilter(RolloutSet.TYPE, as_of.up_to, None, last)),
    )


def build(inputs: Inputs, query: CasesQuery, as_of: AsOf) -> Content:
    """A row a district; those in phase 0 are told together, so that nobody is left out of the total."""
    known = _known(inputs, as_of)
    everyone = _Told(
        _within(cases(known), as_of),
        _within(contacts_registered(known), as_of),
        {"f0": "device", "f1": _origin(inputs.registered)},
        as_of.to_number,
    )
    codes = [unit.code for unit in register().reported_districts(as_of.day)]
    phase_of = phases(inputs.rollout, codes, as_of.day)
    shown = [code for code in codes if _shown(code, query, as_of)]
    whole = query.district is None and as_of.districts is None
    districts = _districts(everyone, shown, phase_of, as_of, whole=whole)
    assert districts.total is not None
    rows = _communes(everyone, shown, phase_of, as_of, whole=whole)
    total = replace(districts.total, cells=districts.total.cells[1:])
    communes = Table("communes", COLUMNS[1:], rows, total, public=False)
    begun = [code for code in shown if phase_of[code] >= F0]
    missing = tuple((code, _name(code, as_of)) for code in shown if code not in begun)
    # Not all that was read: a registration that changes nothing here must not make a new revision.
    told = (*total.cells[:1], *total.cells[2:3])  # none: whoever asks sees no whole district
    count = sum(cell.events for cell in told) + len(inputs.rollout)
    notes = () if inputs.rollout else (Note("rollout_unset"),)
    return Content((districts, communes), count, Completeness(len(shown), len(begun), missing), notes)


def _known(inputs: Inputs, as_of: AsOf) -> Known:
    told = [fact.payload for fact in inputs.facilities]
    site_of = {one.facility: one.site for one in told if isinstance(one, FacilityRegistered) and one.site}
    sites = places_of_sites(inputs.facilities, as_of.day)
    return Known(inputs.positives, inputs.registered, sites, site_of)


def _shown(code: str, query: CasesQuery, as_of: AsOf) -> bool:
    return query.district in (None, code) and (as_of.districts is None or code in as_of.districts)


def _within(persons: Iterable[Person], as_of: AsOf) -> list[Person]:
    return [one for one in persons if as_of.from_number is None or one.day >= as_of.from_number]


def _origin(registered: Sequence[StoredFact]) -> Source:
    told = [fact.payload for fact in registered]
    origins = {one.origin for one in told if isinstance(one, SpecimenRegistered) and one.contact_of_case}
    return "imported" if origins == {"imported"} else "manual"


def _name(code: str, as_of: AsOf) -> str:
    unit = register().reported_district(code, as_of.day)
    return unit.full_name if unit else code


def _district_of(person: Person) -> str:
    return person.place.district.code if person.place else UNKNOWN


def _districts(
    told: _Told, shown: Sequence[str], phase_of: Mapping[str, int], as_of: AsOf, *, whole: bool
) -> Table:
    rows = [_row(code, _of(told, _district_of, {code}), phase_of[code], as_of) for code in shown]
    if whole:
        rows += _rest(told, phase_of)
    return Table("districts", COLUMNS, tuple(rows), _total(rows))


def _row(code: str, told: _Told, phase: int, as_of: AsOf) -> Row:
    return Row(code, _cells(told, phase), _name(code, as_of), district=code)


def _rest(told: _Told, phase_of: Mapping[str, int]) -> list[Row]:
    """Who is in no row above: of districts that do not report yet, and of no place that we know."""
    held = {code for code, phase in phase_of.items() if phase < F0}
    rows = []
    if held:
        rows.append(
            Row(HELD_BACK, _cells(_of(told, _district_of, held), None), code="report.cases.held_back")
        )
    unknown = _of(told, lambda person: UNKNOWN if _district_of(person) not in phase_of else "", {UNKNOWN})
    if unknown.f0 or unknown.f1:
        rows.append(Row(UNKNOWN, _cells(unknown, None), code="unknown"))
    return rows


def _of(told: _Told, key: Callable[[Person], str], wanted: set[str]) -> _Told:
    f0, f1 = ([one for one in persons if key(one) in wanted] for persons in (told.f0, told.f1))
    return _Told(f0, f1, told.sources, told.day)


def _cells(told: _Told, phase: int | None) -> tuple[Cell, ...]:
    """What a phase does not report yet is None: not reported, never 0. ``phase`` None: everything."""
    became = [one for one in told.f0 if one.contact]
    of_day = [one for one in told.f0 if one.day == told.day]
    begun = phase is None or phase >= F0
    traced = phase is None or phase >= F0_AND_F1
    return (
        Cell(phase, None if phase is None else "manual"),
        _counted(told.f0, told.sources["f0"], told=begun),
        _counted(of_day, told.sources["f0"], told=begun),
        _counted(told.f1, told.sources["f1"], told=traced),
        _counted(became, "derived", told=traced),
    )


def _counted(persons: Sequence[Person], source: Source, *, told: bool) -> Cell:
    if not told:
        return Cell(None, people=True)
    flag = BY_SITE if any(one.by_site for one in persons) else ""
    facts = sum(one.facts for one in persons)
    return Cell(len(persons), source if persons else "derived", facts, people=True, flag=flag)


def _total(rows: Sequence[Row]) -> Row:
    columns = [[row.cells[place] for row in rows] for place in range(1, len(COLUMNS))]
    return Row("total", (Cell(None), *map(_sum, columns)), code="total")


def _sum(cells: Sequence[Cell]) -> Cell:
    known = [cell for cell in cells if isinstance(cell.value, int)]
    if not known:
        return Cell(None, people=True)
    sources = {cell.source for cell in known if cell.value}
    source = sources.pop() if len(sources) == 1 else "derived"
    value = sum(cell.value for cell in known if isinstance(cell.value, int))
    return Cell(value, source, sum(cell.events for cell in known), people=True)


def _communes(
    told: _Told, shown: Sequence[str], phase_of: Mapping[str, int], as_of: AsOf, *, whole: bool
) -> tuple[Row, ...]:
    """Communes that have anybody, under their district."""
    rows: list[Row] = []
    for code in shown:
        if phase_of[code] >= F0:
            rows += _communes_of(code, _of(told, _district_of, {code}), phase_of[code], as_of)
    if whole:
        rows += _rest(told, phase_of)
    return tuple(replace(row, cells=row.cells[1:]) for row in rows)


def _communes_of(district: str, told: _Told, phase: int, as_of: AsOf) -> list[Row]:
    by_commune = {_commune_key(person): person.place for person in (*told.f0, *told.f1)}
    rows = []
    for key, place in sorted(by_commune.items()):
        cells = _cells(_of(told, _commune_key, {key}), phase)
        commune = place.commune.full_name if place and place.commune else "—"
        rows.append(Row(key, cells, f"{commune}, {_name(district, as_of)}", district=district))
    return rows


def _commune_key(person: Person) -> str:
    if person.place is None:
        return UNKNOWN
    return person.place.commune.code if person.place.commune else f"{person.place.district.code}-{UNKNOWN}"
