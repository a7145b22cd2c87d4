"""What people report, as it stood at a number of the log; revisions of reports."""

import json
from typing import Any

import apsw

from storage.contract import TooManyRows
from storage.reporting import MOST_FACTS, MOST_REVISIONS, FactFilter, Revision, StoredFact
from storage.reporting_rows import bounds, stored_facts
from storage.reporting_versions import STATES

_COLUMNS = """
SELECT version.number, version.id, version.subject, version.scope, version.day, version.received_ms,
    (SELECT count(*) FROM fact_version AS other INDEXED BY fact_version_subject
     WHERE other.type = version.type AND other.subject = version.subject AND other.number <= :up_to),
    version.data
FROM fact_version AS version
"""
_FACTS = f"""{_COLUMNS}
WHERE version.type = :type AND version.day BETWEEN :from_day AND :to_day
    AND version.number <= :up_to AND version.until > :up_to
    AND (:scopes IS NULL OR version.scope IN (SELECT value FROM json_each(:scopes)))
ORDER BY version.day, version.scope, version.subject LIMIT :most
"""  # noqa: S608  our own column names
# What stood at the end of a day, of what was known then.
_STATES = f"""{_COLUMNS}
WHERE version.type = :type AND version.day BETWEEN :from_day AND :to_day AND version.number <= :up_to
    AND (:scopes IS NULL OR version.scope IN (SELECT value FROM json_each(:scopes)))
    AND NOT EXISTS (
        SELECT 1 FROM fact_version AS later INDEXED BY fact_version_subject
        WHERE later.type = version.type AND later.subject = version.subject AND later.number <= :up_to
            AND later.day <= :to_day AND (later.told_ms, later.number) > (version.told_ms, version.number)
    )
ORDER BY version.day, version.scope, version.subject LIMIT :most
"""  # noqa: S608
_ARRIVED = "SELECT received_ms FROM event WHERE number <= ? ORDER BY number DESC LIMIT 1"
_CURRENT = f"""{_COLUMNS}
WHERE version.number = (SELECT number FROM fact WHERE type = :type AND subject = :subject)
"""  # noqa: S608
_REVISIONS = f"""
SELECT {", ".join(Revision._fields)} FROM report_revision
WHERE report = ? AND query = ? ORDER BY revision DESC LIMIT {MOST_REVISIONS}
"""  # noqa: S608  our own column names


def facts(connection: apsw.Connection, wanted: FactFilter) -> list[StoredFact]:
    """By day, scope and subject; raises TooManyRows."""
    from_day, to_day = bounds(wanted.from_day, wanted.to_day)
    rows: Any = connection.execute(
        _STATES if wanted.type in STATES else _FACTS,
        {
            "type": wanted.type,
            "up_to": wanted.up_to,
            "from_day": from_day,
            "to_day": to_day,
            "scopes": None if wanted.scopes is None else json.dumps(list(wanted.scopes)),
            "most": MOST_FACTS + 1,
        },
    )
    found = stored_facts(wanted.type, rows)
    if len(found) > MOST_FACTS:
        raise TooManyRows
    return found


def current_fact(connection: apsw.Connection, type_: str, subject: str) -> StoredFact | None:
    """As it stands now."""
    up_to = 2**63 - 1
    rows = connection.execute(_CURRENT, {"type": type_, "subject": subject, "up_to": up_to}).fetchall()
    return next(iter(stored_facts(type_, rows)), None)


def arrived_ms(connection: apsw.Connection, number: int) -> int | None:
    """None: the log has nothing so old."""
    found: int | None = connection.execute(_ARRIVED, (number,)).get
    return found


def report_revisions(connection: apsw.Connection, report: str, query: str) -> list[Revision]:
    """The newest first."""
    return [Revision(*row) for row in connection.execute(_REVISIONS, (report, query))]
