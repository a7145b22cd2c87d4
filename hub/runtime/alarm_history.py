"""What rules must know of the time before, out of the store: for many devices at once.

A range of a table by time is read once for all of them, not once for each.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hub.alarms.evaluator import WINDOW_MS
from hub.alarms.readings import Reading, Series, thousandths
from storage.contract import StoreReader

HISTORY_ROWS = 20_000
DEVICES_AT_ONCE = 32  # two days of each take some 30 ms to read and to judge


class History(NamedTuple):
    """Readings of series since a time that was wanted; ``complete``: there is nothing older."""

    readings: dict[Series, list[Reading]]
    complete: bool


async def next_history(reader: StoreReader, wanted: Mapping[Series, int], now_ms: int) -> History:
    """Of the first series that is wanted, and of others of its metric that are wanted since the same time.

    Raises StoreUnavailable.
    """
    (_, metric), since_ms = next(iter(wanted.items()))
    from_ms = max(0, since_ms)
    alike = [
        series.device for series, at_ms in wanted.items() if (series.metric, at_ms) == (metric, since_ms)
    ]
    devices = tuple(alike[:DEVICES_AT_ONCE])
    readings = await _readings(reader, devices, metric, from_ms, now_ms + 2 * WINDOW_MS)
    older = from_ms and await reader.history(devices, metric, from_ms=0, to_ms=from_ms, limit=1)
    return History(readings, complete=not older)


async def _readings(
    reader: StoreReader, devices: tuple[str, ...], metric: str, from_ms: int, end_ms: int
) -> dict[Series, list[Reading]]:
    found: dict[str, list[Reading]] = {device: [] for device in devices}
    while page := await reader.history(devices, metric, from_ms=from_ms, to_ms=end_ms, limit=HISTORY_ROWS):
        for each in page:
            found[each.device].append(Reading(each.time_ms, thousandths(each.value), each.quality))
        if len(page) < HISTORY_ROWS // 2:  # a page ends with a whole instant: one that does not is shorter
            break
        from_ms = page[-1].time_ms + 1
    return {Series(device, metric): readings for device, readings in found.items()}
