"""The chunks of a series as the writer sees them: find, read, write, dissolve, and their hours."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storage.admission import UnstorableError
from storage.chunks import DAY_MS, MOST_ROWS, DamagedChunkError, Sample, decode, encode, merge, pieces
from storage.rollup import HOUR_MS, by_step, pack_day, unpack_day
from storage.sqlite.session import Session

_PART_BEFORE = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = ? AND first_ts <= ? AND first_ts >= ?
ORDER BY first_ts DESC LIMIT 1
"""
_PARTS_AFTER = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = ? AND first_ts > ? AND first_ts < ?
ORDER BY first_ts LIMIT 2
"""
_PARTS_BETWEEN = """
SELECT first_ts, last_ts FROM reading_chunk
WHERE series = ? AND first_ts >= ? AND first_ts < ? AND last_ts >= ? ORDER BY first_ts
"""
_NEWEST_PART = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = ? AND first_ts <= ? ORDER BY first_ts DESC LIMIT 1
"""
_PUT = "INSERT INTO reading_chunk (series, first_ts, last_ts, readings, data) VALUES (?, ?, ?, ?, ?)"
_DROP = "DELETE FROM reading_chunk WHERE series = ? AND first_ts = ?"
_DATA = "SELECT data FROM reading_chunk WHERE series = ? AND first_ts = ?"
_THAW = """
INSERT INTO reading (series, ts, number, value, quality, lag_ms, extra) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_HOURS = "SELECT figures FROM reading_hour WHERE series = ? AND day = ?"
_PUT_HOURS = """
INSERT INTO reading_hour (series, day, figures) VALUES (?, ?, ?)
ON CONFLICT (series, day) DO UPDATE SET figures = excluded.figures
"""
_DROP_HOURS = "DELETE FROM reading_hour WHERE series = ? AND day = ?"


class Part(NamedTuple):
    """Where a chunk of a series begins and ends."""

    first_ts: int
    last_ts: int


def part_at(session: Session, series: int, ts: int) -> Part | None:
    """The chunk whose span has ``ts``."""
    if ts >= session.chunked_until:
        return None
    row = session.connection.execute(_PART_BEFORE, (series, ts, _midnight(ts))).fetchone()
    return Part(*row) if row is not None and row[1] >= ts else None


def newest_part(session: Session, series: int, ts: int) -> Part | None:
    """The last chunk that begins at or before ``ts``."""
    row = session.connection.execute(_NEWEST_PART, (series, ts)).fetchone()
    return None if row is None else Part(*row)


def compacted(session: Session, series: int, ts: int) -> Sample | None:
    """The reading of this instant in a chunk; raises UnstorableError for a damaged one."""
    part = part_at(session, series, ts)
    if part is None:
        return None
    samples = samples_of(session, series, part)
    index = bisect_left(samples, ts, key=lambda sample: sample[0])
    return samples[index] if samples[index][0] == ts else None


def samples_of(session: Session, series: int, part: Part) -> list[Sample]:
    """What a chunk holds; raises UnstorableError for a damaged one."""
    key = (series, part.first_ts)
    samples = session.samples.get(key)
    if samples is None:
        try:
            samples = decode(session.connection.execute(_DATA, key).get)
        except DamagedChunkError as error:
            raise UnstorableError("store.damaged_chunk") from error
        session.remember_samples(key, samples)
    return samples


def fold(session: Session, series: int, hot: Sequence[Sample]) -> Sequence[Sample]:
    """Put the oldest of ``hot`` (of one UTC day, in order) into chunks; gives those that are still to do.

    One call unpacks one chunk and takes 2048 rows at most.
    """
    base, end = _neighbour(session, series, hot[0][0])
    taken = [sample for sample in hot[:MOST_ROWS] if sample[0] < end]
    samples = taken
    if base is not None:
        samples = merge(samples_of(session, series, base), taken)
        _drop(session, series, base)
    for piece in pieces(samples):
        _put(session, series, piece)
    refigure(session, series, {sample[0] - sample[0] % HOUR_MS for sample in taken})
    return hot[len(taken) :]


def thaw(session: Session, series: int, ts: int) -> None:
    """Make the rows of the chunk around ``ts`` hot again: they are about to change."""
    part = part_at(session, series, ts)
    if part is None:
        return
    samples = samples_of(session, series, part)
    session.connection.executemany(_THAW, [(series, *sample) for sample in samples])
    _drop(session, series, part)
    refigure(session, series, {sample[0] - sample[0] % HOUR_MS for sample in samples})


def refigure(session: Session, series: int, hours: Iterable[int]) -> None:
    """Make the figures of these hours (their starts, of one UTC day) anew from what chunks hold."""
    wanted = sorted(hours)
    day = wanted[0] // DAY_MS
    span = (day * DAY_MS, wanted[-1] + HOUR_MS, wanted[0])
    parts = [Part(*row) for row in session.connection.execute(_PARTS_BETWEEN, (series, *span))]
    again = set(wanted)
    inside = (
        sample
        for part in parts
        for sample in samples_of(session, series, part)
        if sample[0] - sample[0] % HOUR_MS in again
    )
    packed = session.connection.execute(_HOURS, (series, day)).get
    kept = {start: each for start, each in unpack_day(day, packed or b"").items() if start not in again}
    figures = kept | by_step(inside, HOUR_MS)
    if figures:
        session.connection.execute(_PUT_HOURS, (series, day, pack_day(figures)))
    elif packed is not None:
        session.connection.execute(_DROP_HOURS, (series, day))


def _neighbour(session: Session, series: int, ts: int) -> tuple[Part | None, int]:
    """The chunk that rows from ``ts`` on are put into, and where the one after it begins."""
    midnight = _midnight(ts)
    end = midnight + DAY_MS
    row = session.connection.execute(_PART_BEFORE, (series, ts, midnight)).fetchone()
    after = [Part(*each) for each in session.connection.execute(_PARTS_AFTER, (series, ts, end))]
    if row is None and after:
        row, *after = after
    return (None if row is None else Part(*row)), (after[0].first_ts if after else end)


def _put(session: Session, series: int, samples: list[Sample]) -> None:
    first_ts, last_ts = samples[0][0], samples[-1][0]
    session.connection.execute(_PUT, (series, first_ts, last_ts, len(samples), encode(samples)))
    session.remember_samples((series, first_ts), samples)


def _drop(session: Session, series: int, part: Part) -> None:
    session.connection.execute(_DROP, (series, part.first_ts))
    session.samples.pop((series, part.first_ts), None)


def _midnight(ts: int) -> int:
    return ts - ts % DAY_MS
