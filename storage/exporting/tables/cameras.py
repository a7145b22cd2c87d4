"""How cameras stood at every moment, and how each of their days divides."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from datetime import time as clock
from typing import NamedTuple

from storage.camera_times import periods_of
from storage.cameras import CameraDay, CameraDayFilter, CameraPeriod
from storage.chunks import DAY_MS
from storage.contract import TooManyRows
from storage.exporting.columns import DEVICE, MOST_ROWS, SITE, Row, day, integer, number, text, time
from storage.exporting.moment import Moment, rows_of
from storage.exporting.window import Window
from storage.lab_days import day_of, local_day

PIECE_MS = 7 * DAY_MS
_CAMERAS = "SELECT device, min(from_ms) FROM camera_period GROUP BY device ORDER BY device"


class _Camera(NamedTuple):
    """Its part of the window: from its first telling to now."""

    device: str
    from_ms: int
    to_ms: int


_PERIOD = (
    DEVICE,
    time("from", "when it began"),
    time("to", "when the next one began, or now"),
    text("state", "`ONLINE` `DEGRADED` `OFFLINE` `MAINTENANCE` `UNKNOWN`"),
    text("reason", "a code; `camera.silent`: nobody told"),
    text("faults", "that were told meanwhile, with `|` between them"),
)


class Periods:
    """Without a gap from a camera's first telling to now; neighbours differ."""

    name = "camera_periods"
    about = (
        "How each camera stood at every moment; periods that reach over an end of the window are cut there."
    )
    time = "from"
    columns = _PERIOD

    async def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        for camera in await _cameras(moment, window):
            async for periods in _joined(_pieces(moment, camera, window.now_ms)):
                yield [(camera.device, *period[:4], "|".join(period.faults) or None) for period in periods]

    async def total(self, moment: Moment, window: Window) -> int:
        return int(await moment.one("SELECT count(*) FROM camera_period"))


_DAY = (
    day("day", "in the hub's time zone"),
    SITE,
    DEVICE,
    integer("up_ms", "milliseconds in `ONLINE` or `DEGRADED`"),
    integer("down_ms", "milliseconds in `OFFLINE`"),
    integer("maintenance_ms", "milliseconds in `MAINTENANCE`"),
    integer("unknown_ms", "milliseconds of which nobody told"),
    integer("outages", "how often it was up and then down"),
    integer("reconnects", "how often it was down and then up"),
    number("share", "up, of what is known; 0 to 1"),
)


class Days:
    """Local days of the hub; today as far as now."""

    name = "camera_days"
    about = "How each camera's local day divides, from the day of its first telling on."
    time = "day"
    columns = _DAY

    async def blocks(self, moment: Moment, window: Window) -> AsyncIterator[list[Row]]:
        for camera in await _cameras(moment, window):
            first, end = _days(camera, window)
            for place in range(first, end, MOST_ROWS):
                begins = [_begin_ms(each, window) for each in range(place, min(place + MOST_ROWS, end) + 1)]
                asked = CameraDayFilter(begins, window.now_ms, device=camera.device)
                yield [*_day_rows(await moment.camera_days(asked), window)]

    async def total(self, moment: Moment, window: Window) -> int:
        cameras = await _cameras(moment, window)
        return sum(max(0, end - first) for first, end in (_days(each, window) for each in cameras))


async def _cameras(moment: Moment, window: Window) -> list[_Camera]:
    """By device; each from its first telling to now, within the window."""
    end = min(window.to_ms, window.now_ms)
    found = await rows_of(moment, _CAMERAS)
    whole = [_Camera(device, max(first, window.from_ms), end) for device, first in found]
    return [each for each in whole if each.from_ms < each.to_ms]


async def _pieces(moment: Moment, camera: _Camera, now_ms: int) -> AsyncIterator[list[CameraPeriod]]:
    """A week at a time: what a camera that flaps told in it is in memory."""
    at_ms, length_ms = camera.from_ms, PIECE_MS
    while at_ms < camera.to_ms:
        end_ms = min(at_ms + length_ms, camera.to_ms)
        try:
            told = await moment.camera_periods(camera.device, at_ms, end_ms)
        except TooManyRows:
            if length_ms == 1:
                raise
            length_ms = max(1, length_ms // 2)
            continue
        yield periods_of(told, at_ms, end_ms, now_ms)
        at_ms = end_ms


async def _joined(pieces: AsyncIterator[list[CameraPeriod]]) -> AsyncIterator[list[CameraPeriod]]:
    """Periods that went on over the end of a piece are one."""
    last: CameraPeriod | None = None
    async for periods in pieces:
        if last is not None and periods[0][2:] == last[2:]:
            periods[0] = periods[0]._replace(from_ms=last.from_ms)
        elif last is not None:
            periods.insert(0, last)
        last = periods.pop()
        yield periods
    if last is not None:
        yield [last]


def _days(camera: _Camera, window: Window) -> tuple[int, int]:
    first, end = window.days
    return max(first, local_day(camera.from_ms, window.zone)), min(
        end, local_day(camera.to_ms - 1, window.zone) + 1
    )


def _begin_ms(number: int, window: Window) -> int:
    return round(datetime.combine(day_of(number), clock(), window.zone).timestamp() * 1000)


def _day_rows(days: Iterable[CameraDay], window: Window) -> Iterable[Row]:
    for each in days:
        counted = local_day(each.start_ms, window.zone)
        yield (counted, each.site, each.device, *each.uptime, each.uptime.share)


TABLES = (Periods(), Days())
