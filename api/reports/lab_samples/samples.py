"""What became of registered specimens, by facility; turnaround; how long what is unmatched has waited."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import Field

from api.reports.frame.content import Cell, Column, Completeness, Content, Note, Row, Source, Table
from api.reports.frame.tabular import EARLIEST, AsOf, TabularQuery
from api.reports.site_places import registered_facilities
from api.specimens import Matched, Sample, match
from hub.reported import FacilityRegistered, SpecimenRegistered
from storage.contract import StoreReader
from storage.reporting import FactFilter, ResultsFilter, StoredFact, StoredResult

DAYS = 30
# A result belongs to a specimen that was taken at most so many days before the first one that is told of.
LOOK_BACK_DAYS = 60
_HOUR_MS = 3_600_000
_COUNTED = (
    "registered", "pools", "waiting", "preliminary", "final", "corrected", "withdrawn",
    "positive", "negative", "failed", "pools_positive",
)  # fmt: skip
_AGE_HOURS = (24, 48, 72)
_AGES = ("under_24_hours", "under_48_hours", "under_72_hours", "over_72_hours")


class LabSamplesQuery(TabularQuery):
    """Which days of collection, and where."""

    from_: date | None = Field(
        None, alias="from", ge=EARLIEST, description=f"First local day; without it: {DAYS} days in all."
    )
    facility: str | None = Field(None, max_length=64, description="Where the specimen was taken.")


@dataclass(frozen=True, slots=True)
class Samples:
    """``first``: the first day (since 1970-01-01) that is told of; ``registered`` goes back further."""

    first: int
    registered: Sequence[StoredFact]
    results: Sequence[StoredResult]
    facilities: Sequence[StoredFact]


async def gather(reader: StoreReader, _: LabSamplesQuery, as_of: AsOf) -> Samples:
    """Raises TooManyRows."""
    first = as_of.to_number - DAYS + 1 if as_of.from_number is None else as_of.from_number
    wanted = FactFilter(SpecimenRegistered.TYPE, as_of.up_to, first - LOOK_BACK_DAYS, as_of.to_number)
    return Samples(
        first,
        await reader.facts(wanted),
        await reader.results_known(ResultsFilter(as_of.up_to, first, as_of.to_number)),
        await registered_facilities(reader, as_of.up_to, as_of.to_number),
    )


def build(samples: Samples, query: LabSamplesQuery, as_of: AsOf) -> Content:
    """A row a facility that specimens are registered of; results that belong to none stand apart."""
    facilities = _facilities(samples.facilities)
    matched = match(samples.registered, samples.results, as_of.zone)
    told = [
        sample
        for sample in matched.samples
        if sample.fact.day >= samples.first and _wanted(sample, query, facilities)
    ]
    by_facility: dict[str, list[Sample]] = {}
    for sample in told:
        by_facility.setdefault(sample.told.facility, []).append(sample)
    narrowed = query.district is not None or query.facility is not None
    strays = [] if narrowed else matched.strays
    finals = sum(sample.state == "final" for sample in told)
    return Content(
        (
            _counts(by_facility, facilities, told),
            _turnaround(by_facility, facilities, told),
            _ages(told, strays, as_of.cutoff_ms),
        ),
        len(samples.registered) + len(samples.results),
        Completeness(len(told), finals),
        () if as_of.sites is None else (Note("scoped"),),
    )


def _facilities(facts: Iterable[StoredFact]) -> dict[str, FacilityRegistered]:
    """By id; of several versions the one that began last (facts come by day)."""
    found: dict[str, FacilityRegistered] = {}
    for fact in facts:
        assert isinstance(fact.payload, FacilityRegistered)
        found[fact.payload.facility] = fact.payload
    return found


def _wanted(sample: Sample, query: LabSamplesQuery, facilities: Mapping[str, FacilityRegistered]) -> bool:
    if query.facility not in (None, sample.told.facility):
        return False
    return query.district in (None, _district(sample.told, facilities))


def _district(told: SpecimenRegistered, facilities: Mapping[str, FacilityRegistered]) -> str:
    known = facilities.get(told.facility)
    return told.district or (known.district if known else "")


def _named(facility: str, cells: tuple[Cell, ...], facilities: Mapping[str, FacilityRegistered]) -> Row:
    if not facility:
        return Row("unknown", cells, code="unknown")
    known = facilities.get(facility)
    return Row(facility, cells, known.name if known else facility, district=known.district if known else "")


def _counts(
    by_facility: Mapping[str, Sequence[Sample]],
    facilities: Mapping[str, FacilityRegistered],
    told: Sequence[Sample],
) -> Table:
    columns = tuple(Column(code) for code in _COUNTED)
    rows = tuple(_named(name, _counted(found), facilities) for name, found in sorted(by_facility.items()))
    return Table("by_facility", columns, rows, Row("total", _counted(told), code="total"))


def _counted(samples: Sequence[Sample]) -> tuple[Cell, ...]:
    """People are those who gave a specimen alone: a pool is counted, never multiplied."""
    pools = [one for one in samples if one.told.pool]
    counted = Counter[str](one.state for one in samples)
    counted.update(one.outcome or "" for one in samples if not one.told.pool)
    counted |= Counter(
        registered=len(samples),
        pools=len(pools),
        pools_positive=sum(one.outcome == "positive" for one in pools),
        corrected=sum(one.corrected for one in samples),
    )
    typed: Source = "manual" if any(one.told.origin == "manual" for one in samples) else "imported"
    sources: dict[str, Source] = {"registered": typed, "pools": typed, "waiting": "derived"}
    return tuple(
        Cell(counted[code], sources.get(code, "device"), counted[code], people=True) for code in _COUNTED
    )


def _turnaround(
    by_facility: Mapping[str, Sequence[Sample]],
    facilities: Mapping[str, FacilityRegistered],
    told: Sequence[Sample],
) -> Table:
    columns = (Column("measured"), Column("median_hours", "number"), Column("ninth_decile_hours", "number"))
    rows = tuple(_named(name, _hours(found), facilities) for name, found in sorted(by_facility.items()))
    return Table("turnaround", columns, rows, Row("total", _hours(told), code="total"), additive=False)


def _hours(samples: Iterable[Sample]) -> tuple[Cell, ...]:
    spent = sorted(one.turnaround_ms for one in samples if one.turnaround_ms is not None)
    if not spent:
        return (Cell(0, "derived", people=True), Cell(None), Cell(None))
    middle = (spent[(len(spent) - 1) // 2] + spent[len(spent) // 2]) / 2
    ninth = spent[min(len(spent) - 1, len(spent) * 9 // 10)]
    return (
        Cell(len(spent), "derived", len(spent), people=True),
        Cell(round(middle / _HOUR_MS, 1), "derived", len(spent)),
        Cell(round(ninth / _HOUR_MS, 1), "derived", len(spent)),
    )


def _ages(told: Iterable[Sample], strays: Iterable[StoredResult], at_ms: int) -> Table:
    """How long what waits has been waiting at the cut-off."""
    waiting = [at_ms - one.collected_ms for one in told if one.state == "waiting"]
    stray = [at_ms - one.time_ms for one in strays]
    rows = (
        Row("waiting", _aged(waiting), code="report.lab-samples.row.waiting"),
        Row("stray", _aged(stray), code="report.lab-samples.row.stray"),
    )
    return Table("unmatched", tuple(Column(code) for code in _AGES), rows, additive=False)


def _aged(ages_ms: Iterable[int]) -> tuple[Cell, ...]:
    counted = Counter(bisect_right(_AGE_HOURS, age_ms / _HOUR_MS) for age_ms in ages_ms)
    return tuple(Cell(counted[place], "derived", counted[place], people=True) for place in range(len(_AGES)))


def unmatched_of(samples: Samples, zone: ZoneInfo) -> Matched:
    """What waits for a result, and results that wait for a registration."""
    matched = match(samples.registered, samples.results, zone)
    waiting = [one for one in matched.samples if one.state == "waiting" and one.fact.day >= samples.first]
    return Matched(waiting, matched.strays)
