"""coldchain.reading.v1: one row per series and instant, its conflicts, and the newest instant of a series."""

from typing import NamedTuple

from hub.events import decode_data, decode_event
from hub.payloads import Reading
from storage.admission import Stored
from storage.chunks import Sample
from storage.instants import Content, believed, content_of
from storage.sqlite.contested import contest
from storage.sqlite.parts import compacted, newest_part, part_at, thaw
from storage.sqlite.session import Session, Span

TYPE = Reading.TYPE

_INSERT = """
INSERT INTO reading (ts, series, number, value, quality, lag_ms, extra) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_INSERT_CONFLICT = """
INSERT INTO reading_conflict (ts, series, number, value, quality, lag_ms, extra)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_REPLACE = """
UPDATE reading SET number = ?, value = ?, quality = ?, lag_ms = ?, extra = ? WHERE ts = ? AND series = ?
"""
_CLAIMS = """
SELECT number, value, quality, lag_ms, extra FROM reading WHERE ts = :ts AND series = :series
UNION ALL
SELECT number, value, quality, lag_ms, extra FROM reading_conflict WHERE ts = :ts AND series = :series
"""
# A reading with this value whose own event has left the log.
_SEEN = """
SELECT 1 FROM (
    SELECT number, value FROM reading WHERE ts = :ts AND series = :series
    UNION ALL
    SELECT number, value FROM reading_conflict WHERE ts = :ts AND series = :series
) AS claim
WHERE claim.value IS :value AND claim.number <= :deleted_number
    AND NOT EXISTS (SELECT 1 FROM event WHERE event.number = claim.number)
LIMIT 1
"""
_KNOWN = "SELECT 1 FROM event WHERE id = ?"
_LOGGED = "SELECT 1 FROM event WHERE number = ?"
_BODY = "SELECT body FROM event WHERE number = ?"
_FIND = """
SELECT 1 FROM reading WHERE ts = :ts AND series = :series AND number = :number
UNION ALL
SELECT 0 FROM reading_conflict WHERE ts = :ts AND series = :series AND number = :number
"""
_NEWEST = """
SELECT ts FROM reading WHERE series = :series AND ts <= :ts
    AND ts >= (SELECT first_ts FROM latest WHERE series = :series)
ORDER BY ts DESC LIMIT 1
"""
_IS_LATEST = "SELECT 1 FROM latest WHERE series = ? AND ts = ?"
_STEP_BACK = "UPDATE latest SET ts = ? WHERE series = ? AND ts = ?"
_SPAN = """
INSERT INTO latest (series, first_ts, ts) VALUES (?, ?, ?)
ON CONFLICT (series) DO UPDATE
SET first_ts = min(first_ts, excluded.first_ts), ts = max(ts, excluded.ts)
WHERE excluded.first_ts < first_ts OR excluded.ts > ts
"""


class Claim(NamedTuple):
    """A content that claims an instant, with the event it came by."""

    number: int
    content: Content
    lag_ms: int


def seen(session: Session, stored: Stored, payload: Reading) -> bool:
    """Whether this reading is known although retention removed its event from the log (design 3)."""
    if not session.deleted_number:
        return False
    series = _series(session, stored, payload)
    wanted = {
        "ts": stored.time_ms,
        "series": series,
        "value": payload.value,
        "deleted_number": session.deleted_number,
    }
    if session.connection.execute(_SEEN, wanted).get is not None:
        return True
    if (
        part_at(session, series, stored.time_ms) is None
        or session.connection.execute(_KNOWN, (stored.id,)).get
    ):
        return False  # the log tells
    sample = compacted(session, series, stored.time_ms)
    if sample is None or sample[2] != payload.value or sample[1] > session.deleted_number:
        return False
    return session.connection.execute(_LOGGED, (sample[1],)).get is None


def apply(session: Session, stored: Stored, payload: Reading) -> None:
    """Add a reading, or settle what stands when the instant is taken."""
    content = content_of(payload)
    if stored.supersedes:
        _retract(session, stored)
    series = _series(session, stored, payload)
    if session.replaced(stored):
        contest(session, stored.time_ms, series, stored.number)
        return
    session.disturb(series, stored.time_ms, stored.arrived_ms)
    sample = compacted(session, series, stored.time_ms)
    if sample is not None:
        if content == _content(sample):
            return
        thaw(session, series, stored.time_ms)
    claim = Claim(stored.number, content, stored.received_ms - stored.time_ms)
    session.connection.execute(_INSERT, _row(stored.time_ms, series, claim))
    if session.connection.changes():
        session.gains["readings"] += 1
        _widen(session, series, stored.time_ms)
    else:
        _contend(session, stored.time_ms, series, payload.metric, claim)


