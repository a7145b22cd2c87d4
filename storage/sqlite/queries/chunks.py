"""What the chunks of a series hold, for readers."""

from collections.abc import Callable, Iterator
from itertools import chain

import apsw

from hub.errors import StoreUnavailable
from storage.chunks import DAY_MS, DamagedChunkError, Sample, decode
from storage.readings import Placed

_PART_AT = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = ? AND first_ts <= ? AND first_ts >= ?
ORDER BY first_ts DESC LIMIT 1
"""
_NEXT = """
SELECT first_ts, data FROM reading_chunk WHERE series = ? AND first_ts >= ? AND first_ts < ?
ORDER BY first_ts LIMIT 1
"""
MOST_KEPT = 8


class Chunks:
    """Reads chunk after chunk by ``unpack``, and remembers the last few of one query."""

    def __init__(self, connection: apsw.Connection, unpack: Callable[[bytes], list[Sample]] = decode) -> None:
        self._connection = connection
        self._unpack = unpack
        self._kept: dict[tuple[int, int], list[Sample]] = {}

    def samples(self, series: int, first_ms: int, end_ms: int) -> Iterator[Sample]:
        """``first_ms`` <= ts < ``end_ms``, in order; raises StoreUnavailable for a damaged chunk."""
        return chain.from_iterable(self._runs(series, first_ms, end_ms))

    def placed(self, series: int, first_ms: int, end_ms: int) -> Iterator[Placed]:
        """The same with their places in lists."""
        return ((sample[0], series, sample) for sample in self.samples(series, first_ms, end_ms))

    def _runs(self, series: int, first_ms: int, end_ms: int) -> Iterator[list[Sample]]:
        place = self._part_at(series, first_ms)
        while (row := self._connection.execute(_NEXT, (series, place, end_ms)).fetchone()) is not None:
            place, data = int(row[0]) + 1, row[1]
            samples = self._unpacked(series, place, data)
            if first_ms <= samples[0][0] and samples[-1][0] < end_ms:
                yield samples
            else:
                yield [sample for sample in samples if first_ms <= sample[0] < end_ms]

    def _part_at(self, series: int, ts: int) -> int:
        """Where the chunk begins that may have ``ts``: none has two days."""
        row = self._connection.execute(_PART_AT, (series, ts, ts - ts % DAY_MS)).fetchone()
        return ts if row is None or int(row[1]) < ts else int(row[0])

    def _unpacked(self, series: int, place: int, data: bytes) -> list[Sample]:
        samples = self._kept.get((series, place))
        if samples is None:
            try:
                samples = self._unpack(data)
            except DamagedChunkError as error:
                raise StoreUnavailable("store.damaged_chunk") from error
            if len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[series, place] = samples
        return samples
