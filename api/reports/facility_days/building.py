"""A daily report of facilities out of what was read. Pure."""

from collections.abc import Mapping, Sequence

from api.reports.district_rows import district_row, shown_districts, total_row
from api.reports.facility_days.balance import checked
from api.reports.facility_days.folded import by_facility, folded
from api.reports.facility_days.gates import NO_GATE, GateCells, gate_cells
from api.reports.facility_days.reading import Inputs, first_day
from api.reports.facility_days.register import Registered, registered
from api.reports.facility_days.spec import Daily, Spec
from api.reports.facility_days.tables import (
    MOST_BROKEN,
    Facility,
    broken_table,
    day_table,
    district_columns,
    district_sums,
    facility_sums,
    facility_table,
)
from api.reports.frame.content import Completeness, Content, Note, Table
from api.reports.frame.tabular import AsOf, TabularQuery


def build(spec: Spec, inputs: Inputs, query: TabularQuery, as_of: AsOf) -> Content:
    """Districts, facilities, days where there are several, and what does not agree."""
    spec = spec.configured(inputs.rows, as_of.day)
    facilities = _facilities(spec, inputs, query, as_of)
    tables = [_districts(spec, facilities, query, as_of), facility_table(spec, facilities, as_of)]
    if first_day(as_of) < as_of.to_number:
        tables.append(_days(spec, inputs, {one.id: one for one in facilities}, as_of))
    tables.append(broken_table(facilities))
    events = sum(one.folded.reports for one in facilities)
    return Content(tuple(tables), events, _completeness(facilities), _notes(facilities))


def _facilities(spec: Spec, inputs: Inputs, query: TabularQuery, as_of: AsOf) -> list[Facility]:
    """All that should have reported, and whoever else did, by district, commune and id."""
    first, last = first_day(as_of), as_of.to_number
    known = registered(inputs.facilities, spec.kind, first, last)
    told = by_facility(inputs.days, spec)
    gates = gate_cells(inputs.gates)
    ids = {*known, *(name for name, days in told.items() if days[-1][0] >= first)}
    found = [_facility(spec, name, known.get(name), told.get(name, []), gates, as_of) for name in ids]
    kept = [one for one in found if query.district in (None, one.district)]
    return sorted(kept, key=_order)


def _order(one: Facility) -> tuple[bool, str, str, str]:
    commune = one.registered.facility.commune if one.registered else ""
    return one.registered is None, one.district, commune, one.id


def _facility(
    spec: Spec,
    name: str,
    known: Registered | None,
    told: list[tuple[int, Daily]],
    gates: Mapping[str, GateCells],
    as_of: AsOf,
) -> Facility:
    first = first_day(as_of)
    within = [each for each in told if each[0] >= first]
    figures = {day: each.figures for day, each in told}
    balance = checked(spec, name, figures, [day for day, _ in within])
    site = known.facility.site if known else ""
    return Facility(name, known, folded(spec, within, as_of.to_number), balance, gates.get(site, NO_GATE))


def _districts(spec: Spec, facilities: Sequence[Facility], query: TabularQuery, as_of: AsOf) -> Table:
    sums = district_sums(spec, facilities, as_of.day)
    codes = shown_districts(as_of, query.district, sums)
    none = facility_sums(spec, ())
    columns = district_columns(spec)
    rows = tuple(district_row(code, sums.get(code, none), as_of.day) for code in codes)
    return Table("districts", columns, rows, total_row(rows, len(columns)))


def _days(spec: Spec, inputs: Inputs, kept: Mapping[str, object], as_of: AsOf) -> Table:
    """Of the facilities that the other tables have."""
    of_day: dict[int, list[tuple[int, Daily]]] = {}
    first = first_day(as_of)
    for fact in inputs.days:
        told = fact.payload
        if fact.day >= first and isinstance(told, spec.daily) and told.facility in kept:
            of_day.setdefault(fact.day, []).append((fact.day, told))
    return day_table(spec, {day: folded(spec, told, day) for day, told in of_day.items()})


def _completeness(facilities: Sequence[Facility]) -> Completeness:
    """Of each day and facility; whoever lacks a day is named."""
    known = [one for one in facilities if one.registered]
    told = sum(min(one.folded.reports, one.days) for one in known)
    missing = tuple((one.id, one.name) for one in known if one.folded.reports < one.days)
    return Completeness(sum(one.days for one in known), told, missing)


def _notes(facilities: Sequence[Facility]) -> tuple[Note, ...]:
    broken = sum(len(one.checked.broken) for one in facilities)
    reports = sum(one.folded.reports for one in facilities)
    days = sum(one.checked.checked for one in facilities)
    balance = (("checked", str(days)), ("reports", str(reports)), ("broken", str(broken)))
    cut = [Note("violations_cut", (("most", str(MOST_BROKEN)),))] if broken > MOST_BROKEN else []
    return (Note("balance", balance), *cut)
