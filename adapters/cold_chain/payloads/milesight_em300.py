"""Milesight EM300-TH: one sensor of temperature and humidity, history of both.

Source: Milesight-IoT/SensorDecoders em-series/em300-th/README.md; range of its data sheet.
"""

from adapters.cold_chain.payloads.finding import (
    Finding,
    Sensor,
    signed_little,
    temperature,
    unsigned_little,
)
from adapters.cold_chain.payloads.milesight import blocks

BATTERY, TEMPERATURE, HUMIDITY, HISTORY = (0x01, 0x75), (0x03, 0x67), (0x04, 0x68), (0x20, 0xCE)
SIZES = {BATTERY: 1, TEMPERATURE: 2, HUMIDITY: 1, HISTORY: 8}
SENSOR = Sensor(digits=1, lowest_cel=-30, highest_cel=70)


def decode(payload: bytes, port: int) -> list[Finding]:
    """Findings of a frame, whatever its port (a setting of the device); raises Undecodable."""
    found: list[Finding] = []
    for kind, data in blocks(payload, SIZES):
        if kind == BATTERY:
            found.append(Finding("battery", "battery.percent", float(data[0])))
        elif kind == TEMPERATURE:
            found.append(temperature("sensor", signed_little(data, 0), SENSOR))
        elif kind == HUMIDITY:
            found.append(_humidity(data[0]))
        else:
            time_s = unsigned_little(data, 0, 4)
            found.append(temperature("sensor", signed_little(data, 4), SENSOR, time_s))
            found.append(_humidity(data[6], time_s))
    return found


def _humidity(halves: int, time_s: int | None = None) -> Finding:
    return Finding("sensor", "humidity", halves / 2, time_s=time_s)
