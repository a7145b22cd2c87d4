"""What claims an instant of a series: which value stands, which are kept beside it (storage.instants)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from hub.events import decode_data, decode_event
from hub.payloads import Reading
from storage.admission import Stored
from storage.chunks import Sample
from storage.instants import Content, believed
from storage.postgres.entries import columns
from storage.postgres.parts import compacted, newest_part, parts_at, thaw
from storage.postgres.session import Session

_CLAIMS = """
SELECT own.ts, own.series, claim.number, value, quality, extra, lag_ms
FROM unnest($1::bigint[], $2::int[]) AS own (ts, series)
CROSS JOIN LATERAL (
    SELECT 0 AS beside, number, value, quality, extra, lag_ms FROM reading
    WHERE reading.ts = own.ts AND reading.series = own.series
    UNION ALL
    SELECT 1, number, value, quality, extra, lag_ms FROM reading_conflict
    WHERE reading_conflict.ts = own.ts AND reading_conflict.series = own.series
) AS claim
ORDER BY own.ts, own.series, claim.beside, claim.number
"""
_STAND = """
UPDATE reading SET number = $3, value = $4, quality = $5, lag_ms = $6, extra = $7
WHERE ts = $1 AND series = $2
"""
_INSERT_CONFLICT = """
INSERT INTO reading_conflict (ts, series, number, value, quality, lag_ms, extra)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""
_DELETE_CONFLICT = "DELETE FROM reading_conflict WHERE ts = $1 AND series = $2 AND number = $3"
_DELETE = "DELETE FROM reading WHERE ts = $1 AND series = $2"
_LOGGED = "SELECT number, time_ms FROM event WHERE id = $1 AND edge = $2"
_FIND = """
SELECT TRUE FROM reading WHERE ts = $1 AND series = $2 AND number = $3
UNION ALL
SELECT FALSE FROM reading_conflict WHERE ts = $1 AND series = $2 AND number = $3
"""
_CONTEST = """
INSERT INTO reading_contested (ts, series, number) SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[])
ON CONFLICT (ts, series) DO UPDATE SET number = greatest(reading_contested.number, excluded.number)
"""
_BODY = "SELECT body FROM event WHERE number = $1"
_METRIC = "SELECT metric FROM series WHERE series = $1"
_NEWEST = """
SELECT ts FROM reading
WHERE series = $1 AND ts <= $2 AND ts >= (SELECT first_ts FROM latest WHERE series = $1)
ORDER BY ts DESC LIMIT 1
"""
_IS_LATEST = "SELECT 1 FROM latest WHERE series = $1 AND ts = $2"
_STEP_BACK = "UPDATE latest SET ts = $1 WHERE series = $2 AND ts = $3"
_GONE = "DELETE FROM latest WHERE series = $1 AND ts = $2"


class Instant(NamedTuple):
    """Where at most one reading stands."""

    ts: int
    series: int


class Claim(NamedTuple):
    """A content that claims an instant, with the event it came by."""

    instant: Instant
    metric: str
    number: int
    content: Content
    lag_ms: int

    @property
    def row(self) -> tuple[object, ...]:
        """As the tables keep it."""
        value, quality, extra = self.content
        return *self.instant, self.number, value, quality, self.lag_ms, extra


async def contend(session: Session, claims: list[Claim]) -> None:
    """Settle, in order, claims to instants that are taken; equal contents are one claim."""
    taken = await _claims(session, {claim.instant: claim.metric for claim in claims})
    stood = {instant: standing[0] for instant, standing in taken.items()}
    aside: list[Claim] = []
    told: dict[Instant, int] = {}
    for claim in claims:
        present = taken[claim.instant]
        if any(claim.content == other.content for other in present):
            continue
        told[claim.instant] = claim.number
        if believed(claim.metric, claim.content) > believed(claim.metric, present[0].content):
            present.insert(0, claim)
            aside.append(present[1])
        else:
            present.append(claim)
            aside.append(claim)
    changed = [present[0] for instant, present in taken.items() if present[0] is not stood[instant]]
    await session.connection.executemany(_STAND, [claim.row for claim in changed])
    await session.connection.executemany(_INSERT_CONFLICT, [claim.row for claim in aside])
    await contest(session, told)


