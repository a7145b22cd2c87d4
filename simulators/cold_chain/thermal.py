"""A cabinet as an RC circuit: heat leaks in, a compressor with hysteresis pumps it out, a probe lags behind.

Pure: no clock, no chance. Times are minutes, temperatures °C. Each step is solved exactly for
constant inputs, so any length of step is stable.
"""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What stays the same. ``leak_minutes`` is the time constant towards the room with a closed door,
    ``door_minutes`` the one that an open door adds; ``cooling_per_minute`` is the compressor's pull."""

    setpoint: float
    deadband: float
    leak_minutes: float
    door_minutes: float
    cooling_per_minute: float
    probe_minutes: float


# A ward fridge warms from 5 °C by about 3 °C an hour without power; foam of freezers is thicker.
CABINETS = {
    "fridge": Cabinet(5.0, 2.0, 480.0, 22.0, 0.20, 2.0),
    "freezer": Cabinet(-20.0, 3.0, 1200.0, 40.0, 0.16, 2.0),
    "ultra_low": Cabinet(-70.0, 4.0, 2400.0, 60.0, 0.14, 3.0),
}


@dataclass(frozen=True, slots=True)
class CabinetState:
    """What changes: air and probe in °C, and whether the compressor runs."""

    air: float
    probe: float
    compressor: bool = False


def at_rest(cabinet: Cabinet, offset: float = 0.0) -> CabinetState:
    """A cabinet that has long been on, ``offset`` °C away from its setpoint."""
    return CabinetState(cabinet.setpoint + offset, cabinet.setpoint + offset)


def step(
    cabinet: Cabinet,
    state: CabinetState,
    minutes: float,
    room: float,
    *,
    door_open: bool = False,
    powered: bool = True,
    longest_minutes: float = 1.0,
) -> CabinetState:
    """The state ``minutes`` later; it is cut at ``longest_minutes``: in between the thermostat can switch."""
    remaining = minutes
    while remaining > 0:
        slice_minutes = min(remaining, longest_minutes)
        state = _slice(cabinet, state, slice_minutes, room, door_open=door_open, powered=powered)
        remaining -= slice_minutes
    return state


def _slice(
    cabinet: Cabinet, state: CabinetState, minutes: float, room: float, *, door_open: bool, powered: bool
) -> CabinetState:
    state = replace(state, compressor=powered and _thermostat(cabinet, state))
    conductance = 1 / cabinet.leak_minutes + (1 / cabinet.door_minutes if door_open else 0.0)
    pull = cabinet.cooling_per_minute if state.compressor else 0.0
    air = _towards(state.air, room - pull / conductance, minutes * conductance)
    return replace(state, air=air, probe=_towards(state.probe, air, minutes / cabinet.probe_minutes))


def _thermostat(cabinet: Cabinet, state: CabinetState) -> bool:
    """On above the deadband, off below it, as before inside it."""
    half = cabinet.deadband / 2
    if state.compressor:
        return state.air > cabinet.setpoint - half
    return state.air > cabinet.setpoint + half


def _towards(value: float, limit: float, time_constants: float) -> float:
    return limit + (value - limit) * math.exp(-time_constants)
