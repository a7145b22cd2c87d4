"""lab.result.v1: every version of a fact, and which of them is current (storage.versions)."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from hub.payloads import LabResult
from storage.admission import Stored
from storage.lab_days import local_day, test_key
from storage.postgres.entries import Entry, columns
from storage.postgres.families import family_of
from storage.postgres.lab_days import count
from storage.postgres.session import Session
from storage.versions import FINAL, PRELIMINARY, Place, current, members, place_of

TYPE = LabResult.TYPE

FactKey = tuple[str, str]  # source, subject

_NEW_FACTS = """
INSERT INTO lab_fact (source, subject) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
"""
# Each fact with the last place of its versions and the one that stands.
_FACTS = """
SELECT source, subject, lab_fact.fact, last.place_epoch, last.place_seq, standing.number, standing.status
FROM unnest($1::text[], $2::text[]) AS key (source, subject)
JOIN lab_fact USING (source, subject)
LEFT JOIN LATERAL (
    SELECT place_epoch, place_seq FROM lab_result WHERE lab_result.fact = lab_fact.fact
    ORDER BY place_epoch DESC, place_seq DESC LIMIT 1
) AS last ON TRUE
LEFT JOIN lab_result AS standing ON standing.fact = lab_fact.fact AND standing.current
"""
_INSERT = """
INSERT INTO lab_result
    (number, fact, place_epoch, place_seq, status, current, specimen, site, device, call, time_ms,
     day, test, control)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::boolean[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::int[], $13::text[],
    $14::boolean[])
"""
_STEP_DOWN = """
UPDATE lab_result SET current = FALSE WHERE number = ANY($1::bigint[])
RETURNING day, site, status, test, call, control
"""
_PLACE = "UPDATE lab_result SET place_epoch = $1, place_seq = $2 WHERE number = $3"
_NONE_CURRENT = """
UPDATE lab_result SET current = FALSE WHERE fact = $1 AND current
RETURNING day, site, status, test, call, control
"""
_CURRENT = """
UPDATE lab_result SET current = TRUE WHERE number = $1 RETURNING day, site, status, test, call, control
"""


class Result(NamedTuple):
    """A row of lab_result."""

    number: int
    fact: int
    place_epoch: int
    place_seq: int
    status: str
    current: bool
    specimen: str
    site: str
    device: str
    call: str
    time_ms: int
    day: int
    test: str
    control: bool


@dataclass(slots=True)
class Fact:
    """A fact as this commit leaves it; ``linked`` ones are decided from their whole family."""

    fact: int
    last: Place | None
    standing: tuple[int, str] | None  # number and status of the version that lists show
    was: int | None = None  # the number that stood before
    linked: bool = False

    def add(self, entry: Entry, status: str) -> None:
        """Count in a version that is not yet in the table (rule of storage.versions)."""
        place = (entry.stored.epoch, entry.stored.event.seq)
        superseding = bool(entry.stored.supersedes) or entry.replaced
        if self.linked or superseding or (self.last is not None and place <= self.last):
            self.linked = True
            return
        self.last = place
        if self.standing is None or not (status == PRELIMINARY and self.standing[1] in FINAL):
            self.standing = (entry.stored.number, status)


def prepare(stored: Stored, payload: LabResult) -> FactKey:
    """What a result is a version of."""
    return stored.event.source, stored.event.subject


async def apply(session: Session, entries: list[Entry]) -> None:
    """Add versions; keep or change which ones are current."""
    await session.mark_replaced(entries)
    facts = await _facts(session, list(dict.fromkeys(entry.prepared for entry in entries)))
    for entry in entries:
        assert isinstance(entry.payload, LabResult)
        facts[entry.prepared].add(entry, entry.payload.status)
    await _write(session, entries, facts)
    for linked in [each.fact for each in facts.values() if each.linked]:
        await _settle(session, linked)


async def _facts(session: Session, keys: list[FactKey]) -> dict[FactKey, Fact]:
    arrays = columns(keys, 2)
    await session.connection.execute(_NEW_FACTS, *arrays)
    facts = {}
    for source, subject, fact, epoch, seq, number, status in await session.connection.fetch(_FACTS, *arrays):
        standing = None if number is None else (number, status)
        facts[source, subject] = Fact(fact, None if epoch is None else (epoch, seq), standing, number)
    return facts


async def _write(session: Session, entries: list[Entry], facts: dict[FactKey, Fact]) -> None:
    stepping_down = []
    standing = set()
    for fact in facts.values():
        now = fact.standing[0] if fact.standing else None
        if fact.linked or now == fact.was:
            continue
        standing.add(now)
        if fact.was is not None:
            stepping_down.append(fact.was)
    if stepping_down:
        await _change(session, _STEP_DOWN, stepping_down, -1)
    rows = [
        _row(entry, facts[entry.prepared].fact, entry.stored.number in standing, session.zone)
        for entry in entries
    ]
    await session.connection.execute(_INSERT, *columns(rows, 14))
    for row in rows:
        if row.current:
            count(session, (row.day, row.site, row.status, row.test, row.call, row.control), 1)


async def _settle(session: Session, fact: int) -> None:
    """Place and choose anew in this fact and in every fact that one of its versions is linked with."""
    family = await family_of(session.connection, fact)
    for each in {version.fact for version in family.values()}:
        await _choose(session, each)


async def _choose(session: Session, fact: int) -> None:
    family = await family_of(session.connection, fact)
    versions = members(family, fact)
    places = [(*place_of(version, family), version.number) for version in versions]
    await session.connection.executemany(_PLACE, places)
    await _change(session, _NONE_CURRENT, fact, -1)
    chosen = current(versions, family)
    if chosen is not None:
        await _change(session, _CURRENT, chosen.number, 1)


async def _change(session: Session, mark: str, key: object, delta: int) -> None:
    for row in await session.connection.fetch(mark, key):
        count(session, tuple(row), delta)


def _row(entry: Entry, fact: int, is_current: bool, zone: tzinfo) -> Result:
    stored, payload = entry.stored, entry.payload
    assert isinstance(payload, LabResult)
    return Result(
        stored.number,
        fact,
        stored.epoch,
        stored.event.seq,
        payload.status,
        is_current,
        payload.specimen,
        stored.event.site,
        stored.event.device,
        payload.call,
        stored.time_ms,
        local_day(stored.time_ms, zone),
        test_key(payload.test.code),
        payload.control,
    )
