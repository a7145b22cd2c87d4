"""Old readings for the store's tests, and everything that can be asked about them."""

from typing import Any

import msgspec

from hub.events import parse_time
from storage.contract import ReadingFilter, Row, StoreReader
from storage.rollup import HOUR_MS
from tests.conformance.store_arrivals import DAY, NOW, From, reading
from tests.conformance.store_use import all_pages

OLD = NOW - NOW % DAY - 2 * DAY  # a midnight: all of that day and the next is to be packed
MINUTE = 60_000
STEPS = (MINUTE, 90 * MINUTE, HOUR_MS, 6 * HOUR_MS, 7 * HOUR_MS, DAY)


async def values_of(reader: StoreReader, device: str = "fridge-01") -> list[tuple[int, float | None]]:
    """(milliseconds after OLD, value) of every reading of a device."""

    async def ask(cursor: str | None) -> Any:
        return await reader.readings(ReadingFilter(device), limit=50, cursor=cursor)

    curve = await all_pages(ask)
    return [(parse_time(row["time"]) - OLD, row["value"]) for row in curve]


async def answers(reader: StoreReader) -> bytes:
    """Everything that the API can be asked about readings, to the byte."""
    spans = [(None, None), (OLD + 7 * MINUTE, OLD + 30 * HOUR_MS + 1), (OLD + DAY, None)]
    rows: list[Any] = [await reader.latest_readings(), (await reader.figures()).readings]
    for device in ("fridge-00", ("fridge-00", "fridge-01")):
        for first, end in spans:
            rows += [await listed(reader, ReadingFilter(device, None, first, end, step)) for step in STEPS]
            rows.append(await listed(reader, ReadingFilter(device, None, first, end)))
            wanted = ReadingFilter(device, "temp.fridge", first, end, HOUR_MS)
            rows += [await reader.curves(wanted), await listed(reader, wanted)]
    return msgspec.json.encode(rows)


async def listed(reader: StoreReader, wanted: ReadingFilter) -> list[Row]:
    async def ask(cursor: str | None) -> Any:
        return await reader.readings(wanted, limit=97, cursor=cursor)

    return await all_pages(ask)


def two_days(device: int) -> list[Any]:
    """Readings every seven minutes, some BAD, some empty, some with extras, some contested."""
    origin = From(f"fridge-{device:02}", "kho-vac-xin")
    arrivals = []
    for n in range(2 * DAY // (7 * MINUTE)):
        ts = OLD + n * 7 * MINUTE + n % 5
        quality: Any = "BAD" if n % 11 == 0 else "UNCERTAIN" if n % 13 == 0 else "GOOD"
        value = None if n % 17 == 0 else 4 + n % 30 / 10 + device / 100
        arrivals.append(reading(value, origin, ts=ts, quality=quality, sequence=n if n % 3 else None))
        if n % 19 == 0:
            arrivals.append(reading(30.0 + n, origin, ts=ts, quality="UNCERTAIN"))
        if n % 4 == 0:
            arrivals.append(reading(50.0, origin, ts=ts, metric="humidity", unit="%"))
    return arrivals