async def retract(session: Session, superseding: Stored) -> None:
    """Take away what the superseded event claimed; the next best claim stands, or the instant is empty."""
    connection = session.connection
    logged = await connection.fetchrow(_LOGGED, superseding.supersedes, superseding.event.edge)
    if logged is None:
        return
    number, ts = logged
    series = await _series_of(session, number)
    if series is None:
        return
    await contest(session, {Instant(ts, series): superseding.number})
    stands = await _stands(session, number, ts, series)
    if stands is None:
        return
    session.disturb(series, ts, superseding.arrived_ms)
    await connection.execute(_DELETE_CONFLICT, ts, series, number)
    if stands:
        await thaw(session, series, ts)
        await _vacate(session, Instant(ts, series))


async def drop_packed(session: Session, claims: list[Claim]) -> list[Claim]:
    """``claims`` without those that chunks hold; chunks with another content become rows again.

    Raises UnstorableError for a damaged chunk.
    """
    packed = await parts_at(session, [(series, ts) for (ts, series), *_ in claims])
    rest = []
    for claim in claims:
        ts, series = claim.instant
        sample = await compacted(session, series, ts) if (series, ts) in packed else None
        if sample is not None and _content(sample) == claim.content:
            continue
        if sample is not None:
            await thaw(session, series, ts)
        rest.append(claim)
    return rest


async def contest(session: Session, instants: Mapping[Instant, int]) -> None:
    """What stands there may have changed by the event of that number: once marked, always."""
    if instants:
        rows = [(*instant, number) for instant, number in sorted(instants.items())]
        await session.connection.execute(_CONTEST, *columns(rows, 3))


async def _series_of(session: Session, number: int) -> int | None:
    """That of event ``number``; None: it is no reading."""
    event = decode_event(await session.connection.fetchval(_BODY, number))
    payload = decode_data(event)
    if not isinstance(payload, Reading):
        return None
    key = (event.device, payload.metric, payload.unit, event.edge, event.site)
    return (await session.series([key]))[key]


async def _stands(session: Session, number: int, ts: int, series: int) -> bool | None:
    """Whether the claim of event ``number`` stands; None: it has none, or an equal one had it before."""
    found: bool | None = await session.connection.fetchval(_FIND, ts, series, number)
    if found is not None or ts >= session.chunked_until:
        return found
    sample = await compacted(session, series, ts)
    return True if sample is not None and sample[1] == number else None


def _content(sample: Sample) -> Content:
    _, _, value, quality, _, extra = sample
    return Content(value, quality, extra)


async def _claims(session: Session, metrics: dict[Instant, str]) -> dict[Instant, list[Claim]]:
    """Every claim to the instants, the standing one first."""
    found: dict[Instant, list[Claim]] = defaultdict(list)
    arrays = columns(list(metrics), 2)
    for ts, series, number, *content, lag_ms in await session.connection.fetch(_CLAIMS, *arrays):
        instant = Instant(ts, series)
        found[instant].append(Claim(instant, metrics[instant], number, Content(*content), lag_ms))
    return found


async def _vacate(session: Session, instant: Instant) -> None:
    metric = await session.connection.fetchval(_METRIC, instant.series)
    others = (await _claims(session, {instant: metric}))[instant][1:]
    if not others:
        await session.connection.execute(_DELETE, *instant)
        session.gains["readings"] -= 1
        await _step_back(session, instant)
        return
    best = max(others, key=lambda claim: believed(metric, claim.content))
    await session.connection.execute(_STAND, *best.row)
    await session.connection.execute(_DELETE_CONFLICT, *instant, best.number)


async def _step_back(session: Session, instant: Instant) -> None:
    """The reading there is gone: if it was the newest of its series, the one before it is."""
    ts, series = instant
    if await session.connection.fetchval(_IS_LATEST, series, ts) is None:
        return
    newest = await session.connection.fetchval(_NEWEST, series, ts)
    part = await newest_part(session, series, ts)
    if part is not None and (newest is None or part.last_ts > newest):
        newest = part.last_ts
        await thaw(session, series, newest)  # the newest reading of a series is hot
    if newest is None:
        await session.connection.execute(_GONE, series, ts)
    else:
        await session.connection.execute(_STEP_BACK, newest, series, ts)
