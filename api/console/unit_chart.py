"""The chart of a unit's page as ECharts options: late data dashed, bad readings marked, gaps hatched."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.console.alarm_words import short
from api.console.chart import Point, options
from api.console.condition import Limits
from api.console.incident_chart import HATCHED, areas
from api.console.unit_curve import Spot, UnitCurve, thinned
from api.console.unit_lanes import Span, Stretch
from api.console.visit import Visit
from api.console.wording import Wording

_EXCURSION, _LATE, _BAD = "rgba(220, 38, 38, 0.16)", "#7c3aed", "#b45309"
_MOST_MARKS = 60
# The clock of the hub's zone stands in "UTC" (chart.shift_of).
_TOOLTIP = """items => {
  const seen = items.filter(item => item.value && item.value[1] != null);
  if (!seen.length) return "";
  const at = new Date(seen[0].value[0]), two = number => String(number).padStart(2, "0");
  const day = `${two(at.getUTCDate())}/${two(at.getUTCMonth() + 1)}/${at.getUTCFullYear()}`;
  const text = value => value.toLocaleString("LOCALE", {maximumFractionDigits: 2}).replace("-", "−") + " °C";
  const told = item => item.data.told || item.seriesName + ": " + text(item.value[1]);
  const lines = new Set(seen.map(told));
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}\\n` + [...lines].join("\\n");
}"""


def drawn(visit: Visit, limits: Limits, curve: UnitCurve, span: Span, shift_ms: int) -> dict[str, Any]:
    """``shift_ms`` as ``chart.shift_of`` gives it."""
    say = visit.say
    spots = thinned(curve.spots)
    breaks = [one.start_ms + shift_ms for one in (*curve.unseen, *curve.bad)]
    in_time = _line(spots, breaks, shift_ms, late=False)
    made = options(visit, limits, in_time, (span[0] + shift_ms, span[1] + shift_ms))
    values = [spot.value for spot in spots]
    axis = made["yAxis"]
    axis["min"] = round(min([axis["min"], *(value - 0.5 for value in values)]))
    axis["max"] = round(max([axis["max"], *(value + 0.5 for value in values)]))
    made["visualMap"]["seriesIndex"] = 0
    locale = "vi-VN" if say.language == "vi" else "en-GB"
    del made["tooltip"][":valueFormatter"]
    made["tooltip"][":formatter"] = _TOOLTIP.replace("LOCALE", locale)
    made["series"] += [
        _late_series(say, _late_points(say, spots, breaks, shift_ms)),
        _bad_series(say, curve.bad, axis["min"], shift_ms),
        areas(say("alarm.excursion"), {"color": _EXCURSION}, _shifted(curve.outside, shift_ms)),
        areas(say("alarm.unseen"), {":color": HATCHED}, _shifted(curve.unseen, shift_ms)),
    ]
    return made


def _shifted(stretches: Iterable[Stretch], shift_ms: int) -> list[Span]:
    return [(one.start_ms + shift_ms, one.end_ms + shift_ms) for one in stretches]


def _line(spots: Sequence[Spot], breaks: Sequence[int], shift_ms: int, *, late: bool) -> list[Point]:
    """Points of those that were late or were not, broken where the others, or nothing, speak.

    A late stretch reaches to the points beside it, so that the two lines meet.
    """
    points: list[Point] = [[moment, None] for moment in breaks]
    for at, spot in enumerate(spots):
        mine = (spot.known_ms is not None) == late
        beside = spots[max(0, at - 1) : at + 2] if late else ()
        shown = mine or any(each.known_ms is not None for each in beside)
        points.append([spot.time_ms + shift_ms, spot.value if shown else None])
    return sorted(points, key=lambda point: point[0] or 0)


def _late_points(
    say: Wording, spots: Sequence[Spot], breaks: Sequence[int], shift_ms: int
) -> list[dict[str, Any]]:
    known = {spot.time_ms + shift_ms: spot for spot in spots if spot.known_ms is not None}
    if not known:
        return []
    found = []
    for point in _line(spots, breaks, shift_ms, late=True):
        spot = known.get(int(point[0] or 0))
        told = spot and say(
            "unit.late_point", value=say.degrees(spot.value), moment=short(say, spot.known_ms)
        )
        found.append({"value": point, "told": told or "", "symbol": "diamond" if spot else "none"})
    return found


def _late_series(say: Wording, points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": say("unit.late"),
        "type": "line",
        "data": points,
        "connectNulls": False,
        "symbolSize": 6,
        "showAllSymbol": len(points) <= _MOST_MARKS,
        "itemStyle": {"color": _LATE},
        "lineStyle": {"color": _LATE, "width": 2, "type": "dashed"},
    }


def _bad_series(say: Wording, bad: Sequence[Stretch], lowest: float, shift_ms: int) -> dict[str, Any]:
    """A cross at the foot where each stretch begins."""
    points = [
        {
            "value": [one.start_ms + shift_ms, lowest],
            "told": say("unit.bad_point", reason=say.named("bad", one.what), until=short(say, one.end_ms)),
        }
        for one in bad
    ]
    return {
        "name": say("unit.bad"),
        "type": "scatter",
        "data": points,
        "symbolSize": 1,
        "itemStyle": {"color": _BAD},
        "label": {
            "show": True,
            "formatter": "✕",
            "color": _BAD,
            "fontSize": 14,
            "fontWeight": "bold",
            "position": "top",
            "distance": 1,
        },
    }
