"""What people report: every event has its version, the one taken down last stands, revisions have no gaps."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import apsw

from hub.events import decode_data, decode_event
from hub.reported import Reported
from storage.admission import Stored
from storage.reporting_versions import REPORTED_TYPES, STILL, FactRow, Rank, fact_row
from storage.sqlite.checks.finding import Finding, Wrongs

VERSIONS = "điều được báo / what was reported"
STANDING = "phiên bản hiện hành / versions that stand"
REVISIONS = "phiên bản báo cáo / revisions of reports"

_TYPES = ", ".join(f"'{name}'" for name in REPORTED_TYPES)
_LOGGED = f"""
SELECT event.number, event.id, event.received_ms, event.body, kept.number, kept.type, kept.subject,
    kept.scope, kept.day, kept.told_ms, kept.received_ms, kept.id, kept.data
FROM event LEFT JOIN fact_version AS kept ON kept.number = event.number
WHERE event.type IN ({_TYPES}) ORDER BY event.number
"""  # noqa: S608  our own names
_LOST = f"""
SELECT number FROM fact_version WHERE NOT EXISTS (
    SELECT 1 FROM event WHERE event.number = fact_version.number AND event.type IN ({_TYPES})
)
"""  # noqa: S608
_BY_FACT = """
SELECT version.type, version.subject, version.number, version.until, version.told_ms,
    fact.number, fact.told_ms, fact.versions
FROM fact_version AS version
LEFT JOIN fact ON fact.type = version.type AND fact.subject = version.subject
ORDER BY version.type, version.subject, version.number
"""
_NOBODYS = """
SELECT subject FROM fact WHERE NOT EXISTS (
    SELECT 1 FROM fact_version AS own WHERE own.type = fact.type AND own.subject = fact.subject
)
"""
_WRONG_REVISIONS = """
SELECT report, count(*), max(revision), max(up_to) FROM report_revision GROUP BY report, query
HAVING count(*) <> max(revision) OR min(revision) <> 1
    OR max(up_to) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)
"""


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Bodies that cannot be read are found by the check of the log."""
    yield _versions(connection)
    yield _standing(connection)
    wrong = Wrongs()
    for report, *_ in connection.execute(_WRONG_REVISIONS):
        wrong.add(report)
    count = connection.execute("SELECT count(*) FROM report_revision").get
    yield wrong.finding(REVISIONS, f"{count}")


def _versions(connection: apsw.Connection) -> Finding:
    zone = ZoneInfo(connection.execute("SELECT timezone FROM store").get or "UTC")
    wrong, count = Wrongs(), 0
    logged: Any = connection.execute(_LOGGED)
    for number, id_, received_ms, body, *kept in logged:
        count += 1
        if (number, *(_expected(number, id_, received_ms, body, zone) or ())) != tuple(kept):
            wrong.add(f"log number {number}")
    for (number,) in connection.execute(_LOST):
        wrong.add(f"{number} without an event")
    return wrong.finding(VERSIONS, f"{count}")


def _expected(number: int, id_: bytes, received_ms: int, body: bytes, zone: ZoneInfo) -> FactRow | None:
    try:
        event = decode_event(body)
        payload = decode_data(event)
        stored = Stored(number, id_, b"", event, 0, 0, received_ms, received_ms)
        return fact_row(stored, payload, zone) if isinstance(payload, Reported) else None
    except ValueError:
        return None


class _Fact:
    """The versions of one fact, in the order of the log."""

    def __init__(self, told: tuple[Any, ...]) -> None:
        self.told = told
        self.rank = Rank(-STILL, 0)
        self.until: dict[int, int] = {}
        self.kept: dict[int, int] = {}

    def add(self, rank: Rank, until: int) -> None:
        self.kept[rank.number] = until
        if rank > self.rank:
            self.until[self.rank.number] = rank.number
            self.until[rank.number] = STILL
            self.rank = rank
        else:
            self.until[rank.number] = rank.number

    @property
    def holds(self) -> bool:
        self.until.pop(0, None)
        kept = (self.rank.number, self.rank.told_ms, len(self.kept))
        return self.told == kept and self.kept == self.until


def _standing(connection: apsw.Connection) -> Finding:
    wrong, count = Wrongs(), 0
    for fact in _facts(connection):
        count += 1
        if not fact.holds:
            wrong.add(f"log number {min(fact.kept)}")
    for _ in connection.execute(_NOBODYS):
        wrong.add("a fact without versions")
    return wrong.finding(STANDING, f"{count}")


def _facts(connection: apsw.Connection) -> Iterator[_Fact]:
    key: tuple[Any, ...] | None = None
    fact = _Fact(())
    rows: Any = connection.execute(_BY_FACT)
    for type_, subject, number, until, told_ms, *told in rows:
        if (type_, subject) != key:
            if key is not None:
                yield fact
            key, fact = (type_, subject), _Fact(tuple(told))
        fact.add(Rank(told_ms, number), until)
    if key is not None:
        yield fact
