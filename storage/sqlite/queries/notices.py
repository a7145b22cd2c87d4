"""What notices need to know: what is due, what went out lately, what was given up."""

from typing import Any

import apsw

from storage.notices import NoticeCounts, NoticeRow, RecentNotice

_ROW = """
SELECT key, incident, site, kind, step, person, channel, urgent, due_ms, state, tries, code, message, reply,
    made_ms, at_ms, body FROM notice
"""
# The condition is that of the index notice_due.
_DUE = f"{_ROW} WHERE state = 'WAITING' AND due_ms <= ? ORDER BY urgent DESC, due_ms, key LIMIT ?"
_LIST = f"{_ROW} WHERE state = ? ORDER BY at_ms DESC, key LIMIT ?"
_RECENT = """
SELECT DISTINCT person, channel, site, message, at_ms FROM notice
WHERE at_ms > ? AND message <> '' AND urgent = 0 AND state IN ('DELIVERED', 'WAITING')
"""
_COUNTS = """
SELECT (SELECT min(due_ms) FROM notice WHERE state = 'WAITING' AND due_ms > ?),
    (SELECT count(*) FROM notice WHERE state = 'WAITING'), (SELECT count(*) FROM notice WHERE state = 'DEAD')
"""
_NOTICED = "SELECT DISTINCT incident FROM notice"
_ANSWERED = """
SELECT DISTINCT incident FROM notice WHERE reply = ? AND reply <> '' AND person = ? AND at_ms > ?
ORDER BY incident
"""


def due(connection: apsw.Connection, now_ms: int, limit: int) -> list[NoticeRow]:
    return [NoticeRow(*row) for row in connection.execute(_DUE, (now_ms, limit))]


def listed(connection: apsw.Connection, state: str, limit: int) -> list[NoticeRow]:
    """Those whose state changed last come first."""
    return [NoticeRow(*row) for row in connection.execute(_LIST, (state, limit))]


def recent(connection: apsw.Connection, since_ms: int) -> list[RecentNotice]:
    return [RecentNotice(*row) for row in connection.execute(_RECENT, (since_ms,))]


def counts(connection: apsw.Connection, now_ms: int) -> NoticeCounts:
    row: Any = connection.execute(_COUNTS, (now_ms,)).fetchone()
    return NoticeCounts(*row)


def noticed(connection: apsw.Connection) -> set[str]:
    """The incidents of which there is a notice."""
    return {incident for (incident,) in connection.execute(_NOTICED)}


def answered(connection: apsw.Connection, reply: str, person: str, since_ms: int) -> list[str]:
    """The incidents of the message with this code that went to this person."""
    return [incident for (incident,) in connection.execute(_ANSWERED, (reply, person, since_ms))]
