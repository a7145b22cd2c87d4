"""Scans, what was decided, and who went through, by site, by day and by gate.

A visit is a scan that its gate did not find to repeat another, and whose code it could read. People are not
counted: their names at gates are destroyed after 21 days (design 4), and a report must say the same for good.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import add
from typing import NamedTuple, TypeVar

from pydantic import Field

from api.queries import Name
from api.reports.frame.content import Cell, Column, Content, Row, Table
from api.reports.frame.tabular import EARLIEST, EPOCH, AsOf, TabularQuery
from api.reports.site_places import SitePlace, places_of_sites, registered_facilities
from storage.contract import StoreReader
from storage.gates import COUNTED, DECISIONS, Passages
from storage.reporting import GateDayCount, StoredFact

_Key = TypeVar("_Key", bound=Hashable)
_COLUMNS = (
    "scans", "visits", "allow", "deny", "hold", "alert", "retry", "duplicate", "manual",
    "entered", "left", "inferred",
)  # fmt: skip


class GateTrafficQuery(TabularQuery):
    """Which days and which site."""

    from_: date | None = Field(
        None, alias="from", ge=EARLIEST, description="First local day; without it: the day of ``date`` alone."
    )
    site: Name | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """``counts``: of the days that are asked for."""

    counts: Sequence[GateDayCount]
    facilities: Sequence[StoredFact]


class Gate(NamedTuple):
    """What stands in the key of a row."""

    site: str
    device: str
    zone: str


async def gather(reader: StoreReader, _: GateTrafficQuery, as_of: AsOf) -> Traffic:
    first = as_of.to_number if as_of.from_number is None else as_of.from_number
    return Traffic(
        await reader.gate_days(first, as_of.to_number, as_of.up_to),
        await registered_facilities(reader, as_of.up_to, as_of.to_number),
    )


def build(traffic: Traffic, query: GateTrafficQuery, as_of: AsOf) -> Content:
    """A row a site and a gate that counted anything; a row a day where more than one was asked for."""
    places = places_of_sites(traffic.facilities, as_of.day)
    rows = [row for row in traffic.counts if _wanted(row, query, places)]
    whole = tuple(map(sum, zip(*(row.counts for row in rows), strict=True))) or (0,) * len(COUNTED)
    total = Row("total", _cells(whole), code="total")
    tables = [Table("by_site", _columns(), _by_site(rows, places), total)]
    if as_of.from_day is not None and as_of.from_day < as_of.day:
        tables.append(Table("by_day", _columns(), _by_day(rows), total))
    tables.append(Table("by_gate", _columns(), _by_gate(rows, places), total, public=False))
    return Content(tuple(tables), sum(whole))


def _wanted(row: GateDayCount, query: GateTrafficQuery, places: Mapping[str, SitePlace]) -> bool:
    if query.site not in (None, row.site):
        return False
    return query.district is None or (row.site in places and places[row.site].district == query.district)


def _columns() -> tuple[Column, ...]:
    return tuple(Column(code) for code in _COLUMNS)


def _by_site(rows: Iterable[GateDayCount], places: Mapping[str, SitePlace]) -> tuple[Row, ...]:
    summed = _summed(rows, lambda row: row.site)
    found: list[Row] = []
    for site, counts in sorted(summed.items()):
        place = places.get(site, SitePlace(site))
        found.append(Row(site, _cells(counts), place.name, district=place.district))
    return tuple(found)


def _by_day(rows: Iterable[GateDayCount]) -> tuple[Row, ...]:
    summed = _summed(rows, lambda row: row.day)
    days = {day: (EPOCH + timedelta(days=day)) for day in summed}
    return tuple(
        Row(days[day].isoformat(), _cells(counts), f"{days[day]:%d/%m/%Y}")
        for day, counts in sorted(summed.items())
    )


def _by_gate(rows: Iterable[GateDayCount], places: Mapping[str, SitePlace]) -> tuple[Row, ...]:
    summed = _summed(rows, lambda row: Gate(row.site, row.device, row.zone))
    return tuple(
        Row(
            "|".join(gate),
            _cells(counts),
            " · ".join(part for part in (gate.device, gate.zone) if part),
            district=places.get(gate.site, SitePlace("")).district,
        )
        for gate, counts in sorted(summed.items())
    )


def _summed(
    rows: Iterable[GateDayCount], key_of: Callable[[GateDayCount], _Key]
) -> dict[_Key, tuple[int, ...]]:
    summed: dict[_Key, tuple[int, ...]] = {}
    for row in rows:
        key = key_of(row)
        summed[key] = tuple(map(add, summed[key], row.counts)) if key in summed else tuple(row.counts)
    return summed


def _cells(counts: Sequence[int]) -> tuple[Cell, ...]:
    told = figures(counts)
    return tuple(Cell(told[code], "device", told[code], people=True) for code in _COLUMNS)


def figures(counts: Sequence[int]) -> dict[str, int]:
    """What one number for each of COUNTED says; a gate opened by hand had no scan."""
    named = dict(zip(COUNTED, counts, strict=True))
    went = Passages(*counts[len(DECISIONS) :])
    scans = sum(counts[: len(DECISIONS)]) - named["manual"]
    return {name: named[name] for name in DECISIONS} | {
        "scans": scans,
        "visits": scans - named["duplicate"] - named["retry"],
        "entered": went.entered,
        "left": went.left,
        "inferred": went.inferred,
    }
