"""Readings of many sensors in the order in which they come: each sensor speaks once a period."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from hub.events import format_time
from storage.contract import Arrival
from tests.conformance.store_arrivals import From, reading

SITE, METRIC, UNIT = "kho-vac-xin", "temperature", "Cel"
WAVE_LENGTH = 4096


class Sample(NamedTuple):
    """One reading: Unix milliseconds, number of the sensor from 1, °C."""

    ts: int
    sensor: int
    value: float


def device_of(sensor: int) -> str:
    return f"sensor-{sensor:05d}"


def samples(count: int, sensors: int, period_ms: int, first_ms: int) -> Iterator[Sample]:
    """``count`` readings by time; the sensors share out the period, values wander in tenths of a degree."""
    wave = _wave()
    pause = period_ms / sensors
    for number in range(count):
        step, sensor = divmod(number, sensors)
        ts = first_ms + step * period_ms + int(sensor * pause)
        yield Sample(ts, sensor + 1, wave[(step + 37 * sensor) % WAVE_LENGTH])


def arrivals(rows: list[Sample]) -> list[Arrival]:
    """The same readings as the sink hands them to a store."""
    return [
        reading(
            row.value,
            From(device_of(row.sensor), SITE, seq=seq),
            ts=row.ts,
            metric=METRIC,
            unit=UNIT,
            received=format_time(row.ts + 800),
        )
        for seq, row in enumerate(rows, 1)
    ]


def _wave() -> list[float]:
    """A refrigerator: ups and downs around 4.6 °C, the same in every run."""
    random, value, wave = Random(1), 4.6, []
    for _ in range(WAVE_LENGTH):
        value += random.gauss(0, 0.15) + (4.6 - value) * 0.05
        wave.append(round(value, 1))
    return wave
