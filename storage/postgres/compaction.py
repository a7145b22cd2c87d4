"""Moves old readings into chunks, some milliseconds at a time (storage/compaction.py has the rules).

A pass reads the due rows of one UTC day in the order of the table, writes chunk after chunk, and only
then removes the rows, again in that order. Nothing of it survives a rollback, a broken line or a
restart but what was committed, which answers like before; the next pass does the rest.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from storage.admission import UnstorableError
from storage.chunks import Sample
from storage.compaction import end_of_pass, horizon
from storage.postgres.parts import fold
from storage.postgres.session import Session

# About 25 MB while a pass runs; steady work has far fewer.
MOST_ROWS_IN_HAND = 100_000
ROWS_A_READ = 500

# The newest reading of each series stays hot: it answers `readings/latest`.
_OLDEST = """
SELECT ts FROM reading WHERE ts >= $1 AND ts < $2 AND NOT EXISTS (
    SELECT 1 FROM latest WHERE latest.series = reading.series AND latest.ts = reading.ts)
ORDER BY ts LIMIT 1
"""
_READ = """
SELECT series, ts, number, value, quality, lag_ms, extra FROM reading
WHERE (ts, series) > ($1::bigint, $2::bigint) AND ts < $3 ORDER BY ts, series LIMIT $4
"""
_DELETE = """
DELETE FROM reading WHERE ts >= $1 AND ts < $2
    AND NOT EXISTS (SELECT 1 FROM latest WHERE latest.series = reading.series AND latest.ts = reading.ts)
    AND series <> ALL($3::int[])
"""
_CHUNKED_UNTIL = "UPDATE store SET chunked_until = greatest(chunked_until, $1)"

TimeLeft = Callable[[], bool]


class Compactor:
    """One pass after another; ``work`` does a slice of it in the running transaction."""

    def __init__(self) -> None:
        self._pass: Pass | None = None
        self._session: Session | None = None

    async def work(self, session: Session, now_ms: int, oldest_ms: int, time_left: TimeLeft) -> bool:
        """Go on until the time is up; tells whether there is more to do. Rows before ``oldest_ms`` expire."""
        if session.interrupted or session is not self._session:
            self._pass, self._session, session.interrupted = None, session, False
        while time_left():
            if self._pass is None:
                self._pass = await _begin(session, now_ms, oldest_ms)
            if self._pass is None:
                return False
            if not await self._pass.step():
                self._pass = None
        return True


async def _begin(session: Session, now_ms: int, oldest_ms: int) -> "Pass | None":
    if session.lateness.rests(now_ms):
        return None
    until = horizon(now_ms)
    first = await session.connection.fetchval(_OLDEST, oldest_ms, until)
    if first is None:
        return None
    session.lateness.begin()
    session.disturbed.clear()
    end = end_of_pass(first, until)
    session.chunked_until = max(session.chunked_until, end)
    await session.connection.execute(_CHUNKED_UNTIL, end)
    return Pass(session, now_ms, first, end)


class Pass:
    """The rows between two instants of a UTC day: read, then put into chunks, then removed."""

    def __init__(self, session: Session, now_ms: int, first: int, end: int) -> None:
        self._session = session
        self._now_ms = now_ms
        self._first = first
        self._end = end
        self._place = (first, -1)
        self._read = 0
        self._reading = True
        self._stops = [first]
        self._rows: dict[int, Sequence[Sample]] = {}
        self._ranges: list[tuple[int, int]] = []
        self._removed = 0

    async def step(self) -> bool:
        """Some milliseconds of work; False when it was the last."""
        if self._reading:
            await self._take_in_hand()
        elif self._rows:
            await self._fold_one()
        elif self._ranges:
            await self._remove(*self._ranges.pop(0))
        if self._reading or self._rows or self._ranges:
            return True
        if not self._removed:
            self._session.lateness.stuck(self._now_ms)
        return False

    async def _take_in_hand(self) -> None:
        """Up to the end of the pass, or of the last whole instant before there are too many rows."""
        rows = await self._session.connection.fetch(_READ, *self._place, self._end, ROWS_A_READ)
        for series, *sample in rows:
            self._rows.setdefault(series, []).append(tuple(sample))  # type: ignore[attr-defined]
        if len(rows) < ROWS_A_READ:
            return self._plan()
        self._place, self._read = (rows[-1]["ts"], rows[-1]["series"]), self._read + len(rows)
        self._stops.append(self._place[0])
        if self._read >= MOST_ROWS_IN_HAND and self._place[0] != self._first:
            self._shorten(self._place[0])
            return self._plan()
        return None

    def _plan(self) -> None:
        """Pieces of the table, each with about as many rows as one read gave."""
        self._reading = False
        self._ranges = list(pairwise(sorted({*self._stops, self._end})))

    def _shorten(self, end: int) -> None:
        self._end = end
        kept = {series: [sample for sample in rows if sample[0] < end] for series, rows in self._rows.items()}
        self._rows = {series: rows for series, rows in kept.items() if rows}

    async def _fold_one(self) -> None:
        series, rows = next(iter(self._rows.items()))
        if rows and series not in self._session.disturbed:
            try:
                rows = await fold(self._session, series, rows)
            except UnstorableError:  # a damaged chunk: the rows stay where they are
                self._session.disturbed.add(series)
        if rows and series not in self._session.disturbed:
            self._rows[series] = rows
        else:
            del self._rows[series]

    async def _remove(self, start: int, stop: int) -> None:
        untouched = sorted(self._session.disturbed)
        done = await self._session.connection.execute(_DELETE, start, stop, untouched)
        self._removed += int(done.rpartition(" ")[2])
