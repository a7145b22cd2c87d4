"""All readings of a moment, in order, with few of them in memory: a chunk and a block of the hot table.

Both tables give their rows of one UTC day by series and time; where both have an instant the hot one stands,
as in every answer of the store (storage/readings.py).
"""

import heapq
from collections.abc import AsyncIterator, Sequence
from typing import Any

from hub.errors import StoreUnavailable
from storage.chunks import DAY_MS, DamagedChunkError, Sample, decode
from storage.exporting.columns import MOST_ROWS
from storage.exporting.moment import Found, Moment
from storage.exporting.window import Window

Placed = tuple[int, Sample]  # series and its sample

_HOT = """
SELECT series, ts, number, value, quality, lag_ms, extra FROM reading WHERE ts >= $1 AND ts < $2
ORDER BY series, ts
"""
_HOT_FROM = "SELECT min(ts) FROM reading WHERE ts >= $1 AND ts < $2"
_CHUNK_FROM = """
SELECT first_ts FROM reading_chunk WHERE series = $1 AND first_ts >= $2 AND first_ts < $3
ORDER BY first_ts LIMIT 1
"""
_CHUNK = "SELECT data FROM reading_chunk WHERE series = $1 AND first_ts = $2"
_END: Placed = (2**63, (0, 0, None, 0, 0, None))  # after every series


async def days_of_readings(
    moment: Moment, series: Sequence[int], window: Window
) -> AsyncIterator[list[Placed]]:
    """By UTC day, series and time, in blocks of at most MOST_ROWS; raises StoreUnavailable."""
    chunks = _Chunks(moment, window)
    for each in series:
        await chunks.seek(each, window.from_ms - window.from_ms % DAY_MS)
    hot_ms = await moment.one(_HOT_FROM, (window.from_ms, window.to_ms))
    while chunks.places or hot_ms is not None:
        day = min(ms // DAY_MS for ms in (hot_ms, chunks.first_ms) if ms is not None)
        bounds = max(window.from_ms, day * DAY_MS), min(window.to_ms, (day + 1) * DAY_MS)
        async for block in _in_blocks(_of_day(_Hot(moment, bounds), chunks, day)):
            yield block
        hot_ms = await moment.one(_HOT_FROM, (bounds[1], window.to_ms))


class _Chunks:
    """Where the next chunk of each series begins: by day, then series."""

    def __init__(self, moment: Moment, window: Window) -> None:
        self._moment = moment
        self._window = window
        self.places: list[tuple[int, int, int]] = []  # day, series, first_ts

    @property
    def first_ms(self) -> int | None:
        return self.places[0][2] if self.places else None

    async def seek(self, series: int, from_ms: int) -> None:
        first = await self._moment.one(_CHUNK_FROM, (series, from_ms, self._window.to_ms))
        if first is not None:
            heapq.heappush(self.places, (first // DAY_MS, series, first))

    async def of_day(self, day: int) -> AsyncIterator[tuple[int, list[Sample]]]:
        """Chunk after chunk, by series; what lies outside the window is left out."""
        while self.places and self.places[0][0] == day:
            _, series, first = heapq.heappop(self.places)
            samples = _unpacked(await self._moment.one(_CHUNK, (series, first)))
            await self.seek(series, first + 1)
            from_ms, to_ms = self._window[:2]
            if samples[0][0] < from_ms or samples[-1][0] >= to_ms:
                samples = [sample for sample in samples if from_ms <= sample[0] < to_ms]
            if samples:
                yield series, samples


class _Hot:
    """Rows of the hot table by series and time; ``head`` is the next one."""

    def __init__(self, moment: Moment, bounds: tuple[int, int]) -> None:
        self._blocks = moment.blocks(_HOT, bounds, rows=MOST_ROWS)
        self._block: list[Found] = []
        self._at = 0
        self.head = _END

    @property
    def place(self) -> tuple[int, int]:
        """Series and instant."""
        return self.head[0], self.head[1][0]

    async def advance(self) -> None:
        if self._at == len(self._block):
            self._block, self._at = await anext(self._blocks, []), 0
        if self._at == len(self._block):
            self.head = _END
            return
        series, *sample = self._block[self._at]
        self.head, self._at = (series, _sample(sample)), self._at + 1


async def _of_day(hot: _Hot, chunks: _Chunks, day: int) -> AsyncIterator[list[Placed]]:
    """Runs of any length."""
    await hot.advance()
    async for series, samples in chunks.of_day(day):
        if hot.place > (series, samples[-1][0]):  # as most days are: packed whole
            yield [(series, sample) for sample in samples]
        else:
            async for one in _mixed(hot, series, samples):
                yield [one]
    while hot.head is not _END:
        yield [hot.head]
        await hot.advance()


async def _mixed(hot: _Hot, series: int, samples: list[Sample]) -> AsyncIterator[Placed]:
    """A chunk with the hot rows before its last instant."""
    for sample in samples:
        place = (series, sample[0])
        while hot.place < place:
            yield hot.head
            await hot.advance()
        if hot.place != place:
            yield series, sample


async def _in_blocks(runs: AsyncIterator[list[Placed]]) -> AsyncIterator[list[Placed]]:
    block: list[Placed] = []
    async for run in runs:
        block += run
        if len(block) >= MOST_ROWS:
            yield block[:MOST_ROWS]
            block = block[MOST_ROWS:]
    if block:
        yield block


def _sample(values: Sequence[Any]) -> Sample:
    ts, number, value, quality, lag_ms, extra = values
    return ts, number, value, quality, lag_ms, extra


def _unpacked(data: bytes) -> list[Sample]:
    try:
        return decode(data)
    except DamagedChunkError as error:
        raise StoreUnavailable("store.damaged_chunk") from error
