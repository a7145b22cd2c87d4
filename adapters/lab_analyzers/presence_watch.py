"""A machine that has fallen silent, or whose clock is wrong, told as it is found."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.lab_analyzers import times
from adapters.lab_analyzers.presence_rules import CLOCK_MESSAGES, ClockWatch, Rhythm
from adapters.lab_analyzers.settings import OrderingConfig
from hub.contract import Outlet
from hub.streams import now_ms

SILENT = "device.silent"
LOOK_SECONDS = 30.0
CLOCK_EVERY_SECONDS = (
    10.0  # after the first messages: a clock that is read once in a while is read well enough
)
_WHOLE_MINUTE = 12  # characters of a stamp that names hour and minute


class Presence:
    """One device; remembered while the process lives, also when its line is opened anew."""

    def __init__(self, config: OrderingConfig, outlet: Outlet) -> None:
        self._outlet = outlet
        self._zone = ZoneInfo(config.timezone)
        silence = config.silent_after_seconds
        fixed = None if silence == "rhythm" else silence
        self._rhythm = Rhythm(fixed)
        self._clock = ClockWatch()
        self._read = 0
        self._read_at = 0.0
        self._silent = False
        self._look_seconds = min(LOOK_SECONDS, fixed / 4) if fixed else LOOK_SECONDS

    def heard(self, stamp: Callable[[], str]) -> None:
        """It sent a message; ``stamp`` gives the time that it wrote into it."""
        at = now_ms() / 1000
        self._rhythm.heard(at, lambda: datetime.fromtimestamp(at, self._zone).hour)
        if self._silent:
            self._silent = False
            self._outlet.health("ONLINE")
        if self._read < CLOCK_MESSAGES or at - self._read_at >= CLOCK_EVERY_SECONDS:
            self._read_clock(at, stamp())

    def _read_clock(self, at: float, stamp: str) -> None:
        time_ms = times.to_ms(stamp, self._zone) if len(stamp) >= _WHOLE_MINUTE else None
        if time_ms is None:
            return
        self._read += 1
        self._read_at = at
        offset = self._clock.add(time_ms / 1000 - at)
        if offset is not None:
            self._outlet.clock(offset)

    async def watch(self) -> None:
        """Until cancelled."""
        self._rhythm.began(now_ms() / 1000)
        while True:
            await asyncio.sleep(self._look_seconds)
            at = now_ms() / 1000
            local = datetime.fromtimestamp(at, self._zone)
            into_hour = local.minute * 60.0 + local.second
            if not self._silent and self._rhythm.is_silent(at, local.hour, into_hour):
                self._silent = True
                self._outlet.health("UNKNOWN", SILENT)
