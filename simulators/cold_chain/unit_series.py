"""The life of one unit: its cabinet after the thermal model, under its faults, as its sensor measured it.

Pure: the same plan, faults and seed give the same samples, in the order of true time.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

from simulators.cold_chain.fridge import SENSOR_NOISE, room_temperature
from simulators.cold_chain.thermal import CABINETS, Cabinet, CabinetState, at_rest, step
from simulators.cold_chain.unit_faults import UnitFaults
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Sample

MINUTE_MS = 60_000
WINDOW_MINUTES = 15.0  # over which cce-interop sums mains, doors and compressors
SLICE_MINUTES = 5.0
ON_THE_GRID = frozenset({"cce", "table"})  # loggers; radios have a rhythm of their own
FULL, EMPTY = 96.0, 2.0  # %


def samples(plan: UnitPlan, faults: UnitFaults, seed: int, start_ms: int) -> Iterator[Sample]:
    """Without end; none while the sensor is silent."""
    chance = random.Random(f"unit {seed} {plan.id}")
    cabinet = CABINETS[plan.cabinet]
    state, minute = at_rest(cabinet, chance.uniform(-0.5, 0.5)), 0.0
    for due in _instants(plan, chance):
        minute, state = due, _lived(cabinet, state, faults, minute, due)
        if not faults.active("silence", minute):
            yield _sample(plan, faults, chance, state, minute, start_ms)


def _instants(plan: UnitPlan, chance: random.Random) -> Iterator[float]:
    """Minutes at which the sensor measures."""
    grid = plan.talker in ON_THE_GRID
    minute = 0.0 if grid else chance.uniform(0, plan.every_minutes)
    while True:
        yield minute
        minute += plan.every_minutes if grid else plan.every_minutes * chance.uniform(0.85, 1.0)


def _lived(
    cabinet: Cabinet, state: CabinetState, faults: UnitFaults, since: float, until: float
) -> CabinetState:
    """The state at ``until``; what begins or ends in a slice counts from its next one."""
    minute = since
    while minute < until:
        passed = min(SLICE_MINUTES, until - minute)
        state = step(
            _as_it_is(cabinet, faults, minute),
            state,
            passed,
            room_temperature(minute),
            door_open=faults.active("door", minute),
            powered=not (faults.active("power_cut", minute) or faults.active("compressor", minute)),
            longest_minutes=SLICE_MINUTES,
        )
        minute += passed
    return state


def _as_it_is(cabinet: Cabinet, faults: UnitFaults, minute: float) -> Cabinet:
    frozen, leak = faults.at("thermostat", minute), faults.at("leak", minute)
    if frozen is None and leak is None:
        return cabinet
    lost = 0.0 if leak is None else leak.strength * (minute - leak.begins) / (leak.ends - leak.begins)
    return replace(
        cabinet,
        setpoint=cabinet.setpoint - (frozen.strength if frozen else 0.0),
        cooling_per_minute=cabinet.cooling_per_minute * max(0.0, 1 - lost),
    )


def _sample(
    plan: UnitPlan,
    faults: UnitFaults,
    chance: random.Random,
    state: CabinetState,
    minute: float,
    start_ms: int,
) -> Sample:
    true_ms = start_ms + round(minute * MINUTE_MS)
    clock, door = faults.at("clock", minute), faults.at("door", minute)
    cut, opened = (
        60 * faults.timelines[kind].overlap(minute - WINDOW_MINUTES, minute) for kind in ("power_cut", "door")
    )
    celsius = state.probe + chance.gauss(0, SENSOR_NOISE)
    return Sample(
        true_ms,
        true_ms + round((clock.strength if clock else 0.0) * MINUTE_MS),
        None if faults.active("probe", minute) else celsius,
        room_temperature(minute),
        0.0 if door is None else 60 * (minute - door.begins),
        60 * WINDOW_MINUTES - cut,
        opened,
        (60 * WINDOW_MINUTES - cut) if state.compressor else 0.0,
        _battery(faults, minute),
    )


def _battery(faults: UnitFaults, minute: float) -> float:
    """Falls to nearly nothing until somebody brings a new one."""
    falling = faults.at("battery", minute)
    if falling is None:
        return FULL
    return FULL - (FULL - EMPTY) * (minute - falling.begins) / (falling.ends - falling.begins)
