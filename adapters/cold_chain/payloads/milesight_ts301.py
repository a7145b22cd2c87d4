"""Milesight TS301 and TS302: up to two probes (DS18B20 or PT100) or magnet contacts, alarms, history.

Source: Milesight-IoT/SensorDecoders ts-series/ts301/README.md, ts-series/ts302. A frame may carry a
channel twice: the value, and again with the alarm that it raised or released. Which kind of probe is
plugged in is not said, so the range is that of PT100; ``lowest_cel`` and ``highest_cel`` narrow it.
"""

from collections.abc import Iterator

from adapters.cold_chain.payloads.finding import (
    Finding,
    Sensor,
    signed_little,
    switch,
    temperature,
    unsigned_little,
)
from adapters.cold_chain.payloads.milesight import Kind, blocks

BATTERY, HISTORY = (0x01, 0x75), (0x20, 0xCE)
TEMPERATURE: dict[Kind, int] = {(0x03, 0x67): 1, (0x04, 0x67): 2}  # kind to channel
MAGNET: dict[Kind, int] = {(0x03, 0x00): 1, (0x04, 0x00): 2}
THRESHOLD: dict[Kind, int] = {(0x83, 0x67): 1, (0x84, 0x67): 2}
CHANGE: dict[Kind, int] = {(0x93, 0xD7): 1, (0x94, 0xD7): 2}
SIZES: dict[Kind, int] = (
    {BATTERY: 1, HISTORY: 9}
    | dict.fromkeys(TEMPERATURE, 2)
    | dict.fromkeys(MAGNET, 1)
    | dict.fromkeys(THRESHOLD, 3)
    | dict.fromkeys(CHANGE, 5)
)
SENSOR = Sensor(digits=1, lowest_cel=-200, highest_cel=800)

# What an alarm says: 0 threshold released, 1 threshold exceeded, 2 changed too fast.
_ALARMS = {0: ("alarm.threshold", 0), 1: ("alarm.threshold", 1), 2: ("alarm.change", 1)}
# Why a record was kept: a nibble a channel. A magnet's alarm is that it moved: the state says it all.
_RECORD_ALARM = {1: 1, 2: 0, 3: 2}
_RECORD_TEMPERATURE, _RECORD_MAGNET = (1, 2, 3, 4), (5, 6)


def decode(payload: bytes, port: int) -> list[Finding]:
    """Findings of a frame, whatever its port (a setting of the device); raises Undecodable."""
    found: list[Finding] = []
    for kind, data in blocks(payload, SIZES):
        if kind == BATTERY:
            found.append(Finding("battery", "battery.percent", float(data[0])))
        elif kind in MAGNET:
            found.append(switch(f"door{MAGNET[kind]}", "door", data[0]))
        elif kind == HISTORY:
            found.extend(_record(data))
        else:
            channel = TEMPERATURE.get(kind) or THRESHOLD.get(kind) or CHANGE[kind]
            found.append(temperature(f"chn{channel}", signed_little(data, 0), SENSOR))
            if kind not in TEMPERATURE:
                found.append(_alarm(channel, data[-1]))
    return found


def _record(data: bytes) -> Iterator[Finding]:
    time_s = unsigned_little(data, 0, 4)
    for channel, why, at in ((1, data[4] >> 4, 5), (2, data[4] & 0x0F, 7)):
        if why in _RECORD_TEMPERATURE:
            yield temperature(f"chn{channel}", signed_little(data, at), SENSOR, time_s)
        elif why in _RECORD_MAGNET:
            yield switch(f"door{channel}", "door", unsigned_little(data, at), time_s)
        if why in _RECORD_ALARM:
            yield _alarm(channel, _RECORD_ALARM[why], time_s)


def _alarm(channel: int, said: int, time_s: int | None = None) -> Finding:
    quantity, state = _ALARMS.get(said, ("alarm.threshold", said))
    return switch(f"chn{channel}", quantity, state, time_s)