def write_spans(session: Session) -> None:
    """Bring ``latest`` up to date: once per series and transaction."""
    session.connection.executemany(
        _SPAN, [(series, span.first_ts, span.ts) for series, span in session.spans.items()]
    )
    session.spans.clear()


def _series(session: Session, stored: Stored, payload: Reading) -> int:
    event = stored.event
    return session.series((event.device, payload.metric, payload.unit, event.edge, event.site))


def _widen(session: Session, series: int, ts: int) -> None:
    span = session.spans.get(series)
    session.spans[series] = Span(min(span.first_ts, ts), max(span.ts, ts)) if span else Span(ts, ts)


def _contend(session: Session, ts: int, series: int, metric: str, claim: Claim) -> None:
    standing, *others = _claims(session, ts, series)
    if any(claim.content == other.content for other in (standing, *others)):
        return
    contest(session, ts, series, claim.number)
    if believed(metric, claim.content) > believed(metric, standing.content):
        _stand(session, ts, series, claim)
        claim = standing
    session.connection.execute(_INSERT_CONFLICT, _row(ts, series, claim))


def _claims(session: Session, ts: int, series: int) -> list[Claim]:
    rows = session.connection.execute(_CLAIMS, {"ts": ts, "series": series})
    return [Claim(number, Content(value, quality, extra), lag) for number, value, quality, lag, extra in rows]


def _stand(session: Session, ts: int, series: int, claim: Claim) -> None:
    session.connection.execute(
        _REPLACE, (claim.number, *claim.content[:2], claim.lag_ms, claim.content.extra, ts, series)
    )


def _retract(session: Session, stored: Stored) -> None:
    """Take away what the superseded event claimed; the next best claim stands, or the instant is empty."""
    logged = session.logged(stored.supersedes, stored.event.edge)
    if logged is None:
        return
    number, ts = logged
    series = _series_of(session, number)
    if series is None:
        return
    contest(session, ts, series, stored.number)
    stands = _stands(session, number, ts, series)
    if stands is None:
        return
    session.disturb(series, ts, stored.arrived_ms)
    session.connection.execute(
        "DELETE FROM reading_conflict WHERE ts = ? AND series = ? AND number = ?", (ts, series, number)
    )
    if stands:
        thaw(session, series, ts)
        _vacate(session, ts, series)


def _series_of(session: Session, number: int) -> int | None:
    """That of event ``number``; None: it is no reading."""
    event = decode_event(session.connection.execute(_BODY, (number,)).get)
    payload = decode_data(event)
    if not isinstance(payload, Reading):
        return None
    return session.series((event.device, payload.metric, payload.unit, event.edge, event.site))


def _stands(session: Session, number: int, ts: int, series: int) -> bool | None:
    """Whether the claim of event ``number`` stands; None: it has none, or an equal one had it before."""
    found = session.connection.execute(_FIND, {"ts": ts, "series": series, "number": number}).get
    if found is not None or ts >= session.chunked_until:
        return None if found is None else bool(found)
    sample = compacted(session, series, ts)
    return True if sample is not None and sample[1] == number else None


def _vacate(session: Session, ts: int, series: int) -> None:
    others = _claims(session, ts, series)[1:]
    if not others:
        session.connection.execute("DELETE FROM reading WHERE ts = ? AND series = ?", (ts, series))
        session.gains["readings"] -= 1
        _step_back(session, ts, series)
        return
    metric = str(session.connection.execute("SELECT metric FROM series WHERE series = ?", (series,)).get)
    best = max(others, key=lambda claim: believed(metric, claim.content))
    _stand(session, ts, series, best)
    session.connection.execute(
        "DELETE FROM reading_conflict WHERE ts = ? AND series = ? AND number = ?", (ts, series, best.number)
    )


def _step_back(session: Session, ts: int, series: int) -> None:
    """The reading at ``ts`` is gone: if it was the newest of its series, the one before it is."""
    write_spans(session)
    if session.connection.execute(_IS_LATEST, (series, ts)).get is None:
        return
    newest = session.connection.execute(_NEWEST, {"ts": ts, "series": series}).get
    part = newest_part(session, series, ts)
    if part is not None and (newest is None or part.last_ts > newest):
        newest = part.last_ts
        thaw(session, series, newest)  # the newest reading of a series is hot
    if newest is None:
        session.connection.execute("DELETE FROM latest WHERE series = ? AND ts = ?", (series, ts))
    else:
        session.connection.execute(_STEP_BACK, (newest, series, ts))


def _content(sample: Sample) -> Content:
    _, _, value, quality, _, extra = sample
    return Content(value, quality, extra)


def _row(ts: int, series: int, claim: Claim) -> tuple[object, ...]:
    content = claim.content
    return ts, series, claim.number, content.value, content.quality, claim.lag_ms, content.extra
