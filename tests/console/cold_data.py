"""What units of the province went through: runs, a power cut, a trend, gaps, bad and late readings, doors."""

from typing import Any

from hub.events import parse_time
from hub.payloads import Reading
from hub.streams.clock import now_ms
from tests.api.province import MINUTE_MS
from tests.console.alarmed import SITES, Alarmed

RUNNING, DARK, RISING, TOLD = "tu-lanh-06", "tu-lanh-07", "tu-lanh-09", "tu-lanh-08"
BATCH_MS = 25 * MINUTE_MS
_UNITS = {"temp.vaccine": "Cel", "holdover": "d", "power.available_s": "s"}


class Told:
    """Collects readings of a unit and writes them at once."""

    def __init__(self, alarmed: Alarmed, device: str) -> None:
        self._writer, self._background = alarmed.running.writer, alarmed.running.background
        self._device, self._now = device, now_ms()
        self._made: list[Any] = []

    def say(
        self, metric: str, ago: float, value: float | None, *, known_ago: float | None = None, **more: Any
    ) -> None:
        """``ago``: minutes before now when it was measured; ``known_ago``: when it was received."""
        payload = Reading(metric=metric, value=value, unit=_UNITS.get(metric, "1"), **more)
        received = None if known_ago is None else round(self._now - known_ago * MINUTE_MS)
        at = round(self._now - ago * MINUTE_MS)
        event = self._writer.event(payload, self._device, SITES[self._device], at, received_ms=received)
        self._made.append((event, payload))

    def write(self) -> None:
        """What was received within the same 25 minutes comes to the hub at once."""
        batches: dict[int, list[Any]] = {}
        for made in self._made:
            batches.setdefault((parse_time(made[0].received) // BATCH_MS + 1) * BATCH_MS, []).append(made)
        for came_ms, batch in sorted(batches.items()):
            self._background.run(self._writer.write(*batch, now_ms=min(came_ms, self._now)))


def near_damage(alarmed: Alarmed) -> None:
    """One runs for two hours, one has no power and six hours of cold, one grows warmer."""
    running, dark, rising = (Told(alarmed, name) for name in (RUNNING, DARK, RISING))
    for ago in range(120, -1, -5):
        running.say("temp.vaccine", ago, 9.0)
        dark.say("temp.vaccine", ago, 5.0)
        rising.say("temp.vaccine", ago, round(6.5 - ago / 60 * 1.25, 2))
    dark.say("power.available_s", 3, 0)
    dark.say("holdover", 3, 0.25)
    for told in (running, dark, rising):
        told.write()


def eventful(alarmed: Alarmed) -> None:
    """Of ``TOLD``, by hours ago: 20 to 18 unseen, 16 to 14 late (known at 12), 10 bad for 20 min, 8 warm,
    door open and power away with it, and the unit's own alarm of heat; 4 the unit's alarm of frost alone."""
    told = Told(alarmed, TOLD)
    for ago in range(23 * 60, -1, -5):
        hours = ago / 60
        if 18 < hours < 20:
            continue
        late = 12 * 60 if 14 < hours < 16 else None
        if 10 - 1 / 3 < hours <= 10:
            told.say("temp.vaccine", ago, None, quality="BAD", reason="power_on_reset")
            continue
        told.say("temp.vaccine", ago, 10.5 if 6 < hours <= 8 else 4.5, known_ago=late)
    for ago in range(23 * 60, -1, -15):
        hours = ago / 60
        told.say("door.open_now_s", ago, (8 - hours) * 3600 + 600 if 7.5 < hours <= 8 else 0)
        told.say("power.available_s", ago, 0 if 6 < hours <= 8 else 900 if hours != 5 else 300)
        told.say("alarm.heat", ago, float(6 < hours <= 8))
        told.say("alarm.frze", ago, float(3.5 < hours <= 4))
    told.write()
