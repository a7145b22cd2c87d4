"""The tables of a daily report of facilities. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.reports.district_names import commune_name, district_name
from api.reports.district_rows import TOTAL_CODE, grouped, summed_rows
from api.reports.facility_days.balance import Broken, Checked
from api.reports.facility_days.folded import Folded
from api.reports.facility_days.register import Registered
from api.reports.facility_days.spec import Spec
from api.reports.frame.content import Cell, Column, Row, Table
from api.reports.frame.tabular import AsOf
from api.reports.reported_facts import day_of
from api.reports.sums import UNKNOWN, derived, text

MOST_BROKEN = 1000
_PLACE = (Column("district", "text"), Column("commune", "text"), Column("level", "text"))
_BESIDE = (Column("gate_in"), Column("gate_out"), Column("unexplained"))
_BROKEN = (
    Column("day", "date"), Column("before"), Column("came"), Column("left"), Column("expected"),
    Column("told"), Column("difference"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facility:
    """One facility over the days: what it reported, what its gates counted, whether its figures agree."""

    id: str
    registered: Registered | None
    folded: Folded
    checked: Checked
    gates: tuple[Cell, Cell]

    @property
    def district(self) -> str:
        return self.registered.facility.district if self.registered else ""

    @property
    def name(self) -> str:
        return self.registered.facility.name if self.registered else self.id

    @property
    def days(self) -> int:
        return self.registered.days if self.registered else 0


def facility_table(spec: Spec, facilities: Sequence[Facility], as_of: AsOf) -> Table:
    """A row for each; with what devices say beside what was typed, never instead of it."""
    columns = (*_PLACE, *(field.column for field in spec.fields), *_BESIDE)
    rows = tuple(_facility_row(spec, each, as_of) for each in facilities)
    cells = summed_rows([row.cells for row in rows], len(columns))
    return Table("facilities", columns, rows, Row("total", cells, code=TOTAL_CODE), public=False)


def _facility_row(spec: Spec, one: Facility, as_of: AsOf) -> Row:
    cells = (*_place(one, as_of), *_told(spec, one), *one.gates, _unexplained(one))
    return Row(one.id, cells, one.name, district=one.district)


def _place(one: Facility, as_of: AsOf) -> tuple[Cell, ...]:
    if one.registered is None:
        return Cell(None, flag="unregistered"), UNKNOWN, UNKNOWN
    known = one.registered.facility
    commune = commune_name(known.district, known.commune, as_of.day) if known.commune else ""
    return text(district_name(known.district, as_of.day)), text(commune), text(known.level)


def _told(spec: Spec, one: Facility) -> list[Cell]:
    """What is inside carries the flag where the days do not agree."""
    broken = bool(one.checked.broken)
    return [
        Cell(cell.value, cell.source, cell.events, cell.people, "identity_broken")
        if broken and field.code == spec.inside
        else cell
        for field, cell in zip(spec.fields, one.folded.cells, strict=True)
    ]


def _unexplained(one: Facility) -> Cell:
    """People that the figures do not explain; None: no day could be checked."""
    if not one.checked.checked:
        return Cell(None, people=True)
    off = sum(abs(each.told - each.expected) for each in one.checked.broken)
    return derived(off, one.checked.checked, people=True, flag="identity_broken" if off else "")


def district_sums(spec: Spec, facilities: Sequence[Facility], day: date) -> dict[str, tuple[Cell, ...]]:
    """Each district's sums: facilities, days that were to be reported, days that were, and the figures."""
    of = grouped(facilities, lambda one: one.district, day)
    return {code: facility_sums(spec, of[code]) for code in of}


def facility_sums(spec: Spec, facilities: Sequence[Facility]) -> tuple[Cell, ...]:
    known = sum(1 for one in facilities if one.registered)
    expected = sum(one.days for one in facilities)
    reported = sum(one.folded.reports for one in facilities)
    cells = summed_rows([one.folded.cells for one in facilities], len(spec.fields))
    return derived(known, known), derived(expected, known), derived(reported, reported), *cells


def district_columns(spec: Spec) -> tuple[Column, ...]:
    head = Column("facilities"), Column("expected"), Column("reported")
    return *head, *(field.column for field in spec.fields)


def day_table(spec: Spec, days: Mapping[int, Folded]) -> Table:
    """The sums of all facilities, day by day; of what there is no day adds to another."""
    columns = (Column("reported"), *(field.column for field in spec.fields))
    rows = tuple(
        Row(f"{day_of(day)}", (derived(one.reports, one.reports), *one.cells), f"{day_of(day):%d/%m/%Y}")
        for day, one in sorted(days.items())
    )
    return Table("days", columns, rows, additive=False, public=False)


def broken_table(facilities: Sequence[Facility]) -> Table:
    """Days that do not agree with the day before, the last ones first, 1000 at most."""
    names = {one.id: one for one in facilities}
    found = sorted((each for one in facilities for each in one.checked.broken), key=_newest)
    rows = tuple(_broken_row(each, names[each.facility]) for each in found[:MOST_BROKEN])
    return Table("violations", _BROKEN, rows, additive=False, public=False)


def _newest(one: Broken) -> tuple[int, str]:
    return -one.day, one.facility


def _broken_row(one: Broken, facility: Facility) -> Row:
    told = day_of(one.day).isoformat()
    numbers = (one.before, one.came, one.left, one.expected, one.told, one.told - one.expected)
    cells = (Cell(told), *(derived(each, 2, people=True) for each in numbers))
    return Row(f"{one.facility}|{told}", cells, facility.name, district=facility.district)
