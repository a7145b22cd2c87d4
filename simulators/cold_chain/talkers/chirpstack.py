"""A Milesight EM300-TH behind ChirpStack v4: raw bytes in an uplink, a backlog as history records.

Bytes after Milesight-IoT/SensorDecoders (em300-th), little endian: 01 75 battery in percent, 03 67
temperature in tenths, 04 68 humidity in halves, 20 CE history: Unix seconds, temperature, humidity, 0.
0x7FFF is a sensor that does not answer. A live uplink has the server's time, not the sensor's.
"""

import base64
import json
import struct
from collections.abc import Sequence
from datetime import UTC, datetime

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim, Message, Sample

FAILED = 0x7FFF
LOWEST, HIGHEST = -300, 700  # tenths: data sheet of the EM300-TH; beyond it is no measurement
HUMIDITY = 96  # halves of a percent
PORT = 85


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """An uplink."""
    frame = _history if sending.kept else _live
    payload, claims = frame(samples)
    at_ms = sending.sent_ms if sending.kept else samples[-1].true_ms
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    uplink = {
        "deduplicationId": f"{plan.number:08x}-0000-4000-8000-{sending.number:012x}",
        "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}+00:00",
        "deviceInfo": {"deviceName": plan.id, "devEui": plan.serial},
        "fCnt": sending.number,
        "fPort": PORT,
        "data": base64.b64encode(payload).decode(),
    }
    return Message(json.dumps(uplink).encode(), claims)


def _live(samples: Sequence[Sample]) -> tuple[bytes, tuple[Claim, ...]]:
    (sample,) = samples
    battery, tenths = round(sample.battery), _tenths(sample)
    payload = struct.pack("<BBBBBhBBB", 0x01, 0x75, battery, 0x03, 0x67, tenths, 0x04, 0x68, HUMIDITY)
    return payload, (
        Claim("temp.vaccine", sample.true_ms, _value(tenths)),
        Claim("battery.percent", sample.true_ms, battery * 1000),
    )


def _history(samples: Sequence[Sample]) -> tuple[bytes, tuple[Claim, ...]]:
    payload, claims = b"", []
    for sample in samples:
        time_s, tenths = sample.time_ms // 1000, _tenths(sample)
        payload += struct.pack("<BBIhBB", 0x20, 0xCE, time_s, tenths, HUMIDITY, 0)
        claims.append(Claim("temp.vaccine", time_s * 1000, _value(tenths)))
    return payload, tuple(claims)


def _tenths(sample: Sample) -> int:
    return FAILED if sample.celsius is None else round(sample.celsius * 10)


def _value(tenths: int) -> int | None:
    return tenths * 100 if LOWEST <= tenths <= HIGHEST else None


def device(plan: UnitPlan) -> list[str]:
    """The hub's settings for it."""
    return [
        'kind = "cold_mqtt"',
        'dialect = "chirpstack"',
        f'topic = "{plan.topic}"',
        'payload = "milesight-em300"',
    ]
