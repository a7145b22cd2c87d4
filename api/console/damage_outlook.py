"""How each unit goes on: its trend, and how long until a critical rule is raised."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from api.console.condition import FUTURE_MS
from api.console.standing_alarms import AlarmDesk, OpenAlarms
from api.console.wording import ms_of
from hub.alarms.readings import Reading, thousandths
from hub.alarms.rules import Condition, Rule
from hub.alarms.time_to_damage import (
    Damage,
    Point,
    Trend,
    critical_after_ms,
    next_damage,
    run_since,
    trend_of,
)
from hub.payloads import Quality
from storage.contract import ReadingFilter, Row, StoreReader

HOLDOVER, POWER = "holdover", "power.available_s"
TREND_MS = 7_200_000
STEP_MS = 300_000
MOST_DEVICES = 200  # that one query of curves may name
_MOST_READINGS = 20_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of one unit: the earliest damage of all its probes, and the trend of that probe."""

    damage: Damage | None = None
    trend: Trend | None = None


class _Series(NamedTuple):
    device: Row
    latest: Row
    rules: list[Rule]


class Outlooks:
    """Reads what it takes: curves of all units at once, single readings only of those out of range."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader

    async def read(
        self, latest: Sequence[Row], fleet: Sequence[Row], desk: AlarmDesk, alarms: OpenAlarms, now_ms: int
    ) -> dict[str, Outlook]:
        """By device; raises StoreUnavailable."""
        found: dict[str, Outlook] = {}
        watched = list(_watched(latest, fleet, desk))
        points = await self._points(watched, now_ms)
        raised, cold_left = _raised(alarms), _cold_left(latest)
        for series in watched:
            name, metric = str(series.latest["device"]), str(series.latest["metric"])
            trend = _corrected(trend_of(points.get((name, metric), [])), desk, name, metric)
            known = raised.get((name, metric), {})
            runs = await self._runs(series, desk, now_ms, known)
            damage = next_damage(series.rules, runs, trend, raised=known, warm_at_ms=cold_left.get(name))
            found[name] = _earlier(found.get(name), Outlook(damage, trend))
        return found

    async def _points(self, watched: Sequence[_Series], now_ms: int) -> Mapping[tuple[str, str], list[Point]]:
        by_metric: defaultdict[str, set[str]] = defaultdict(set)
        for series in watched:
            by_metric[str(series.latest["metric"])].add(str(series.latest["device"]))
        found: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
        for metric, names in by_metric.items():
            ordered = sorted(names)
            for first in range(0, len(ordered), MOST_DEVICES):
                asked = tuple(ordered[first : first + MOST_DEVICES])
                wanted = ReadingFilter(asked, metric, now_ms - TREND_MS, now_ms + FUTURE_MS, STEP_MS)
                for curve in await self._reader.curves(wanted):
                    middles = (time + STEP_MS // 2 for time in curve.time_ms)
                    found[curve.device, metric] += zip(middles, curve.mean, strict=True)
        return {name: sorted(points) for name, points in found.items()}

    async def _runs(
        self, series: _Series, desk: AlarmDesk, now_ms: int, raised: Mapping[str, int]
    ) -> dict[str, int]:
        """By code, since when a run goes on that is not raised; read only where the newest violates."""
        name, metric = str(series.latest["device"]), str(series.latest["metric"])
        value = thousandths(series.latest.get("value"))
        time_ms = ms_of(series.latest["time"]) or 0
        offset = desk.offsets(name, metric).period(time_ms).offset
        if value is None or time_ms > now_ms + FUTURE_MS:
            return {}
        broken = [rule for rule in series.rules if rule.code not in raised and _holds(rule, value + offset)]
        if not broken:
            return {}
        longest_ms = max((critical_after_ms(rule) or 0) + 2 * rule.hold_ms for rule in broken)
        known = await self._known(name, metric, now_ms - longest_ms, now_ms)
        since = {rule.code: run_since(rule, known, now_ms, desk.offsets(name, metric)) for rule in broken}
        return {code: start for code, start in since.items() if start is not None}

    async def _known(self, device: str, metric: str, from_ms: int, to_ms: int) -> list[Reading]:
        rows = await self._reader.history(
            device, metric, from_ms=from_ms, to_ms=to_ms + 1, limit=_MOST_READINGS
        )
        qualities: list[Quality] = [row.quality for row in rows]
        return [
            Reading(row.time_ms, thousandths(row.value), quality)
            for row, quality in zip(rows, qualities, strict=True)
        ]


def _watched(latest: Sequence[Row], fleet: Sequence[Row], desk: AlarmDesk) -> list[_Series]:
    """Every series on which a critical rule on a temperature looks."""
    devices = {row["id"]: row for row in fleet}
    found = []
    for row in latest:
        device = devices.get(row["device"], {"id": row["device"]})
        rules = [
            rule for rule in desk.watching(device, str(row["metric"])) if critical_after_ms(rule) is not None
        ]
        if rules and row.get("unit") == "Cel":
            found.append(_Series(device, row, rules))
    return found


def _holds(rule: Rule, value: int) -> bool:
    return isinstance(rule.when, Condition) and rule.when.holds(value)


def _raised(alarms: OpenAlarms) -> Mapping[tuple[str, str], dict[str, int]]:
    """By device and metric, when each rule was raised of which an incident goes on."""
    found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in alarms.rows:
        if row["cleared"] is None and row["severity"] == "critical" and not row["withdrawn"]:
            found[str(row["device"]), str(row["metric"])][str(row["kind"])] = ms_of(row["raised"]) or 0
    return found


def _cold_left(latest: Sequence[Row]) -> dict[str, int]:
    """By device, until when its cold lasts: of those whose power is out and that say how long."""
    out = {row["device"] for row in latest if row["metric"] == POWER and row.get("value") == 0}
    return {
        str(row["device"]): (ms_of(row["time"]) or 0) + round(row["value"] * _DAY_MS)
        for row in latest
        if row["metric"] == HOLDOVER and row["device"] in out and row.get("value") is not None
    }


def _corrected(trend: Trend | None, desk: AlarmDesk, device: str, metric: str) -> Trend | None:
    if trend is None:
        return None
    offset = desk.offsets(device, metric).period(trend.at_ms).offset
    return Trend(trend.at_ms, trend.level + offset / 1000, trend.slope)


def _earlier(one: Outlook | None, other: Outlook) -> Outlook:
    if one is None or one.damage is None:
        return other if one is None or other.damage is not None else one
    return other if other.damage is not None and other.damage.at_ms < one.damage.at_ms else one
