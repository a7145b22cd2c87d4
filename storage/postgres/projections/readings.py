"""coldchain.reading.v1: one row per series and instant, its conflicts, and the newest instant of a series."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import asyncpg

from hub.payloads import Reading
from storage.admission import Stored
from storage.instants import Content, content_of
from storage.knowledge import SeriesKey
from storage.postgres.claims import Claim, Instant, contend, contest, drop_packed, retract
from storage.postgres.entries import Entry, columns
from storage.postgres.parts import parts_at, sample_in
from storage.postgres.session import Session

TYPE = Reading.TYPE

COLUMNS = ("ts", "series", "number", "value", "quality", "lag_ms", "extra")
# COPY is 1.2 to 1.4 times as fast as arrays, but needs a savepoint: two more journeys to the server.
WORTH_A_COPY_ROWS = 200
_INSERT = """
INSERT INTO reading (ts, series, number, value, quality, lag_ms, extra)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::float8[], $5::smallint[], $6::bigint[],
    $7::bytea[])
ON CONFLICT DO NOTHING
"""
_INSERTED = """
SELECT reading.ts, reading.series
FROM unnest($1::bigint[], $2::int[], $3::bigint[]) AS own (ts, series, number)
JOIN reading ON reading.ts = own.ts AND reading.series = own.series AND reading.number = own.number
"""
# Readings with this value whose own event has left the log.
_SEEN = """
SELECT own.id FROM unnest($1::bytea[], $2::bigint[], $3::int[], $4::float8[]) AS own (id, ts, series, value)
WHERE EXISTS (
    SELECT 1 FROM (
        SELECT number, value FROM reading WHERE ts = own.ts AND series = own.series
        UNION ALL
        SELECT number, value FROM reading_conflict WHERE ts = own.ts AND series = own.series
    ) AS claim
    WHERE claim.value IS NOT DISTINCT FROM own.value AND claim.number <= $5
        AND NOT EXISTS (SELECT 1 FROM event WHERE event.number = claim.number)
)
"""
_LOGGED = "SELECT number FROM event WHERE number = ANY($1::bigint[])"
_SPANS = """
INSERT INTO latest (series, first_ts, ts) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[])
ON CONFLICT (series) DO UPDATE
SET first_ts = least(latest.first_ts, excluded.first_ts), ts = greatest(latest.ts, excluded.ts)
WHERE excluded.first_ts < latest.first_ts OR excluded.ts > latest.ts
"""


class Prepared(NamedTuple):
    """A reading without the ids that only the store knows."""

    series: SeriesKey
    metric: str
    content: Content


def prepare(stored: Stored, payload: Reading) -> Prepared:
    """Raises ValueError for a value that is no finite number."""
    event = stored.event
    key = (event.device, payload.metric, payload.unit, event.edge, event.site)
    return Prepared(key, payload.metric, content_of(payload))


async def seen(session: Session, entries: list[Entry]) -> set[bytes]:
    """The ids of readings that are known although retention removed their events from the log (design 3)."""
    if not session.deleted_number:
        return set()
    series = await session.series(entry.prepared.series for entry in entries)
    rows = [
        (
            entry.stored.id,
            entry.stored.time_ms,
            series[entry.prepared.series],
            entry.prepared.content.value,
        )
        for entry in entries
    ]
    found = await session.connection.fetch(_SEEN, *columns(rows, 4), session.deleted_number)
    known = {row[0] for row in found}
    return known | await _packed(session, [row for row in rows if row[0] not in known])


async def _packed(session: Session, rows: list[tuple[bytes, int, int, float | None]]) -> set[bytes]:
    """The ids of those that chunks hold and the log does not; raises UnstorableError."""
    parts = await parts_at(session, ((series, ts) for _, ts, series, _ in rows))
    holding: dict[int, list[bytes]] = defaultdict(list)
    for event_id, ts, series, value in rows:
        part = parts.get((series, ts))
        sample = part and await sample_in(session, series, part, ts)
        if sample and sample[2] == value and sample[1] <= session.deleted_number:
            holding[sample[1]].append(event_id)
    logged = {row[0] for row in await session.connection.fetch(_LOGGED, list(holding))} if holding else set()
    return {event_id for number, ids in holding.items() if number not in logged for event_id in ids}


async def apply(session: Session, entries: list[Entry]) -> None:
    """Add readings, and settle what stands where an instant is taken."""
    await session.mark_replaced(entries)
    for entry in entries:
        if entry.stored.supersedes:
            await retract(session, entry.stored)
    standing = [entry for entry in entries if not entry.replaced]
    series = await session.series(entry.prepared.series for entry in entries)
    await contest(
        session,
        {
            Instant(entry.stored.time_ms, series[entry.prepared.series]): entry.stored.number
            for entry in entries
            if entry.replaced
        },
    )
    claims = [_claim(entry, series) for entry in standing]
    for entry, claim in zip(standing, claims, strict=True):
        session.disturb(claim.instant.series, claim.instant.ts, entry.stored.arrived_ms)
    claims = await drop_packed(session, claims)
    inserted = await _insert(session, claims)
    session.gains["readings"] += len(inserted)
    await _widen(session, inserted)
    numbers = {claim.number for claim in inserted}
    if rest := [claim for claim in claims if claim.number not in numbers]:
        await contend(session, rest)


def _claim(entry: Entry, series: dict[SeriesKey, int]) -> Claim:
    stored, prepared = entry.stored, entry.prepared
    instant = Instant(stored.time_ms, series[prepared.series])
    return Claim(
        instant, prepared.metric, stored.number, prepared.content, stored.received_ms - stored.time_ms
    )


async def _insert(session: Session, claims: list[Claim]) -> list[Claim]:
    """Those of ``claims`` that came first to their instant."""
    first = {claim.instant: claim for claim in reversed(claims)}
    rows = [claim.row for claim in first.values()]
    if not rows:
        return []
    if await insert_rows(session.connection, rows):
        return list(first.values())
    arrays = columns(rows, len(COLUMNS))
    found = await session.connection.fetch(_INSERTED, *arrays[:3])
    return [first[Instant(ts, series)] for ts, series in found]


async def insert_rows(connection: asyncpg.Connection, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Rows of COLUMNS, in the running transaction; False when some of their instants were taken."""
    if len(rows) >= WORTH_A_COPY_ROWS and await _copied(connection, rows):
        return True
    done = await connection.execute(_INSERT, *columns(rows, len(COLUMNS)))
    return bool(done == f"INSERT 0 {len(rows)}")


async def _copied(connection: asyncpg.Connection, rows: Sequence[tuple[Any, ...]]) -> bool:
    """All of them or, where one is there already, none."""
    await connection.execute("SAVEPOINT copied")
    try:
        await connection.copy_records_to_table("reading", records=rows, columns=COLUMNS)
    except asyncpg.UniqueViolationError:
        await connection.execute("ROLLBACK TO SAVEPOINT copied")
        return False
    await connection.execute("RELEASE SAVEPOINT copied")
    return True


async def _widen(session: Session, claims: Iterable[Claim]) -> None:
    """Bring ``latest`` up to date: once per series and commit."""
    spans: dict[int, tuple[int, int]] = {}
    for claim in claims:
        ts, series = claim.instant
        first_ts, last_ts = spans.get(series, (ts, ts))
        spans[series] = (min(first_ts, ts), max(last_ts, ts))
    if spans:
        rows = [(series, *span) for series, span in sorted(spans.items())]
        await session.connection.execute(_SPANS, *columns(rows, 3))
