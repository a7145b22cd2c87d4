"""Gates by local day as known up to a number of the log: pure, shared by both dialects.

Counted by the hour are the words that stand now. What came after the number is taken away, and what it
replaced is given back: so it costs what came since. An hour belongs to the local day in which it begins.
"""

from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple

from storage.gate_facts import GateChange
from storage.gates import COUNTED, HOUR_MS
from storage.lab_days import local_day
from storage.reporting import GateDayCount

HOURS_A_DAY = 24


class HourOf(NamedTuple):
    """The hour of a gate: ``hour`` since 1970-01-01T00Z."""

    hour: int
    site: str
    device: str
    zone: str


def hours_around(from_day: int, to_day: int) -> tuple[int, int]:
    """The first hour and the one after the last that may belong to these local days, in any zone."""
    return (from_day - 1) * HOURS_A_DAY, (to_day + 2) * HOURS_A_DAY


def by_day(
    hours: Iterable[tuple[HourOf, tuple[int, ...]]],
    changes: Iterable[GateChange],
    zone: tzinfo,
    days: tuple[int, int],
) -> list[GateDayCount]:
    """By day, site, device and zone; days without any count are left out."""
    sums: dict[HourOf, list[int]] = {}
    for hour, counts in hours:
        known = sums.setdefault(hour, [0] * len(COUNTED))
        sums[hour] = [one + more for one, more in zip(known, counts, strict=True)]
    for cell, counted, delta in changes:
        hour = HourOf(cell.hour, cell.site, cell.device, cell.zone)
        sums.setdefault(hour, [0] * len(COUNTED))[counted] += delta
    return _days(sums, zone, days)


def _days(sums: dict[HourOf, list[int]], zone: tzinfo, days: tuple[int, int]) -> list[GateDayCount]:
    day_of = {hour: local_day(hour * HOUR_MS, zone) for hour in {key.hour for key in sums}}
    found: dict[tuple[int, str, str, str], list[int]] = {}
    for (hour, *gate), counts in sums.items():
        if days[0] <= day_of[hour] <= days[1]:
            key = (day_of[hour], gate[0], gate[1], gate[2])
            known = found.get(key, [0] * len(COUNTED))
            found[key] = [one + more for one, more in zip(known, counts, strict=True)]
    return [GateDayCount(*key, tuple(counts)) for key, counts in sorted(found.items()) if any(counts)]
