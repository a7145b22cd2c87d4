"""Temperature charts: the limits shaded, gaps left open, times in the hub's zone."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from api.console.condition import Limits
from api.console.visit import Visit
from api.console.wording import ms_of
from storage.contract import Row

_MARGIN = 1.5
_SPEAKS_MS = 1_800_000  # as long as a reading speaks by the packaged profiles
_LINE, _OUTSIDE = "#0ea5a4", "#dc2626"
_BAND, _LIMIT = "rgba(34, 197, 94, 0.13)", "#94a3b8"
Point = list[float | int | None]


def points(steps: Sequence[Row], step_ms: int, latest: Row | None, shift_ms: int) -> list[Point]:
    """Means at the middle of their step, and the newest value; a silence is a gap."""
    seen = [((ms_of(row["time"]) or 0) + step_ms // 2 + shift_ms, row.get("mean")) for row in steps]
    if latest is not None and latest.get("value") is not None and latest.get("quality") != "BAD":
        at = (ms_of(latest["time"]) or 0) + shift_ms
        seen = [*(each for each in seen if each[0] < at), (at, latest["value"])]
    silence_ms = _silence([time for time, _ in seen], step_ms)
    found: list[Point] = []
    for time, value in seen:
        before = found[-1][0] if found else None
        if before is not None and time - before > silence_ms:
            found.append([int(before) + 1, None])  # breaks the line: nobody knows what was between
        found.append([time, value])
    return found


def _silence(times: Sequence[int], step_ms: int) -> float:
    """Two missed steps; of a sensor that speaks less often two missed readings, half an hour at most."""
    paces = [later - earlier for earlier, later in pairwise(times)]
    return max(2.5 * step_ms, min(2.5 * median(paces), _SPEAKS_MS)) if paces else 2.5 * step_ms


def options(visit: Visit, limits: Limits, drawn: Sequence[Point], span: tuple[int, int]) -> dict[str, Any]:
    """ECharts options; ``span``: first and last moment in ms, shifted like the points."""
    number = "vi-VN" if visit.say.language == "vi" else "en-GB"
    shown = f"value.toLocaleString('{number}', {{maximumFractionDigits: 1}}).replace('-', '−') + ' °C'"
    text = f"value => value == null ? '—' : {shown}"
    ink, rule = ("#cbd5e1", "#334155") if visit.dark else ("#64748b", "#e2e8f0")
    values = [point[1] for point in drawn if point[1] is not None]
    return {
        "animation": False,
        "textStyle": {"fontFamily": "Roboto, sans-serif"},
        "useUTC": True,
        "grid": {"left": 52, "right": 12, "top": 12, "bottom": 24},
        "tooltip": {"trigger": "axis", "renderMode": "richText", ":valueFormatter": text, "confine": True},
        "xAxis": {
            "type": "time",
            "min": span[0],
            "max": span[1],
            "splitNumber": 4,
            "axisLabel": {"color": ink, "hideOverlap": True, "formatter": _TIMES},
            "axisLine": {"lineStyle": {"color": rule}},
        },
        "yAxis": {
            "type": "value",
            "min": round(min([limits.low - _MARGIN, *(value - 0.5 for value in values)])),
            "max": round(max([limits.high + _MARGIN, *(value + 0.5 for value in values)])),
            "splitNumber": 3,
            "axisLabel": {"color": ink, ":formatter": text, "showMinLabel": False, "showMaxLabel": False},
            "splitLine": {"lineStyle": {"color": rule}},
        },
        "visualMap": _excursions(limits),
        "series": [_series(visit, limits, drawn)],
    }


def _excursions(limits: Limits) -> dict[str, Any]:
    """Draws what lies outside the limits in red."""
    outside = [{"gt": limits.high, "color": _OUTSIDE}, {"lt": limits.low, "color": _OUTSIDE}]
    inside = {"gte": limits.low, "lte": limits.high, "color": _LINE}
    return {"show": False, "type": "piecewise", "dimension": 1, "pieces": [*outside, inside]}


_DAY, _TIME = "{dd}/{MM}", "{HH}:{mm}"
_TIMES = {
    "year": _DAY,
    "month": _DAY,
    "day": _DAY,
    "hour": _TIME,
    "minute": _TIME,
    "second": "{HH}:{mm}:{ss}",
}


def _series(visit: Visit, limits: Limits, drawn: Sequence[Point]) -> dict[str, Any]:
    line = {"silent": True, "symbol": "none", "label": {"show": False}}
    style = {"color": _LIMIT, "type": "dashed", "width": 1}
    return {
        "name": visit.say("cold.temperature"),
        "type": "line",
        "data": list(drawn),
        "connectNulls": False,
        "showSymbol": len(drawn) < 4,
        "symbolSize": 5,
        "lineStyle": {"width": 2},
        "markArea": {
            "silent": True,
            "itemStyle": {"color": _BAND},
            "data": [[{"yAxis": limits.low}, {"yAxis": limits.high}]],
        },
        "markLine": line | {"lineStyle": style, "data": [{"yAxis": limits.low}, {"yAxis": limits.high}]},
    }


def shift_of(visit: Visit, now_ms: int) -> int:
    """What to add to Unix ms so that a chart in "UTC" shows the hub's wall clock."""
    offset = datetime.fromtimestamp(now_ms / 1000, visit.say.zone).utcoffset()
    return round(offset.total_seconds() * 1000) if offset else 0
