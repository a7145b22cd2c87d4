"""What a unit's vaccines were exposed to, as the API and reports give it."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from api.unit_readings import ColdUnit
from hub.events import format_time
from hub.exposure.excursions import Excursion
from hub.exposure.held_time import HeldTime
from hub.exposure.mean_kinetic_temperature import mean_kinetic_temperature
from hub.exposure.stretches import Span, Stretch
from hub.exposure.thaw_clock import FREEZES_AT
from hub.exposure.unit_exposure import UnitExposure, hottest_window
from hub.exposure.vial_monitor import VVM_TYPES, life_lost

EXPOSURE_TYPE = "coldchain.exposure"
_MINUTE_MS = 60_000
EXAMPLE_FIGURES: dict[str, Any] = {
    "minutes": 43200,
    "completeness_percent": 99.3,
    "unseen_minutes": 302,
    "inside_minutes": 42855,
    "above_minutes": 43,
    "below_minutes": 0,
    "inside_percent_of_seen": 99.89,
    "min": 3.1,
    "max": 9.4,
    "mean": 4.9,
    "mean_kinetic": 4.97,
    "freezing_minutes": 0,
}


def percent(share: Fraction) -> float:
    """With two decimals, rounded towards zero: what is not all is never told as 100 %."""
    return int(share * 10_000) / 100


def figures(held: HeldTime, found: UnitExposure) -> dict[str, Any]:
    """Time in minutes, rounded down; temperatures in °C; shares in percent of the time that was seen."""
    shares, seen = found.shares, held.seen_ms
    kinetic = mean_kinetic_temperature(held)
    inside = percent(Fraction(shares.inside_ms, seen)) if seen else None
    return {
        "minutes": held.span_ms // _MINUTE_MS,
        "completeness_percent": percent(held.completeness),
        "unseen_minutes": shares.unseen_ms // _MINUTE_MS,
        "inside_minutes": shares.inside_ms // _MINUTE_MS,
        "above_minutes": shares.above_ms // _MINUTE_MS,
        "below_minutes": shares.below_ms // _MINUTE_MS,
        "inside_percent_of_seen": inside,
        "min": degrees(held.least),
        "max": degrees(held.greatest),
        "mean": None if held.mean is None else round(float(held.mean) / 1000, 2),
        "mean_kinetic": None if kinetic is None else round(kinetic, 2),
        "freezing_minutes": held.at_most(FREEZES_AT) // _MINUTE_MS
        if found.allowed.low > FREEZES_AT
        else None,
    }


def degrees(thousandths: int | None) -> float | None:
    return None if thousandths is None else thousandths / 1000


def excursion_row(one: Excursion) -> dict[str, Any]:
    return {
        "side": one.side,
        "from": format_time(one.from_ms),
        "to": format_time(one.to_ms),
        "minutes": one.length_ms // _MINUTE_MS,
        "peak": degrees(one.peak),
        "degree_hours": round(float(one.degree_hours), 3),
    }


def exposure_row(
    unit: ColdUnit, found: UnitExposure, held: Sequence[Stretch], window_ms: int
) -> dict[str, Any]:
    """The answer about one unit; ``held`` is what ``found`` was made of."""
    hottest = hottest_window(held, found.span, window_ms)
    return {
        "id": unit.device,
        "type": EXPOSURE_TYPE,
        "site": unit.site or None,
        "device": unit.device,
        "time": format_time(found.span[0]),
        "received": format_time(found.span[1]),
        "from": format_time(found.span[0]),
        "to": format_time(found.span[1]),
        "metric": unit.metric,
        "profile": unit.rules or unit.profile or None,
        "low": degrees(unit.allowed.low),
        "high": degrees(unit.allowed.high),
        "hold_seconds": unit.hold_ms // 1000,
        **figures(found.held, found),
        "hottest_window": None if hottest is None else _window(*hottest),
        "vvm_life_lost_percent": {
            vvm: round(life_lost(found.held, vvm) * 100, 3) for vvm in VVM_TYPES if found.held.seen_ms
        },
        "excursions": [excursion_row(one) for one in found.excursions],
        "gaps": [{"from": format_time(begin), "to": format_time(end)} for begin, end in found.gaps],
    }


def _window(span: Span, kinetic: float) -> dict[str, Any]:
    return {
        "from": format_time(span[0]),
        "to": format_time(span[1]),
        "mean_kinetic": round(kinetic, 2),
    }
