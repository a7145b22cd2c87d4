"""What happens to one cabinet in a year: to its door, mains, cooling, probe, radio, clock and calibration.

Times are minutes since the year began. The same seed gives the same year.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

MINUTES_PER_DAY = 1440.0
LIMITS = (8.0, 7.5, 2.0, -0.5)  # °C: where fridges are judged; thermostats are set to come near them


@dataclass(frozen=True, slots=True)
class Occurrence:
    """``strength``: °C of a thermostat, minutes of a clock, share of the cooling that a leak takes."""

    begins: float
    ends: float
    strength: float = 0.0


class Timeline:
    """Occurrences of one kind, which never overlap."""

    def __init__(self, occurrences: Iterator[Occurrence]) -> None:
        self.occurrences = tuple(occurrences)
        self._begins = [one.begins for one in self.occurrences]

    def at(self, minute: float) -> Occurrence | None:
        """The one that is going on."""
        last = bisect_right(self._begins, minute) - 1
        if last < 0 or minute >= self.occurrences[last].ends:
            return None
        return self.occurrences[last]

    def overlap(self, begin: float, end: float) -> float:
        """How many of the minutes ``[begin, end)`` are taken."""
        first = max(bisect_right(self._begins, begin) - 1, 0)
        total = 0.0
        for one in self.occurrences[first:]:
            if one.begins >= end:
                break
            total += max(0.0, min(end, one.ends) - max(begin, one.begins))
        return total


@dataclass(frozen=True, slots=True)
class CalibrationEdit:
    """``offset`` in °C for ``[begins, ends)``, in minutes; ``ends`` None: open. Known from ``issued`` on."""

    offset: float
    begins: float
    ends: float | None
    issued: float


@dataclass(frozen=True, slots=True)
class YearPlan:
    """``clock``: by how many minutes the sensor's is wrong. What is not going on is as it should be."""

    days: int
    thermostat: Timeline
    door: Timeline
    power_cut: Timeline
    leak: Timeline
    probe_fault: Timeline
    silence: Timeline
    clock: Timeline
    calibrations: tuple[CalibrationEdit, ...]


def year_plan(seed: int, days: int = 365) -> YearPlan:
    """A hard year of a ward fridge."""

    def chance(kind: str) -> random.Random:
        return random.Random(f"fridge year {seed} {kind}")

    hour, day = 60.0, MINUTES_PER_DAY
    return YearPlan(
        days,
        thermostat=Timeline(_settings(chance("thermostat"), days)),
        door=Timeline(_again_and_again(chance("door"), days, every=3 * hour, lasts=(1.0, 40.0))),
        power_cut=Timeline(_again_and_again(chance("power"), days, every=10 * day, lasts=(20.0, 18 * hour))),
        leak=Timeline(_again_and_again(chance("leak"), days, every=120 * day, lasts=(5 * day, 15 * day))),
        probe_fault=Timeline(_again_and_again(chance("probe"), days, every=20 * day, lasts=(5.0, 12 * hour))),
        silence=Timeline(_again_and_again(chance("silence"), days, every=6 * day, lasts=(15.0, 12 * hour))),
        clock=Timeline(_wrong_clocks(chance("clock"), days)),
        calibrations=tuple(_calibrations(chance("calibration"), days)),
    )


def _again_and_again(
    chance: random.Random, days: int, every: float, lasts: tuple[float, float]
) -> Iterator[Occurrence]:
    """Each about ``every`` minutes after the one before; short ones are as many as ten times longer ones."""
    minute = chance.expovariate(1 / every)
    while minute < days * MINUTES_PER_DAY:
        length = math.exp(chance.uniform(*(math.log(limit) for limit in lasts)))
        yield Occurrence(minute, minute + length, chance.uniform(0.2, 1.0))
        minute += length + chance.expovariate(1 / every)


def _settings(chance: random.Random, days: int) -> Iterator[Occurrence]:
    """Every few days the coldest or the warmest air of a cycle comes close to another limit."""
    minute = 0.0
    while minute < days * MINUTES_PER_DAY:
        length = chance.uniform(2, 15) * MINUTES_PER_DAY
        inside = 1.0 if chance.choice(("warm", "cold")) == "cold" else -1.0  # half of the thermostat's cycle
        near = chance.choice(LIMITS) + inside + chance.gauss(0, 0.3)
        yield Occurrence(minute, minute + length, chance.choice((5.0, near, near)))
        minute += length


def _wrong_clocks(chance: random.Random, days: int) -> Iterator[Occurrence]:
    """Minutes by which the clock is off until it is set again; now and then a whole time zone."""
    for one in _again_and_again(chance, days, every=20 * MINUTES_PER_DAY, lasts=(30.0, 3 * MINUTES_PER_DAY)):
        off = chance.choice((chance.uniform(-200, 200), chance.uniform(-5, 5), 420.0, -420.0))
        yield Occurrence(one.begins, one.ends, off)


def _calibrations(chance: random.Random, days: int) -> Iterator[CalibrationEdit]:
    """From their issue on, from later on, or for the months before; two may be issued at one instant."""
    issued = 0.0
    for _ in range(chance.randint(3, 6)):
        later = chance.choice((0.0, 1.0, 1.0)) * chance.uniform(0.02, 0.25) * days * MINUTES_PER_DAY
        issued = min(issued + later, days * MINUTES_PER_DAY)
        begins = issued + chance.choice((0.0, -60.0, 14.0)) * chance.random() * MINUTES_PER_DAY
        ends = chance.choice((None, begins + chance.uniform(1, 120) * MINUTES_PER_DAY))
        yield CalibrationEdit(round(chance.uniform(-0.4, 0.4), chance.choice((1, 3))), begins, ends, issued)
