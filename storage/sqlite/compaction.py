"""Moves old readings into chunks, a few milliseconds at a time.

A pass reads the due rows of one UTC day in the order of the table, writes chunk after chunk, and only then
removes the rows, again in the order of the table: whole pages become free, where rows of one series
would touch them all. Nothing of it survives a rollback or a restart but what was committed, which
answers like before; the next pass does the rest.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from storage.admission import UnstorableError
from storage.chunks import Sample
from storage.compaction import end_of_pass, horizon
from storage.sqlite.parts import fold
from storage.sqlite.session import Session

# About 25 MB while a pass runs; steady work has far fewer.
MOST_ROWS_IN_HAND = 100_000
ROWS_A_READ = 500

# The newest reading of each series stays hot: it answers `readings/latest`.
_OLDEST = """
SELECT ts FROM reading WHERE ts >= ? AND ts < ? AND NOT EXISTS (
    SELECT 1 FROM latest WHERE latest.series = reading.series AND latest.ts = reading.ts)
ORDER BY ts LIMIT 1
"""
_READ = """
SELECT series, ts, number, value, quality, lag_ms, extra FROM reading
WHERE (ts, series) > (?, ?) AND ts < ? ORDER BY ts, series LIMIT ?
"""
_DELETE = """
DELETE FROM reading WHERE ts >= ? AND ts < ?
AND NOT EXISTS (SELECT 1 FROM latest WHERE latest.series = reading.series AND latest.ts = reading.ts)
AND series NOT IN (SELECT value FROM json_each(?))
"""
_CHUNKED_UNTIL = "UPDATE store SET chunked_until = max(chunked_until, ?)"


TimeLeft = Callable[[], bool]
_END = object()


class Compactor:
    """One pass after another; ``work`` does a slice of it in the running transaction."""

    def __init__(self) -> None:
        self._pass: Iterator[None] | None = None

    def work(self, session: Session, now_ms: int, oldest_ms: int, time_left: TimeLeft) -> bool:
        """Go on until the time is up; tells whether there is more to do. Rows before ``oldest_ms`` expire."""
        if session.interrupted:
            self._pass, session.interrupted = None, False
        while time_left():
            if self._pass is None:
                self._pass = _begin(session, now_ms, oldest_ms)
            if self._pass is None:
                return False
            if next(self._pass, _END) is _END:
                self._pass = None
        return True


def _begin(session: Session, now_ms: int, oldest_ms: int) -> Iterator[None] | None:
    if session.lateness.rests(now_ms):
        return None
    until = horizon(now_ms)
    first = session.connection.execute(_OLDEST, (oldest_ms, until)).get
    if first is None:
        return None
    session.lateness.begin()
    session.disturbed.clear()
    return _pass(session, now_ms, int(first), end_of_pass(int(first), until))


def _pass(session: Session, now_ms: int, first: int, end: int) -> Iterator[None]:
    """A step a ``next``: some milliseconds each."""
    session.chunked_until = max(session.chunked_until, end)
    session.connection.execute(_CHUNKED_UNTIL, (end,))
    hand = Hand(session, first, end)
    yield from hand.read()
    for series in list(hand.rows):
        yield from _fold(session, series, hand.rows.pop(series))
    removed = 0
    for start, stop in hand.ranges():
        values = (start, stop, json.dumps(sorted(session.disturbed)))
        session.connection.execute(_DELETE, values)
        removed += session.connection.changes()
        yield
    if not removed:
        session.lateness.stuck(now_ms)


def _fold(session: Session, series: int, rows: Sequence[Sample]) -> Iterator[None]:
    while rows and series not in session.disturbed:
        try:
            rows = fold(session, series, rows)
        except UnstorableError:  # a damaged chunk: the rows stay where they are
            session.disturbed.add(series)
        yield


class Hand:
    """The rows of a pass by series, and where in the table they are."""

    def __init__(self, session: Session, first: int, end: int) -> None:
        self.rows: dict[int, list[Sample]] = {}
        self._session = session
        self._first = first
        self._end = end
        self._stops = [first]

    def read(self) -> Iterator[None]:
        """Up to the end of the pass, or of the last whole instant before there are too many rows."""
        place, read = (self._first, -1), 0
        while read < MOST_ROWS_IN_HAND or place[0] == self._first:
            rows: list[Any] = self._session.connection.execute(
                _READ, (*place, self._end, ROWS_A_READ)
            ).fetchall()
            for series, *sample in rows:
                self.rows.setdefault(series, []).append(tuple(sample))
            yield
            if len(rows) < ROWS_A_READ:
                return
            place, read = (rows[-1][1], rows[-1][0]), read + len(rows)
            self._stops.append(place[0])
        self._shorten(place[0])

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Pieces of the table, each with about as many rows as one read gave."""
        return pairwise(sorted({*self._stops, self._end}))

    def _shorten(self, end: int) -> None:
        self._end = end
        for rows in self.rows.values():
            while rows and rows[-1][0] >= end:
                rows.pop()
