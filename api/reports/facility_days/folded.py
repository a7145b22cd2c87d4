"""Daily reports summed: over the days of a facility, over the facilities of a day. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.reports.facility_days.spec import Daily, Field, Spec
from api.reports.frame.content import Cell, Source
from api.reports.sums import merged
from storage.reporting import StoredFact

Dailies = Sequence[tuple[int, Daily]]


@dataclass(frozen=True, slots=True)
class Folded:
    """``cells``: one for each field of the spec; ``reports``: so many days were told."""

    cells: tuple[Cell, ...]
    reports: int


def by_facility(facts: Iterable[StoredFact], spec: Spec) -> dict[str, list[tuple[int, Daily]]]:
    """Days with what was told, by facility."""
    found: dict[str, list[tuple[int, Daily]]] = {}
    for fact in facts:
        told = fact.payload
        if isinstance(told, spec.daily):
            found.setdefault(told.facility, []).append((fact.day, told))
    return found


def folded(spec: Spec, told: Dailies, last: int) -> Folded:
    """Flows are summed; of what there is the figure of ``last`` counts, and none before it."""
    of_last = [each for day, each in told if day == last]
    all_ = [each for _, each in told]
    origin = merged({each.origin for each in all_})
    cells = [_field(field, of_last if field.stock else all_, origin) for field in spec.fields]
    return Folded(tuple(_flagged(spec, cells)), len(told))


def _field(field: Field, told: Sequence[Daily], origin: Source | None) -> Cell:
    if field.dated:
        return _dated(told)
    code = field.code
    values = _values([each.figures for each in told], code)
    if not values:
        return Cell(None, people=field.people)
    if origin == "derived":  # several sources: only those that told this figure
        origin = merged({each.origin for each in told if code in each.figures})
    return Cell(sum(values), origin, len(values), field.people)


def _values(figures: Sequence[Mapping[str, int]], code: str) -> list[int]:
    """Of those who told it. Mostly everybody did: a year of a province is 750,000 figures."""
    try:
        return [each[code] for each in figures]
    except KeyError:
        return [each[code] for each in figures if code in each]


def _flagged(spec: Spec, cells: Sequence[Cell]) -> list[Cell]:
    """A part that is more than its whole says so."""
    whole = {field.code: cell.value for field, cell in zip(spec.fields, cells, strict=True)}
    found: list[Cell] = []
    for field, cell in zip(spec.fields, cells, strict=True):
        most = whole.get(field.group) if field.group in spec.wholes else None
        over = isinstance(most, int) and isinstance(cell.value, int) and cell.value > most
        found.append(Cell(cell.value, cell.source, cell.events, cell.people, "over_whole") if over else cell)
    return found


def _dated(told: Sequence[Daily]) -> Cell:
    """The last day on which an F0 arose, as it was told."""
    known = [(day, each.origin) for each in told if (day := getattr(each, "last_f0", ""))]
    if not known:
        return Cell(None)
    last = max(day for day, _ in known)
    of_last = [origin for day, origin in known if day == last]
    return Cell(last, merged(of_last), len(of_last))
