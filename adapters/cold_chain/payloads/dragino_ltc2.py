"""Dragino LTC2 (LTC2-SI, -LT, -HT, -FT): two PT100, a memory of both.

Source: LTC2 user manual 2.4 and 2.5.4. A record has the form of a live frame with the poll flag set.
A channel without a probe says -327.67: it is lost, and never 0 °C.
"""

from adapters.cold_chain.payloads.dragino import STATUS_PORT, expect, records, status, unknown_port
from adapters.cold_chain.payloads.finding import (
    Finding,
    Sensor,
    battery,
    signed_big,
    temperature,
    unsigned_big,
)
from adapters.cold_chain.undecodable import Undecodable

PORTS = (2, 3)
POLL_REPLY = 0x40
RESISTANCE = 3  # the two words are ohms: a setting for the bench
SENSORS = {
    1: Sensor(digits=2, lowest_cel=-200, highest_cel=800),
    2: Sensor(digits=1, lowest_cel=-200, highest_cel=800),
}


def decode(payload: bytes, port: int) -> list[Finding]:
    """Findings of a frame; raises Undecodable."""
    if port == STATUS_PORT:
        return status(payload)
    if port not in PORTS:
        raise unknown_port(port)
    if not any(payload) or (len(payload) > 2 and payload[2] & POLL_REPLY):  # all zero: nothing was kept
        return [finding for record in records(payload) for finding in _record(record)]
    expect(payload, 11)
    return [battery(unsigned_big(payload, 0) & 0x3FFF), *_probes(payload)]


def _record(record: bytes) -> list[Finding]:
    if not record[2] & POLL_REPLY:
        raise Undecodable("cold.payload_unknown", "byte 2")
    return _probes(record, unsigned_big(record, 7, 4))


def _probes(data: bytes, time_s: int | None = None) -> list[Finding]:
    sensor = SENSORS.get(data[2] & 0x0F)
    if sensor is None:
        what = "cold.payload_resistance" if data[2] & 0x0F == RESISTANCE else "cold.payload_unknown"
        raise Undecodable(what, "byte 2")
    return [
        temperature("chn1", signed_big(data, 3), sensor, time_s),
        temperature("chn2", signed_big(data, 5), sensor, time_s),
    ]
