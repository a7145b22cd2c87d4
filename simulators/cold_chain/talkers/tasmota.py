"""Tasmota: ``tele/<name>/SENSOR`` with a local time and the unit (tasmota docs, DS18x20).

A probe that does not answer is null; one that was just powered says 85 °C, -127 °C is a lost one.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim, Message, Sample, thousandths

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BROKEN = {True: (None, 185.0, -196.6), False: (None, 85.0, -127.0)}


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """A DS18B20 in tenths of a degree; the clock has no milliseconds."""
    (sample,) = samples
    time_ms = sample.time_ms // 1000 * 1000
    value: int | None = None
    if sample.celsius is None:
        shown = BROKEN[plan.fahrenheit][sending.number % 3]
    elif plan.fahrenheit:
        shown = round(sample.celsius * 9 / 5 + 32, 1)
        value = round(round((shown - 32) * 5 / 9, 2) * 1000)
    else:
        shown = round(sample.celsius, 1)
        value = thousandths(shown)
    state = {
        "Time": f"{datetime.fromtimestamp(time_ms / 1000, ZONE):%Y-%m-%dT%H:%M:%S}",
        "DS18B20": {"Id": f"0000{plan.serial[-8:].upper()}", "Temperature": shown},
        "TempUnit": "F" if plan.fahrenheit else "C",
    }
    return Message(json.dumps(state).encode(), (Claim("temp.vaccine", time_ms, value),))


def device(plan: UnitPlan) -> list[str]:
    """The hub's settings for it."""
    return [
        'kind = "cold_mqtt"',
        'dialect = "tasmota"',
        f'topic = "{plan.topic}"',
        f'timezone = "{ZONE.key}"',
    ]
