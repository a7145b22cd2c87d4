"""A year of one cabinet: what its sensor measured, by the sensor's own clock, and what its power meter did.

Pure: the thermal model lives through a ``YearPlan``. Values are °C, or seconds of mains in 15 minutes.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from simulators.cold_chain.fridge import SENSOR_NOISE, room_temperature
from simulators.cold_chain.thermal import CABINETS, Cabinet, at_rest, step
from simulators.cold_chain.year_plan import MINUTES_PER_DAY, YearPlan

Quality = Literal["GOOD", "UNCERTAIN", "BAD"]

EPOCH_MS = 1_609_459_200_000  # 2021-01-01T00:00:00Z: when the year begins
MINUTE_MS = 60_000
POWER_MINUTES = 15.0
SLICE_MINUTES = 5.0  # coarser than a demo's: nobody looks, and a year has a hundred thousand of them
RESOLUTIONS = (0.1, 0.0625, 0.01)  # °C of loggers, of DS18B20, of Zigbee sensors
FLICKER = 0.8  # of the readings of a faulty probe are bad
UNCERTAIN = 0.01


@dataclass(frozen=True, slots=True)
class Measurement:
    """``time_ms``: what the sensor's clock says; ``true_ms``: when it was; ``value`` None: there is none."""

    time_ms: int
    true_ms: int
    value: float | None
    quality: Quality


def temperatures(plan: YearPlan, seed: int, every_minutes: float = 12.0) -> Iterator[Measurement]:
    """About every ``every_minutes``, to the millisecond, unless the sensor is silent."""
    chance = random.Random(f"temperatures {seed}")
    resolution = chance.choice(RESOLUTIONS)
    cabinet, minute = CABINETS["fridge"], 0.0
    state = at_rest(cabinet)
    while True:
        passed = every_minutes * chance.choice((1.0, 1.0, 1.0, 0.5)) + chance.gauss(0, 0.05)
        minute += passed
        if minute >= plan.days * MINUTES_PER_DAY:
            return
        state = step(
            _as_it_is(cabinet, plan, minute),
            state,
            passed,
            room_temperature(minute),
            door_open=plan.door.at(minute) is not None,
            powered=plan.power_cut.at(minute) is None,
            longest_minutes=SLICE_MINUTES,
        )
        if plan.silence.at(minute) is None:
            shown = round((state.probe + chance.gauss(0, SENSOR_NOISE)) / resolution) * resolution
            yield _measured(plan, chance, minute, shown)


def mains(plan: YearPlan, seed: int) -> Iterator[Measurement]:
    """Seconds of mains in every 15 minutes, 0 to 900, some seconds after they are over."""
    chance = random.Random(f"mains {seed}")
    for number in range(1, int(plan.days * MINUTES_PER_DAY / POWER_MINUTES)):
        end = number * POWER_MINUTES
        cut = plan.power_cut.overlap(end - POWER_MINUTES, end)
        if plan.silence.at(end) is None:
            time_ms = _milliseconds(end + chance.uniform(0.02, 0.4))
            yield Measurement(time_ms, time_ms, float(round(60 * (POWER_MINUTES - cut))), "GOOD")


def _as_it_is(cabinet: Cabinet, plan: YearPlan, minute: float) -> Cabinet:
    """As its thermostat is set; the further a leak is, the less it cools, until somebody repairs it."""
    setting, leak = plan.thermostat.at(minute), plan.leak.at(minute)
    lost = 0.0 if leak is None else leak.strength * (minute - leak.begins) / (leak.ends - leak.begins)
    return replace(
        cabinet,
        setpoint=cabinet.setpoint if setting is None else setting.strength,
        cooling_per_minute=cabinet.cooling_per_minute * (1 - lost),
    )


def _measured(plan: YearPlan, chance: random.Random, minute: float, shown: float) -> Measurement:
    clock = plan.clock.at(minute)
    true_ms = _milliseconds(minute)
    time_ms = true_ms + round((clock.strength if clock else 0.0) * MINUTE_MS)
    if plan.probe_fault.at(minute) is not None and chance.random() < FLICKER:
        # Some faulty probes still tell a number; it must not be believed.
        return Measurement(time_ms, true_ms, chance.choice((None, 85.0, -127.0)), "BAD")
    return Measurement(time_ms, true_ms, shown, "UNCERTAIN" if chance.random() < UNCERTAIN else "GOOD")


def _milliseconds(minute: float) -> int:
    return EPOCH_MS + math.floor(minute * MINUTE_MS)
