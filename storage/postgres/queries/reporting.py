"""What people report, as it stood at a number of the log; revisions of reports."""

import asyncpg

from storage.contract import TooManyRows
from storage.reporting import MOST_FACTS, MOST_REVISIONS, FactFilter, Revision, StoredFact
from storage.reporting_rows import bounds, stored_facts
from storage.reporting_versions import STATES

_COLUMNS = """
SELECT version.number, version.id, version.subject, version.scope, version.day, version.received_ms,
    (SELECT count(*) FROM fact_version AS other
     WHERE other.type = version.type AND other.subject = version.subject AND other.number <= $2),
    version.data
FROM fact_version AS version
"""
_FACTS = f"""{_COLUMNS}
WHERE version.type = $1 AND version.day BETWEEN $3 AND $4
    AND version.number <= $2 AND version.until > $2 AND ($5::text[] IS NULL OR version.scope = ANY($5))
ORDER BY version.day, version.scope, version.subject LIMIT {MOST_FACTS + 1}
"""
# What stood at the end of a day, of what was known then.
_STATES = f"""{_COLUMNS}
WHERE version.type = $1 AND version.day BETWEEN $3 AND $4 AND version.number <= $2
    AND ($5::text[] IS NULL OR version.scope = ANY($5))
    AND NOT EXISTS (
        SELECT 1 FROM fact_version AS later
        WHERE later.type = version.type AND later.subject = version.subject AND later.number <= $2
            AND later.day <= $4 AND (later.told_ms, later.number) > (version.told_ms, version.number)
    )
ORDER BY version.day, version.scope, version.subject LIMIT {MOST_FACTS + 1}
"""  # noqa: S608
_ARRIVED = "SELECT received_ms FROM event WHERE number <= $1 ORDER BY number DESC LIMIT 1"
_CURRENT = f"""{_COLUMNS}
WHERE version.number = (SELECT number FROM fact WHERE type = $1 AND subject = $3)
"""  # noqa: S608
_REVISIONS = f"""
SELECT {", ".join(Revision._fields)} FROM report_revision
WHERE report = $1 AND query = $2 ORDER BY revision DESC LIMIT {MOST_REVISIONS}
"""  # noqa: S608
_NOW = 2**63 - 1


async def facts(connection: asyncpg.Connection, wanted: FactFilter) -> list[StoredFact]:
    """By day, scope and subject; raises TooManyRows."""
    days = bounds(wanted.from_day, wanted.to_day)
    scopes = None if wanted.scopes is None else [scope for scope in wanted.scopes if "\0" not in scope]
    sql = _STATES if wanted.type in STATES else _FACTS
    rows = await connection.fetch(sql, wanted.type, wanted.up_to, *days, scopes)
    if len(rows) > MOST_FACTS:
        raise TooManyRows
    return stored_facts(wanted.type, rows)


async def current_fact(connection: asyncpg.Connection, type_: str, subject: str) -> StoredFact | None:
    """As it stands now."""
    rows = [] if "\0" in subject else await connection.fetch(_CURRENT, type_, _NOW, subject)
    return next(iter(stored_facts(type_, rows)), None)


async def arrived_ms(connection: asyncpg.Connection, number: int) -> int | None:
    """None: the log has nothing so old."""
    found: int | None = await connection.fetchval(_ARRIVED, number)
    return found


async def report_revisions(connection: asyncpg.Connection, report: str, query: str) -> list[Revision]:
    """The newest first."""
    if "\0" in report + query:
        return []
    return [Revision(*row) for row in await connection.fetch(_REVISIONS, report, query)]
