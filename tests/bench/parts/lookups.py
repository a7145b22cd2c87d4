"""Questions to a store with a long history, each asked many times, warm, through the reader of the API."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from statistics import median, quantiles

from storage.contract import LabDayFilter, ReadingFilter, StoreReader
from tests.bench.parts.history import DAYS, FIRST, NOW, PLACES
from tests.bench.parts.sensors import METRIC, device_of
from tests.bench.parts.verdict import BenchFailed
from tests.conformance.store_arrivals import DAY

HOUR = 3_600_000
Ask = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How long one question took, and the processor for it, in ms; how many items its answer had."""

    question: str
    asked: int
    items: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float


class Questions:
    """Every ask takes another sensor, another day."""

    def __init__(self, reader: StoreReader, sensors: int) -> None:
        self._reader = reader
        self._sensors = sensors
        self._random = Random(1)

    async def day(self) -> int:
        """Every reading of a day of one sensor."""
        first = FIRST + self._random.randrange(DAYS - 1) * DAY
        return await self._all(ReadingFilter(self._device(), METRIC, first, first + DAY))

    async def month(self) -> int:
        """Every reading of thirty days of one sensor, page after page."""
        return await self._all(ReadingFilter(self._device(), METRIC, FIRST, NOW))

    async def hours(self) -> int:
        """Thirty days of one sensor in hours."""
        return await self._all(ReadingFilter(self._device(), METRIC, FIRST, NOW, HOUR))

    async def hours_of_hundred(self) -> int:
        """Thirty days of a hundred sensors in hours."""
        numbers = self._random.sample(range(1, self._sensors + 1), min(100, self._sensors))
        devices = tuple(device_of(number) for number in numbers)
        curves = await self._reader.curves(ReadingFilter(devices, METRIC, FIRST, NOW, HOUR))
        return sum(len(curve.time_ms) for curve in curves)

    async def latest(self) -> int:
        """The newest reading of every sensor."""
        return len(await self._reader.latest_readings())

    async def district_days(self) -> int:
        """Results of every district and day, by stage and call, as the store sums them."""
        first = date.fromordinal(date(1970, 1, 1).toordinal() + FIRST // DAY)
        rows = await self._reader.lab_days(
            LabDayFilter(first, first + timedelta(days=DAYS + 1), places=PLACES)
        )
        return len(rows)

    async def _all(self, wanted: ReadingFilter) -> int:
        items, cursor = 0, None
        while True:
            page = await self._reader.readings(wanted, limit=1000, cursor=cursor)
            items, cursor = items + len(page.items), page.next_cursor
            if cursor is None:
                return items

    def _device(self) -> str:
        return device_of(self._random.randrange(self._sensors) + 1)


async def ask(question: str, how: Ask, times: int) -> Lookup:
    """Ask ``times`` times after a fifth of them unmeasured; raises BenchFailed for an empty answer."""
    for _ in range(max(1, times // 5)):
        items = await how()
    taken: list[float] = []
    cpu: list[float] = []
    for _ in range(max(2, times)):
        began, before = time.perf_counter(), time.process_time()
        items = await how()
        taken.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - before))
        if not items:
            raise BenchFailed(f"{question}: nothing found")
    p99_ms = quantiles(taken, n=100, method="inclusive")[98]
    return Lookup(question, len(taken), items, median(taken), p99_ms, median(cpu))
