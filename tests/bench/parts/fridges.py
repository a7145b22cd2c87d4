"""Readings of many fridges, as payloads and as the evaluator takes them, in order or partly late."""

import json
import random
from collections.abc import Iterator
from typing import NamedTuple

from hub.alarms.evaluator import Arrival
from hub.alarms.readings import Series
from hub.payloads import Quality

PACE_MS = 300_000
BEGIN_MS = 1_630_000_000_000
LATEST_MS = 24 * 3_600_000
DOORS_EVERY, BATTERY_EVERY = 3, 12  # of a sensor's readings
DOOR_CHANCE, FAULT_CHANCE, FAILURE_CHANCE, UNCERTAIN_CHANCE = 0.01, 0.001, 0.0001, 0.05


class Sent(NamedTuple):
    """A reading on its way: when it comes, its ``data`` as the bus carries it, and what it says."""

    arrives_ms: int
    payload: bytes
    arrival: Arrival


class Fridge:
    """Around 4.5 °C; its door warms it for minutes, a broken compressor for hours."""

    def __init__(self, name: str, dice: random.Random) -> None:
        self.name = name
        self.dice = dice
        self.excess = 0.0
        self.broken_rounds = 0

    def read(self, number: int, time_ms: int) -> Iterator[Arrival]:
        """What it sends at one round."""
        dice = self.dice
        self.broken_rounds = 150 if dice.random() < FAILURE_CHANCE else max(0, self.broken_rounds - 1)
        warming = 0.2 if self.broken_rounds else 6.0 if dice.random() < DOOR_CHANCE else 0.0
        self.excess = min(15.0, self.excess * (1.0 if self.broken_rounds else 0.6) + warming)
        celsius = round(4.5 + self.excess + dice.uniform(-0.6, 0.6), 1)
        bad = dice.random() < FAULT_CHANCE
        quality: Quality = "UNCERTAIN" if dice.random() < UNCERTAIN_CHANCE else "GOOD"
        yield self._of("temp.vaccine", time_ms, None if bad else celsius, "BAD" if bad else quality)
        if number % DOORS_EVERY == 0:
            yield self._of("door.open_now_s", time_ms, 45.0 if warming > 1 else 0.0, quality)
            yield self._of("power.available_s", time_ms, 0.0 if self.broken_rounds else 900.0, quality)
        if number % BATTERY_EVERY == 0:
            yield self._of("battery.percent", time_ms, 96.0, quality)

    def _of(self, metric: str, time_ms: int, value: float | None, quality: Quality) -> Arrival:
        return Series(self.name, metric), time_ms, value, quality


def sent(fridges: int, rounds: int, late_share: float) -> list[Sent]:
    """In order of arrival; late ones come up to a day behind, as after a cut of the network."""
    dice = random.Random(20260101)
    crowd = [Fridge(f"fridge-{number:03d}", dice) for number in range(fridges)]
    found = [
        Sent(
            arrival[1] + (dice.randrange(LATEST_MS) if dice.random() < late_share else 0),
            _payload(arrival),
            arrival,
        )
        for number in range(rounds)
        for at, fridge in enumerate(crowd)
        for arrival in fridge.read(number, BEGIN_MS + number * PACE_MS + at * PACE_MS // fridges)
    ]
    end_ms = BEGIN_MS + rounds * PACE_MS
    on_time = (each for each in found if each.arrives_ms < end_ms)
    return sorted(on_time, key=lambda each: each.arrives_ms)


def _payload(arrival: Arrival) -> bytes:
    (_, metric), _, value, quality = arrival
    data = {
        "metric": metric, "value": value, "unit": "Cel", "raw_value": value, "raw_unit": "Cel",
        "quality": quality, "reason": None, "sequence": 17,
    }  # fmt: skip
    return json.dumps(data, separators=(",", ":")).encode()
