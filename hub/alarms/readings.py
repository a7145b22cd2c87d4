"""Readings and calibrations as rules see them: whole milliseconds and whole thousandths."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from hub.payloads import Quality


class Series(NamedTuple):
    """What one curve shows."""

    device: str
    metric: str


class Reading(NamedTuple):
    """``value`` raw, in thousandths of the metric's unit; None when there is none."""

    time_ms: int
    value: int | None
    quality: Quality = "GOOD"


@dataclass(frozen=True, slots=True)
class Calibration:
    """``offset`` (thousandths) is added to values of ``[from_ms, to_ms)``; the one issued last counts."""

    offset: int
    from_ms: int
    to_ms: int | None  # None: open
    issued_ms: int


GREATEST = 10**15  # thousandths: nothing that is measured is near, and a double still has whole ones


def thousandths(value: float | None) -> int | None:
    """The nearest whole thousandth of ``value * 1000`` (half to even); None for none and beyond GREATEST."""
    scaled = math.nan if value is None else value * 1000
    return round(scaled) if -GREATEST <= scaled <= GREATEST else None
