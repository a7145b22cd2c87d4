"""The chart of an incident: readings around it, limits, the excursion shaded, what nobody saw hatched."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from api.console.chart import Point, options
from api.console.condition import Limits
from api.console.visit import Visit
from api.console.wording import ms_of
from hub.alarms.rules import Condition, Rule
from storage.contract import ReadingFilter, Row, StoreReader

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MOST_POINTS = 1000
_USUAL_HOLD_MS = 1_800_000  # of the rules that come with the hub, where the rule is not known
_STEPS_MS = (10_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, HOUR_MS, 6 * HOUR_MS, DAY_MS)
_EXCURSION, _LINE = "rgba(220, 38, 38, 0.16)", "#dc2626"
# Stripes of a pattern: ECharts has no hatching for areas.
HATCHED = """(() => {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = "rgba(100, 116, 139, 0.75)";
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (const from of [-8, 0, 8]) { pen.moveTo(from, 8); pen.lineTo(from + 8, 0); }
  pen.stroke();
  return {image: tile, repeat: "repeat"};
})()"""
Span = tuple[int, int]


def span_of(start_ms: int, end_ms: int, now_ms: int) -> Span:
    """What the chart shows: the episode, and before and behind a quarter of an hour, or of its length."""
    beside = max(HOUR_MS // 4, (end_ms - start_ms) // 4)
    return start_ms - beside, max(start_ms + 1, min(now_ms, end_ms + beside))


def step_of(span: Span) -> int:
    """So long that the chart has at most ``MOST_POINTS``."""
    length = span[1] - span[0]
    days = 1 + length // (DAY_MS * (MOST_POINTS - 2))  # of what was left open for years
    return next((step for step in _STEPS_MS if length // step < MOST_POINTS - 2), days * DAY_MS)


def gaps(times: Sequence[int], span: Span, hold_ms: int) -> list[Span]:
    """Where no reading speaks: a reading does for ``hold_ms``. ``times`` in order."""
    if not times:
        return [span]
    found = [(span[0], times[0])] if times[0] - span[0] > hold_ms else []
    found += [(one + hold_ms, other) for one, other in pairwise(times) if other - one > hold_ms]
    return found + ([(times[-1] + hold_ms, span[1])] if span[1] - times[-1] > hold_ms else [])


def worst_of(rule: Rule | None) -> str:
    """Which figure of a step: a peak must not vanish in a mean."""
    if rule is None or not isinstance(rule.when, Condition):
        return "mean"
    return "min" if rule.when.operator in ("<", "<=") else "max"


async def readings(reader: StoreReader, device: str, metric: str, span: Span) -> list[Row]:
    """Steps of the span; raises StoreUnavailable."""
    narrowed = ReadingFilter(device, metric, span[0], span[1] + 1, step_of(span))
    return (await reader.readings(narrowed, limit=MOST_POINTS, cursor=None)).items


def drawn(
    visit: Visit,
    limits: Limits,
    rule: Rule | None,
    steps: Sequence[Row],
    *,
    episode: Span,
    span: Span,
    shift_ms: int,
) -> dict[str, Any]:
    """ECharts options; ``shift_ms`` as ``chart.shift_of`` gives it."""
    figure, step_ms = worst_of(rule), step_of(span)
    hold_ms = max(rule.hold_ms if rule else _USUAL_HOLD_MS, 2 * step_ms)
    measured = ((ms_of(row["time"]) or 0, row.get(figure)) for row in steps)
    seen = [(time + step_ms // 2, value) for time, value in measured if value is not None]
    unseen = gaps([time for time, _ in seen], span, hold_ms)
    points: list[Point] = [[time + shift_ms, value] for time, value in seen]
    points += [[begin + shift_ms, None] for begin, _ in unseen]  # no line over what nobody saw
    points.sort(key=lambda point: point[0] or 0)
    made = options(visit, limits, points, (span[0] + shift_ms, span[1] + shift_ms))
    made["visualMap"]["seriesIndex"] = 0
    threshold = _threshold(rule, limits)
    if threshold is not None:
        _draw_threshold(made, threshold)
    shaded = [(episode[0] + shift_ms, episode[1] + shift_ms)]
    hatched = [(begin + shift_ms, end + shift_ms) for begin, end in unseen]
    made["series"] += [
        areas(visit.say("alarm.excursion"), {"color": _EXCURSION}, shaded),
        areas(visit.say("alarm.unseen"), {":color": HATCHED}, hatched),
    ]
    return made


def _threshold(rule: Rule | None, limits: Limits) -> float | None:
    """The rule's own, where it is another than the limits of the storage; of a rule on temperature."""
    if rule is None or not isinstance(rule.when, Condition) or not rule.metric.startswith("temp."):
        return None
    threshold = rule.when.threshold / 1000
    return None if threshold in (limits.low, limits.high) else threshold


def _draw_threshold(made: dict[str, Any], threshold: float) -> None:
    line = {"yAxis": threshold, "lineStyle": {"color": _LINE, "type": "dotted", "width": 1.5}}
    made["series"][0]["markLine"]["data"].append(line)
    made["yAxis"]["min"] = min(made["yAxis"]["min"], round(threshold - 1))
    made["yAxis"]["max"] = max(made["yAxis"]["max"], round(threshold + 1))


def areas(name: str, style: dict[str, Any], spans: Sequence[Span]) -> dict[str, Any]:
    """A series that shades spans of time and nothing else."""
    shaded = [[{"xAxis": begin}, {"xAxis": end}] for begin, end in spans]
    shown = {"silent": True, "itemStyle": style, "data": shaded}
    return {"name": name, "type": "line", "data": [], "tooltip": {"show": False}, "markArea": shown}
