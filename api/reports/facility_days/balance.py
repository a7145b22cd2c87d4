"""The identity of a facility's days: inside is yesterday's, plus who came, minus who left. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.reports.facility_days.spec import Spec

Figures = Mapping[str, int]


class Broken(NamedTuple):
    """On ``day`` a facility told another number than its own figures give."""

    facility: str
    day: int
    before: int
    came: int
    left: int
    told: int

    @property
    def expected(self) -> int:
        return self.before + self.came - self.left


class Checked(NamedTuple):
    """``checked``: days that could be; a day cannot where it or the one before lacks a figure."""

    checked: int
    broken: tuple[Broken, ...]


def checked(spec: Spec, facility: str, days: Mapping[int, Figures], wanted: Sequence[int]) -> Checked:
    """``days``: figures by day; those ``wanted`` are checked, in their order."""
    count, broken = 0, []
    inside, came, left = spec.inside, spec.came, spec.left
    for day in wanted:
        now, before = days.get(day), days.get(day - 1)
        if now is None or before is None or inside not in now or inside not in before:
            continue
        entered, gone = _sum(now, came, spec), _sum(now, left, spec)
        if entered is None or gone is None:
            continue
        count += 1
        if before[inside] + entered - gone != now[inside]:
            broken.append(Broken(facility, day, before[inside], entered, gone, now[inside]))
    return Checked(count, tuple(broken))


def _sum(figures: Figures, codes: Sequence[str], spec: Spec) -> int | None:
    """A row that people configured and nobody filled in is 0; one of the plan is not known."""
    total = 0
    for code in codes:
        value = figures.get(code)
        if value is None:
            if code not in spec.optional:
                return None
            continue
        total += value
    return total
