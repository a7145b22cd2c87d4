"""Zigbee2MQTT: a flat object with ``last_seen`` (zigbee2mqtt.io, MQTT topics and messages).

``contact`` is true while the door is shut. A probe that is gone says -127 or 85, or nothing.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim, Message, Sample, thousandths

BROKEN = (-127, 85.0, None)


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """One state of the sensor: temperature in hundredths, door, battery."""
    (sample,) = samples
    broken = sample.celsius is None
    shown = BROKEN[sending.number % 3] if sample.celsius is None else round(sample.celsius, 2)
    battery, open_now = round(sample.battery), sample.door_open_s > 0
    at = datetime.fromtimestamp(sample.time_ms / 1000, UTC)
    state = {
        "battery": battery,
        "contact": not open_now,
        "last_seen": f"{at:%Y-%m-%dT%H:%M:%S}.{sample.time_ms % 1000:03d}Z",
        "linkquality": 60 + sending.number % 160,
        "temperature": shown,
    }
    claims = (
        Claim("temp.vaccine", sample.time_ms, None if broken or shown is None else thousandths(shown)),
        Claim("battery.percent", sample.time_ms, thousandths(battery)),
        Claim("door.open", sample.time_ms, thousandths(open_now)),
    )
    return Message(json.dumps(state).encode(), claims)


def device(plan: UnitPlan) -> list[str]:
    """The hub's settings for it."""
    return [
        'kind = "cold_mqtt"',
        'dialect = "zigbee2mqtt"',
        f'topic = "{plan.topic}"',
        'probes = { contact = "door.open" }',
    ]
