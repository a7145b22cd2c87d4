"""Dragino LHT65N: a sensor inside the box, a probe on a cable, a memory of both.

Source: dragino/dragino-end-node-decoder LHT65N (v1.5.6) and the user manual, 2.4 and 2.6. Port 3 has
a second form (byte 2 names the probe, then nothing but its samples) that gives no times: it has no poll
flag, or where a sample looks like one, a time long before any sensor was built. It is refused.
"""

from adapters.cold_chain.payloads.dragino import STATUS_PORT, expect, records, status, unknown_port
from adapters.cold_chain.payloads.finding import (
    NEVER_MEASURED,
    Finding,
    Sensor,
    battery,
    signed_big,
    temperature,
    unsigned_big,
)
from adapters.cold_chain.undecodable import Undecodable

LIVE_PORT, RECORD_PORT = 2, 3
NOT_CONNECTED = 0x80  # on port 3 the same bit marks a record that is sent again
POLL_REPLY = 0x40
KIND = 0x3F

NONE, DS18B20, TMP117, DS18B20_TIMED, TMP117_TIMED, SHT31 = 0x00, 0x01, 0x02, 0x09, 0x0A, 0x0B
DS18B20_NAMED, SHT31_NAMED, TMP117_NAMED = 0x0F, 0x10, 0x20  # the probe's id stands where else the box is
NO_TEMPERATURE = (0x04, 0x05, 0x06, 0x07, 0x08, DS18B20_NAMED)  # contact, light, voltage, counters, id
NAMED = (DS18B20_NAMED, SHT31_NAMED, TMP117_NAMED)
TIMED = (DS18B20_TIMED, TMP117_TIMED)  # the probe stands where else the battery is

_POWER_ON = {8500: "power_on_reset"}  # DS18B20 data sheet: 85 °C before the first conversion
_DS18B20 = Sensor(digits=2, lowest_cel=-55, highest_cel=125, sentinels=NEVER_MEASURED | _POWER_ON)
_TMP117 = Sensor(digits=2, lowest_cel=-55, highest_cel=150)
_SHT = Sensor(digits=2, lowest_cel=-40, highest_cel=125)
PROBES: dict[int, Sensor] = {
    DS18B20: _DS18B20, DS18B20_TIMED: _DS18B20,
    TMP117: _TMP117, TMP117_TIMED: _TMP117, TMP117_NAMED: _TMP117,
    SHT31: _SHT, SHT31_NAMED: _SHT,
}  # fmt: skip


def decode(payload: bytes, port: int) -> list[Finding]:
    """Findings of a frame; raises Undecodable."""
    if port == STATUS_PORT:
        return status(payload)
    if port == RECORD_PORT or (port == LIVE_PORT and len(payload) > 6 and payload[6] & POLL_REPLY):
        return [finding for record in records(payload) for finding in _record(record)]
    if port == LIVE_PORT:
        return _live(payload)
    raise unknown_port(port)


def _live(payload: bytes) -> list[Finding]:
    expect(payload, 7, 11, 15)  # seven: nothing is plugged in
    kind = payload[6] & KIND
    if kind not in PROBES and kind not in NO_TEMPERATURE and kind != NONE:
        raise Undecodable("cold.payload_unknown", "byte 6")
    if kind != NONE and len(payload) < 11:
        raise Undecodable("cold.payload_short", f"{len(payload)} bytes")
    found = [] if kind in TIMED else [battery(unsigned_big(payload, 0) & 0x3FFF)]
    if kind not in NAMED:
        found += _box(payload)
    if kind in PROBES:
        word = signed_big(payload, 0 if kind in TIMED else 7)
        found.append(_probe(word, kind, lost=bool(payload[6] & NOT_CONNECTED)))
    if kind in (SHT31, SHT31_NAMED):
        found.append(_humidity("external", payload, 9))
    return found


def _record(record: bytes) -> list[Finding]:
    if not record[6] & POLL_REPLY and not record[6] & NOT_CONNECTED:
        raise Undecodable("cold.payload_unknown", "byte 6")
    kind, time_s = record[6] & 0x0F, unsigned_big(record, 7, 4)
    found = _box(record, time_s)
    if kind in PROBES:
        found.append(_probe(signed_big(record, 0), kind, time_s=time_s))
    return found


def _probe(word: int, kind: int, *, lost: bool = False, time_s: int | None = None) -> Finding:
    measured = temperature("external", word, PROBES[kind], time_s)
    return measured._replace(fault="probe_lost") if lost else measured


def _box(data: bytes, time_s: int | None = None) -> list[Finding]:
    return [
        temperature("builtin", signed_big(data, 2), _SHT, time_s),
        _humidity("builtin", data, 4, time_s),
    ]


def _humidity(probe: str, data: bytes, at: int, time_s: int | None = None) -> Finding:
    return Finding(probe, "humidity", (unsigned_big(data, at) & 0x0FFF) / 10, time_s=time_s)
