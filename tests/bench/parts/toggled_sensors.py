"""Sensors whose own alarm goes on and off: how long each takes from the bus to the alarm on the bus."""

import asyncio
import itertools
import time
from collections.abc import Sequence

from hub.mqtt.connection import BrokerAddress
from hub.payloads import Alarm
from hub.streams.clock import now_ms
from tests.bench.parts.alarmed_hub import Listener, rest_until
from tests.bench.parts.sensor_edge import Said, SensorEdge
from tests.bench.parts.verdict import BenchFailed

SITE = "live"
METRIC = "alarm.heat"  # DEVICE_HEAT of the profile "fridge": raised and cleared without delay
TOGGLES_A_SECOND = 10
BESIDE_A_SECOND = 50
BEAT_SECONDS = 1 / TOGGLES_A_SECOND
LONGEST_SECONDS = 30


class ToggledSensors:
    """``seconds``: of each toggle that was answered; others speak beside them, as in every province."""

    def __init__(self, address: BrokerAddress, sensors: int = 40) -> None:
        self.seconds: list[float] = []
        self._edge = SensorEdge("edge-live", SITE, address)
        self._ear = Listener(self._heard)
        self._address = address
        self._sensors = [f"live-{number:03d}" for number in range(sensors)]
        self._beside = itertools.cycle(f"calm-{number:03d}" for number in range(200))
        self._sent: dict[str, float] = {}
        self._on: set[str] = set()
        self._entry = 0  # the last of the ledger that was heard
        self._answered = asyncio.Event()

    async def open(self) -> None:
        await self._edge.open()
        await self._ear.open(self._address, SITE)
        devices = [*self._sensors, *(next(self._beside) for _ in range(200))]
        await self._edge.send([Said.online(device, "fridge", now_ms()) for device in devices])
        await self._edge.stored()

    async def close(self) -> None:
        await self._ear.close()
        await self._edge.close()

    async def toggle(self, until: asyncio.Event, toggles: int | None = None) -> list[float]:
        """Until the event, or so many; the seconds of each. Raises BenchFailed for one without an answer."""
        first = len(self.seconds)
        turn = itertools.cycle(self._sensors)
        due, sent = time.monotonic(), 0
        while not until.is_set() and sent != toggles:
            device = next(turn)
            if device not in self._sent:
                await self._toggle(device)
                sent += 1
            due += BEAT_SECONDS
            await rest_until(due)
        await self._all_answered()
        return self.seconds[first:]

    async def _toggle(self, device: str) -> None:
        self._on ^= {device}
        at_ms = now_ms()
        said = [Said.measured(device, METRIC, float(device in self._on), at_ms), *self._calm(at_ms)]
        self._sent[device] = time.monotonic()
        await self._edge.send(said)

    def _calm(self, at_ms: int) -> Sequence[Said]:
        count = BESIDE_A_SECOND // TOGGLES_A_SECOND
        return [Said.measured(next(self._beside), "temp.vaccine", 5.0, at_ms) for _ in range(count)]

    async def _all_answered(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while self._sent:
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError:
            raise BenchFailed(f"{len(self._sent)} readings without their alarm") from None

    def _heard(self, device: str, alarm: Alarm, came: float) -> None:
        """A hub that is started again publishes once more what its broker may not have got."""
        if not isinstance(alarm.entry, int) or alarm.entry <= self._entry or device not in self._sent:
            return
        if alarm.change != ("RAISED" if device in self._on else "RETURNED"):
            return
        self._entry = alarm.entry
        self.seconds.append(came - self._sent.pop(device))
        self._answered.set()


def quantile(seconds: Sequence[float], share: float) -> float:
    """The one below which ``share`` of them lie, in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]
