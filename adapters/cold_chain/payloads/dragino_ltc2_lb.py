"""Dragino LTC2-LB and LTC2-LS: two PT100 in tenths, alarms of each, a memory of both.

Source: dragino/dragino-end-node-decoder LTC2-LB (v1.0, v1.2), which turns whatever is out of range
into 0 °C; here it is a fault. A record has channel 2 before channel 1. Port 7 brings samples without
times: refused.
"""

from collections.abc import Iterator

from adapters.cold_chain.payloads.dragino import STATUS_PORT, expect, records, status, unknown_port
from adapters.cold_chain.payloads.finding import (
    Finding,
    Sensor,
    battery,
    signed_big,
    switch,
    temperature,
    unsigned_big,
)

LIVE_PORT, RECORD_PORT = 2, 3
SENSOR = Sensor(digits=1, lowest_cel=-200, highest_cel=800)
ALARMS = {("chn1", "high"): 0x10, ("chn1", "low"): 0x20, ("chn2", "high"): 0x04, ("chn2", "low"): 0x08}


def decode(payload: bytes, port: int) -> list[Finding]:
    """Findings of a frame; raises Undecodable."""
    if port == STATUS_PORT:
        return status(payload)
    if port == RECORD_PORT:
        return [finding for record in records(payload) for finding in _record(record)]
    if port != LIVE_PORT:
        raise unknown_port(port)
    expect(payload, 11)
    return [
        battery(unsigned_big(payload, 0)),
        temperature("chn1", signed_big(payload, 3), SENSOR),
        temperature("chn2", signed_big(payload, 5), SENSOR),
        *_alarms(payload[2]),
    ]


def _record(record: bytes) -> Iterator[Finding]:
    time_s = unsigned_big(record, 7, 4)
    yield temperature("chn1", signed_big(record, 4), SENSOR, time_s)
    yield temperature("chn2", signed_big(record, 2), SENSOR, time_s)


def _alarms(flags: int) -> Iterator[Finding]:
    for (probe, which), bit in ALARMS.items():
        yield switch(probe, f"alarm.{which}", int(bool(flags & bit)))
