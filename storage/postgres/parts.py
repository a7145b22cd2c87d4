"""The chunks of a series as the writer sees them: find, read, write, dissolve, and their hours."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storage.admission import UnstorableError
from storage.chunks import DAY_MS, MOST_ROWS, DamagedChunkError, Sample, decode, encode, merge, pieces
from storage.postgres.entries import columns
from storage.postgres.session import Session
from storage.rollup import HOUR_MS, by_step, pack_day, unpack_day

# The chunk of each instant, where there is one.
_PARTS_AT = """
SELECT own.series, own.ts, part.first_ts, part.last_ts
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS own (series, ts, midnight)
CROSS JOIN LATERAL (
    SELECT first_ts, last_ts FROM reading_chunk
    WHERE reading_chunk.series = own.series AND first_ts <= own.ts AND first_ts >= own.midnight
    ORDER BY first_ts DESC LIMIT 1
) AS part
WHERE part.last_ts >= own.ts
"""
_PART_BEFORE = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = $1 AND first_ts <= $2 AND first_ts >= $3
ORDER BY first_ts DESC LIMIT 1
"""
_PARTS_AFTER = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = $1 AND first_ts > $2 AND first_ts < $3
ORDER BY first_ts LIMIT 2
"""
_PARTS_BETWEEN = """
SELECT first_ts, last_ts FROM reading_chunk
WHERE series = $1 AND first_ts >= $2 AND first_ts < $3 AND last_ts >= $4 ORDER BY first_ts
"""
_NEWEST_PART = """
SELECT first_ts, last_ts FROM reading_chunk WHERE series = $1 AND first_ts <= $2
ORDER BY first_ts DESC LIMIT 1
"""
_PUT = "INSERT INTO reading_chunk (series, first_ts, last_ts, readings, data) VALUES ($1, $2, $3, $4, $5)"
_DROP = "DELETE FROM reading_chunk WHERE series = $1 AND first_ts = $2"
_DATA = "SELECT data FROM reading_chunk WHERE series = $1 AND first_ts = $2"
_THAW = """
INSERT INTO reading (series, ts, number, value, quality, lag_ms, extra)
SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::float8[], $5::smallint[], $6::bigint[], $7::bytea[])
ON CONFLICT DO NOTHING
"""
_HOURS = "SELECT figures FROM reading_hour WHERE series = $1 AND day = $2"
_PUT_HOURS = """
INSERT INTO reading_hour (series, day, figures) VALUES ($1, $2, $3)
ON CONFLICT (series, day) DO UPDATE SET figures = excluded.figures
"""
_DROP_HOURS = "DELETE FROM reading_hour WHERE series = $1 AND day = $2"


class Part(NamedTuple):
    """Where a chunk of a series begins and ends."""

    first_ts: int
    last_ts: int


async def parts_at(session: Session, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Part]:
    """Of each (series, ts) that is in the span of a chunk, that chunk."""
    old = [(series, ts, _midnight(ts)) for series, ts in places if ts < session.chunked_until]
    if not old:
        return {}
    rows = await session.connection.fetch(_PARTS_AT, *columns(old, 3))
    return {(series, ts): Part(*part) for series, ts, *part in rows}


async def part_at(session: Session, series: int, ts: int) -> Part | None:
    """The chunk whose span has ``ts``."""
    return (await parts_at(session, [(series, ts)])).get((series, ts))


async def newest_part(session: Session, series: int, ts: int) -> Part | None:
    """The last chunk that begins at or before ``ts``."""
    row = await session.connection.fetchrow(_NEWEST_PART, series, ts)
    return None if row is None else Part(*row)


async def compacted(session: Session, series: int, ts: int) -> Sample | None:
    """The reading of this instant in a chunk; raises UnstorableError for a damaged one."""
    part = await part_at(session, series, ts)
    return None if part is None else await sample_in(session, series, part, ts)


async def sample_in(session: Session, series: int, part: Part, ts: int) -> Sample | None:
    """The reading of this instant in a chunk whose span has it; raises UnstorableError for a damaged one."""
    samples = await samples_of(session, series, part)
    index = bisect_left(samples, ts, key=lambda sample: sample[0])
    return samples[index] if samples[index][0] == ts else None


async def samples_of(session: Session, series: int, part: Part) -> list[Sample]:
    """What a chunk holds; raises UnstorableError for a damaged one."""
    key = (series, part.first_ts)
    samples = session.samples.get(key)
    if samples is None:
        try:
            samples = decode(await session.connection.fetchval(_DATA, *key))
        except DamagedChunkError as error:
            raise UnstorableError("store.damaged_chunk") from error
        session.remember_samples(key, samples)
    return samples


async def fold(session: Session, series: int, hot: Sequence[Sample]) -> Sequence[Sample]:
    """Put the oldest of ``hot`` (of one UTC day, in order) into chunks; gives those that are still to do.

    One call unpacks one chunk and takes 2048 rows at most.
    """
    base, end = await _neighbour(session, series, hot[0][0])
    taken = [sample for sample in hot[:MOST_ROWS] if sample[0] < end]
    samples = taken
    if base is not None:
        samples = merge(await samples_of(session, series, base), taken)
        await _drop(session, series, base)
    for piece in pieces(samples):
        await _put(session, series, piece)
    await refigure(session, series, {sample[0] - sample[0] % HOUR_MS for sample in taken})
    return hot[len(taken) :]


async def thaw(session: Session, series: int, ts: int) -> None:
    """Make the rows of the chunk around ``ts`` hot again: they are about to change."""
    part = await part_at(session, series, ts)
    if part is None:
        return
    samples = await samples_of(session, series, part)
    await session.connection.execute(_THAW, series, *columns(samples, 6))
    await _drop(session, series, part)
    await refigure(session, series, {sample[0] - sample[0] % HOUR_MS for sample in samples})


async def refigure(session: Session, series: int, hours: Iterable[int]) -> None:
    """Make the figures of these hours (their starts, of one UTC day) anew from what chunks hold."""
    wanted = sorted(hours)
    day = wanted[0] // DAY_MS
    span = (day * DAY_MS, wanted[-1] + HOUR_MS, wanted[0])
    again = set(wanted)
    inside: list[Sample] = []
    for row in await session.connection.fetch(_PARTS_BETWEEN, series, *span):
        samples = await samples_of(session, series, Part(*row))
        inside += [sample for sample in samples if sample[0] - sample[0] % HOUR_MS in again]
    packed = await session.connection.fetchval(_HOURS, series, day)
    kept = {start: each for start, each in unpack_day(day, packed or b"").items() if start not in again}
    figures = kept | by_step(inside, HOUR_MS)
    if figures:
        await session.connection.execute(_PUT_HOURS, series, day, pack_day(figures))
    elif packed is not None:
        await session.connection.execute(_DROP_HOURS, series, day)


async def _neighbour(session: Session, series: int, ts: int) -> tuple[Part | None, int]:
    """The chunk that rows from ``ts`` on are put into, and where the one after it begins."""
    midnight = _midnight(ts)
    end = midnight + DAY_MS
    row = await session.connection.fetchrow(_PART_BEFORE, series, ts, midnight)
    after = [Part(*each) for each in await session.connection.fetch(_PARTS_AFTER, series, ts, end)]
    if row is None and after:
        row, *after = after
    return (None if row is None else Part(*row)), (after[0].first_ts if after else end)


async def _put(session: Session, series: int, samples: list[Sample]) -> None:
    first_ts, last_ts = samples[0][0], samples[-1][0]
    data = encode(samples)
    await session.connection.execute(_PUT, series, first_ts, last_ts, len(samples), data)
    session.remember_samples((series, first_ts), samples)


async def _drop(session: Session, series: int, part: Part) -> None:
    await session.connection.execute(_DROP, series, part.first_ts)
    session.samples.pop((series, part.first_ts), None)


def _midnight(ts: int) -> int:
    return ts - ts % DAY_MS
