"""What people and other systems report: every version of a fact, and which of them stands."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.events import decode_data, decode_event
from hub.reported import Reported
from storage.admission import Stored
from storage.lab_days import DEFAULT_TIMEZONE
from storage.postgres.entries import Entry, columns
from storage.postgres.session import Session
from storage.reporting_versions import REPORTED_TYPES, STILL, FactRow, Rank, fact_row

TYPES = REPORTED_TYPES

# LIMIT keeps the order of the joins: a plan made while the tables were small is kept as they grow.
STANDING = """
SELECT wanted.subject, found.told_ms, found.number, found.versions
FROM unnest($2::text[]) AS wanted (subject)
CROSS JOIN LATERAL (
    SELECT told_ms, number, versions FROM fact
    WHERE fact.type = $1 AND fact.subject = wanted.subject LIMIT 1
) AS found
"""
_PUT = """
INSERT INTO fact (type, subject, number, told_ms, versions)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
ON CONFLICT (type, subject) DO UPDATE
SET number = excluded.number, told_ms = excluded.told_ms, versions = excluded.versions
"""
END = """
UPDATE fact_version SET until = ended.until
FROM unnest($1::bigint[], $2::bigint[]) AS ended (number, until)
WHERE fact_version.number = ANY($1::bigint[]) AND fact_version.number = ended.number
"""
_INSERT = """
INSERT INTO fact_version (number, until, type, subject, scope, day, told_ms, received_ms, id, data)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[])
"""
_LOGGED = """
SELECT number, id, epoch, time_ms, received_ms, body FROM event
WHERE number > $1 AND type = ANY($2::text[]) ORDER BY number LIMIT 1000
"""


@dataclass(slots=True)
class _Fact:
    rank: Rank
    versions: int


def prepare(stored: Stored, payload: Reported) -> Reported:
    """Raises ValueError for a day or moment that is none."""
    fact_row(stored, payload, ZoneInfo(DEFAULT_TIMEZONE))
    return payload


async def apply(session: Session, entries: list[Entry]) -> None:
    """The version that was taken down last stands (storage.reporting_versions)."""
    rows = [(entry.stored.number, fact_row(entry.stored, entry.prepared, session.zone)) for entry in entries]
    await add(session, rows)


async def recount(session: Session, zone: ZoneInfo) -> None:
    """All facts anew from the log: which day a moment belongs to may have changed with the zone."""
    connection, after = session.connection, 0
    await connection.execute("DELETE FROM fact; DELETE FROM fact_version")
    while logged := await connection.fetch(_LOGGED, after, list(TYPES)):
        rows: dict[str, list[tuple[int, FactRow]]] = {}
        for number, id_, epoch, time_ms, arrived_ms, body in logged:
            event = decode_event(body)
            payload = decode_data(event)
            if isinstance(payload, Reported):
                stored = Stored(number, id_, b"", event, epoch, time_ms, arrived_ms, arrived_ms)
                rows.setdefault(event.type, []).append((number, fact_row(stored, payload, zone)))
        for of_type in rows.values():
            await add(session, of_type)
        after = logged[-1][0]


async def add(session: Session, rows: list[tuple[int, FactRow]]) -> None:
    """Rows of one type by their numbers, in order."""
    if not rows:
        return
    connection, type_ = session.connection, rows[0][1].type
    subjects = list({row.subject for _, row in rows})
    facts = {
        subject: _Fact(Rank(told_ms, number), versions)
        for subject, told_ms, number, versions in await connection.fetch(STANDING, type_, subjects)
    }
    until = _settle(rows, facts)
    new = {number for number, _ in rows}
    ended = [(number, end) for number, end in until.items() if number not in new]
    kept = [
        (type_, subject, fact.rank.number, fact.rank.told_ms, fact.versions)
        for subject, fact in facts.items()
    ]
    await connection.execute(END, *columns(ended, 2))
    await connection.execute(_PUT, *columns(kept, 5))
    await connection.execute(
        _INSERT, *columns([(number, until.get(number, STILL), *row) for number, row in rows], 10)
    )


def _settle(rows: list[tuple[int, FactRow]], facts: dict[str, _Fact]) -> dict[int, int]:
    """Bring ``facts`` up to date; gives the numbers at which versions ended."""
    until: dict[int, int] = {}
    for number, row in rows:
        rank = Rank(row.told_ms, number)
        fact = facts.get(row.subject)
        if fact is None:
            facts[row.subject] = _Fact(rank, 1)
            continue
        fact.versions += 1
        if rank > fact.rank:
            until[fact.rank.number] = number
            fact.rank = rank
        else:
            until[number] = number
    return until
