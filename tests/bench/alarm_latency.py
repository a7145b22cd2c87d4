"""./dev bench alarm-latency: from a reading on the bus to its alarm on the bus, and how punctual silence is.

A real hub and broker, processes of their own. Sensors say that they are too warm, and well again, beside
fifty readings a second of others: how long until a subscriber hears the alarm. Then sensors speak once and
no more: how long after the limit of their rule (three seconds here) NODATA is heard, of which no reading
tells the hub.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from hub.alarms.profiles import parse_profile, profiles_with
from hub.events import format_time
from hub.payloads import Alarm
from hub.streams.clock import now_ms
from tests.bench.parts.alarmed_hub import AlarmedHub, Listener, alarmed_hub, rest_until
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import speed
from tests.bench.parts.sensor_edge import Said, SensorEdge
from tests.bench.parts.toggled_sensors import ToggledSensors, quantile
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table

SITE = "quiet"
SILENT_SECONDS = 3
LONGEST_SECONDS = 30
BEAT_SECONDS = 0.05
PROFILE = f"""
profile = "quiet"
version = 1
hold_seconds = 60
[[rule]]
code = "NODATA"
metric = "temp.vaccine"
silent_seconds = {SILENT_SECONDS}
severity = "warning"
source = "the bench"
"""
Row = dict[str, float | str]


class SilentSensors:
    """``late_ms``: how long after its limit the silence of each was heard."""

    def __init__(self, hub: AlarmedHub, sensors: int) -> None:
        self.late_ms: list[float] = []
        self._hub = hub
        self._edge = SensorEdge("edge-quiet", SITE, hub.broker.address)
        self._ear = Listener(self._heard)
        self._sensors = [f"quiet-{number:03d}" for number in range(sensors)]
        self._spoke_ms: dict[str, int] = {}
        self._all = asyncio.Event()

    async def measure(self) -> list[float]:
        """Raises BenchFailed when a silence is not heard."""
        await self._edge.open()
        await self._ear.open(self._hub.broker.address, SITE)
        due = time.monotonic()
        for device in self._sensors:
            at_ms = now_ms()
            self._spoke_ms[device] = at_ms
            status = Said.online(device, "quiet", at_ms)
            await self._edge.send([status, Said.measured(device, "temp.vaccine", 5.0, at_ms)])
            due += BEAT_SECONDS
            await rest_until(due)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._all.wait()
        except TimeoutError:
            raise BenchFailed(f"{len(self._spoke_ms)} silences were not heard") from None
        await self._ear.close()
        await self._edge.close()
        return self.late_ms

    def _heard(self, device: str, alarm: Alarm, came: float) -> None:
        spoke_ms = self._spoke_ms.get(device)
        if spoke_ms is None or alarm.kind != "NODATA" or alarm.since != format_time(spoke_ms):
            return
        del self._spoke_ms[device]
        came_ms = now_ms() - 1000 * (time.monotonic() - came)
        self.late_ms.append(came_ms - spoke_ms - 1000 * SILENT_SECONDS)
        if not self._spoke_ms and len(self.late_ms) == len(self._sensors):
            self._all.set()


async def measure(folder: Path, asked: argparse.Namespace) -> tuple[Row, Row]:
    profiles = [*profiles_with(()), parse_profile(PROFILE, "quiet.toml")]
    async with alarmed_hub(folder, profiles) as hub:
        live = ToggledSensors(hub.broker.address)
        await live.open()
        await live.toggle(asyncio.Event(), 40)  # connections, caches and code are warm then
        seconds = await live.toggle(asyncio.Event(), asked.alarms)
        await live.close()
        late_ms = await SilentSensors(hub, asked.silences).measure()
    return _row("reading", [1000 * each for each in seconds]), _row("limit of silence", late_ms)


def _row(name: str, ms: list[float]) -> Row:
    seconds = [each / 1000 for each in ms]
    return {
        "from": name,
        "alarms": len(ms),
        "least_ms": min(ms),
        "p50_ms": quantile(seconds, 0.5),
        "p99_ms": quantile(seconds, 0.99),
        "longest_ms": max(ms),
    }


async def bench(asked: argparse.Namespace) -> bool:
    """Print a table, the verdict and one JSON line; True when all limits were held."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        before = speed(Path(name))
        reading, silence = await measure(Path(name), asked)
    print_table([reading, silence])
    targets = [
        Target("99th percentile from reading to alarm on the bus, ms", float(reading["p99_ms"]), 100, False),
        Target("latest NODATA after its limit, ms", float(silence["longest_ms"]), 1000, False),
        Target("earliest NODATA after its limit, ms", float(silence["least_ms"]), 0, True),
    ]
    return conclude(targets, {"runs": [reading, silence], **before})


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--alarms", type=int, default=400, help="how many are timed")
    parser.add_argument("--silences", type=int, default=100)
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
