"""The cold-chain units of a province: each with its newest temperature and what that says."""

from collections.abc import Sequence
from typing import NamedTuple

from api.console.condition import ORDER, Shown, limits_of, silence_ms, unit_condition
from api.console.standing_alarms import AlarmDesk
from api.console.wording import ms_of
from api.vaccine_probe import temperatures
from storage.contract import Row


class ColdUnit(NamedTuple):
    """``reading``: the newest temperature, calibrated."""

    device: Row
    reading: Row
    shown: Shown


def cold_units(latest: Sequence[Row], fleet: Sequence[Row], desk: AlarmDesk, now_ms: int) -> list[ColdUnit]:
    """Every unit that ever told a temperature, the neediest by its value first."""
    devices = {row["id"]: row for row in fleet}
    found = []
    for reading in temperatures(list(latest)):
        device = devices.get(reading["device"], {"id": reading["device"], "site": reading["site"]})
        found.append(cold_unit(device, reading, desk, now_ms))
    return sorted(found, key=lambda unit: (ORDER[unit.shown.condition], unit.device["id"]))


def cold_unit(device: Row, reading: Row, desk: AlarmDesk, now_ms: int) -> ColdUnit:
    """``reading``: its newest temperature as the store has it."""
    name, metric = str(reading["device"]), str(reading["metric"])
    time_ms = ms_of(reading["time"]) or 0
    corrected = desk.calibrations.corrected(name, metric, time_ms, reading.get("value"))
    if corrected is not None:
        reading = reading | {"value": corrected}
    speaks_ms = silence_ms(desk.watching(device, metric))
    limits = limits_of(device.get("profile"))
    return ColdUnit(device, reading, unit_condition(reading, limits, device, now_ms, speaks_ms))
