"""A simulated fridge-year as it reaches the alarms, and the rules by which it is judged. Plain data."""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

from simulators.cold_chain.deliveries import Delivery, deliveries
from simulators.cold_chain.fridge_year import EPOCH_MS, MINUTE_MS, mains, temperatures
from simulators.cold_chain.year_plan import CalibrationEdit, year_plan
from tests.alarm_reference.readings import Calibration, Reading, Rule, thousandths

TEMPERATURE, POWER = "temp.vaccine", "power.available_s"
SECOND, HOUR = 1000, 3_600_000


class Judged(NamedTuple):
    """A rule on one metric; ``code`` and ``version`` name it."""

    code: str
    version: str
    metric: str
    rule: Rule


class Arrival(NamedTuple):
    """What a sensor told of one metric, in its unit, and when it came; ``late``: with a backlog."""

    received: int
    metric: str
    time: int
    value: float | None
    quality: str
    late: bool = False

    @property
    def reading(self) -> Reading:
        return Reading(self.time, thousandths(self.value), self.quality)


class FridgeYear(NamedTuple):
    """``arrivals`` in the order in which they come; ``calibrations`` are of the temperature."""

    seed: int
    begins: int
    ends: int
    arrivals: list[Arrival]
    calibrations: list[Calibration]

    def calibrations_at(self, now: int) -> list[Calibration]:
        """Those that are known then."""
        return [one for one in self.calibrations if one.issued <= now]


def fridge_year(seed: int, days: int = 365) -> FridgeYear:
    """The year of one cabinet, its temperature and its mains."""
    plan = year_plan(seed, days)
    came = [_arrival(TEMPERATURE, one) for one in deliveries(temperatures(plan, seed), seed)]
    came += [_arrival(POWER, one) for one in deliveries(mains(plan, seed), -seed)]
    end = EPOCH_MS + days * 24 * HOUR
    edits = [_calibration(edit) for edit in plan.calibrations]
    return FridgeYear(seed, EPOCH_MS, end, sorted(came, key=lambda one: one.received), edits)


def rules(year: FridgeYear, now: int) -> list[Judged]:
    """As they are known then, strict and lax, quick and slow; WARM has four versions."""
    quarters = [year.begins + (year.ends - year.begins) * quarter // 4 for quarter in (1, 2, 3)]
    return _rules(tuple(quarter for quarter in quarters if quarter <= now))


@cache
def _rules(changes: tuple[int, ...]) -> list[Judged]:
    hold, grave = 1800 * SECOND, ((4 * HOUR, "critical"),)
    temperature = {
        "HEAT": Rule((">", 8000), 10 * HOUR, hold, "critical", ("<=", 7500), 900 * SECOND),
        "HEAT_EARLY": Rule((">", 8000), HOUR, hold, "warning", steps=grave),
        "BRIDGED": Rule((">", 8000), 2 * HOUR, hold, "info", ("<=", 7500), 900 * SECOND, bridge=4 * HOUR),
        "FRZE": Rule(("<=", -500), HOUR, hold, "critical", (">", 500)),
        "LOW": Rule(("<", 2000), HOUR, hold, "info", (">=", 2000), HOUR // 2, ((2 * HOUR, "critical"),)),
        "TOUCHED": Rule((">=", 8000), 0, hold, "info", clear_lasts=300 * SECOND),
        "EXACTLY": Rule(("==", 8000), 0, hold, "info", bridge=HOUR),
        "PROBE": Rule("bad", 600 * SECOND, hold, "warning"),
        "PROBE_BRIDGED": Rule("bad", HOUR, hold // 2, "info", clear_lasts=1200 * SECOND, bridge=HOUR // 2),
        "NODATA": Rule("silent", 2700 * SECOND, hold, "warning", steps=grave),
    }
    meter = {
        "POWER": Rule(("==", 0), HOUR // 2, 2700 * SECOND, "warning", (">", 600_000), steps=grave),
        "METER": Rule("silent", HOUR, 2700 * SECOND, "info"),
    }
    return [
        *(Judged(code, "fridge@1", TEMPERATURE, rule) for code, rule in temperature.items()),
        *(Judged(code, "fridge@1", POWER, rule) for code, rule in meter.items()),
        *(Judged("WARM", version, TEMPERATURE, rule) for version, rule in _versions(changes).items()),
    ]


def _versions(changes: tuple[int, ...]) -> dict[str, Rule]:
    """Of a rule that is changed three times a year: the last one known is open."""
    warm = Rule((">", 7500), HOUR // 2, 1800 * SECOND, "info", ("<=", 7000), 300 * SECOND)
    versions = {}
    for number, (begins, ends) in enumerate(pairwise([None, *changes, None])):
        rule = warm._replace(begins=begins, ends=ends)
        stricter = rule._replace(when=(">", 7800), lasts=HOUR)
        versions[f"fridge@{number + 1}"] = stricter if number % 2 else rule
    return versions


def _arrival(metric: str, one: Delivery) -> Arrival:
    measured = one.measurement
    return Arrival(one.received_ms, metric, measured.time_ms, measured.value, measured.quality, one.late)


def _calibration(edit: CalibrationEdit) -> Calibration:
    offset = thousandths(edit.offset)
    assert offset is not None
    ends = None if edit.ends is None else _milliseconds(edit.ends)
    return Calibration(offset, _milliseconds(edit.begins), ends, _milliseconds(edit.issued))


def _milliseconds(minute: float) -> int:
    return EPOCH_MS + round(minute * MINUTE_MS)
