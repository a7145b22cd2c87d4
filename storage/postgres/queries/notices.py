"""What notices need to know: what is due, what went out lately, what was given up."""

import asyncpg

from storage.notices import NoticeCounts, NoticeRow, RecentNotice

_ROW = """
SELECT key, incident, site, kind, step, person, channel, urgent, due_ms, state, tries, code, message, reply,
    made_ms, at_ms, body FROM notice
"""
_DUE = f"{_ROW} WHERE state = 'WAITING' AND due_ms <= $1 ORDER BY urgent DESC, due_ms, key LIMIT $2"
_LIST = f"{_ROW} WHERE state = $1 ORDER BY at_ms DESC, key LIMIT $2"
_RECENT = """
SELECT DISTINCT person, channel, site, message, at_ms FROM notice
WHERE at_ms > $1 AND message <> '' AND urgent = 0 AND state IN ('DELIVERED', 'WAITING')
"""
_COUNTS = """
SELECT (SELECT min(due_ms) FROM notice WHERE state = 'WAITING' AND due_ms > $1),
    (SELECT count(*) FROM notice WHERE state = 'WAITING'), (SELECT count(*) FROM notice WHERE state = 'DEAD')
"""
_NOTICED = "SELECT DISTINCT incident FROM notice"
_ANSWERED = """
SELECT DISTINCT incident FROM notice WHERE reply = $1 AND reply <> '' AND person = $2 AND at_ms > $3
ORDER BY incident
"""


async def due(connection: asyncpg.Connection, now_ms: int, limit: int) -> list[NoticeRow]:
    return [NoticeRow(*row) for row in await connection.fetch(_DUE, now_ms, limit)]


async def listed(connection: asyncpg.Connection, state: str, limit: int) -> list[NoticeRow]:
    """Those whose state changed last come first."""
    return [NoticeRow(*row) for row in await connection.fetch(_LIST, state, limit)]


async def recent(connection: asyncpg.Connection, since_ms: int) -> list[RecentNotice]:
    return [RecentNotice(*row) for row in await connection.fetch(_RECENT, since_ms)]


async def counts(connection: asyncpg.Connection, now_ms: int) -> NoticeCounts:
    return NoticeCounts(*await connection.fetchrow(_COUNTS, now_ms))


async def noticed(connection: asyncpg.Connection) -> set[str]:
    """The incidents of which there is a notice."""
    return {row["incident"] for row in await connection.fetch(_NOTICED)}


async def answered(connection: asyncpg.Connection, reply: str, person: str, since_ms: int) -> list[str]:
    """The incidents of the message with this code that went to this person."""
    return [row["incident"] for row in await connection.fetch(_ANSWERED, reply, person, since_ms)]
