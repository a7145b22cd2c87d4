"""Readings and stretches as tests write them: minutes, and degrees."""

from collections.abc import Iterable

from hub.alarms.readings import Reading
from hub.exposure.stretches import Span, Stretch

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HOLD = 30 * MINUTE


def reading(minute: float, degrees: float | None, quality: str = "GOOD") -> Reading:
    value = None if degrees is None else round(degrees * 1000)
    return Reading(round(minute * MINUTE), value, quality)  # type: ignore[arg-type]


def every(minutes: int, degrees: Iterable[float], begin: int = 0) -> list[Reading]:
    return [reading(begin + place * minutes, value) for place, value in enumerate(degrees)]


def stay(hours: float, degrees: float, begin_hours: float = 0) -> Stretch:
    return Stretch(round(begin_hours * HOUR), round((begin_hours + hours) * HOUR), round(degrees * 1000))


def span(hours: float) -> Span:
    return 0, round(hours * HOUR)
