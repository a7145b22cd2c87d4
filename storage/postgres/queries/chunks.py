"""What the chunks of a series hold, for readers."""

from collections.abc import Callable

import asyncpg

from hub.errors import StoreUnavailable
from storage.chunks import DAY_MS, DamagedChunkError, Sample, decode

_PART_AT = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = $1 AND first_ts <= $2 AND first_ts >= $3
ORDER BY first_ts DESC LIMIT 1
"""
_NEXT = """
SELECT first_ts, data FROM reading_chunk WHERE series = $1 AND first_ts >= $2 AND first_ts < $3
ORDER BY first_ts LIMIT $4
"""
# About 40 kB: a day of a probe that reports every minute is one chunk.
CHUNKS_A_READ = 8
MOST_KEPT = 8


class Chunks:
    """Reads some chunks at a time by ``unpack``, and remembers the last few of one query."""

    def __init__(
        self, connection: asyncpg.Connection, unpack: Callable[[bytes], list[Sample]] = decode
    ) -> None:
        self._connection = connection
        self._unpack = unpack
        self._kept: dict[tuple[int, int], list[Sample]] = {}

    async def samples(
        self, series: int, first_ms: int, end_ms: int, *, after: int | None = None, most: int | None = None
    ) -> list[Sample]:
        """The first ``most`` of ``first_ms`` <= ts < ``end_ms`` that are later than ``after``, in order.

        Raises StoreUnavailable for a damaged chunk.
        """
        found: list[Sample] = []
        place = await self._part_at(series, first_ms)
        reading = CHUNKS_A_READ if most is None else 1
        begins = first_ms if after is None else max(first_ms, after + 1)
        while most is None or len(found) < most:
            rows = await self._connection.fetch(_NEXT, series, place, end_ms, reading)
            for first_ts, data in rows:
                unpacked = self._unpacked(series, first_ts, data)
                found += [sample for sample in unpacked if begins <= sample[0] < end_ms]
            if len(rows) < reading:
                break
            place = rows[-1][0] + 1
        return found if most is None else found[:most]

    async def _part_at(self, series: int, ts: int) -> int:
        """Where the chunk begins that may have ``ts``: none has two days."""
        row = await self._connection.fetchrow(_PART_AT, series, ts, ts - ts % DAY_MS)
        return ts if row is None or row[1] < ts else int(row[0])

    def _unpacked(self, series: int, first_ts: int, data: bytes) -> list[Sample]:
        samples = self._kept.get((series, first_ts))
        if samples is None:
            try:
                samples = self._unpack(data)
            except DamagedChunkError as error:
                raise StoreUnavailable("store.damaged_chunk") from error
            if len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[series, first_ts] = samples
        return samples
