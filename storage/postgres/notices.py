"""The notices' part of a transaction (storage.notices)."""

import asyncpg

from storage.notices import NoticeChanges

_COLUMNS = (
    "key, incident, site, kind, step, person, channel, urgent, due_ms, state, tries, code, message, reply, "
    "made_ms, at_ms, body"
)
_STOP = """
UPDATE notice SET state = 'SKIPPED', code = $2, at_ms = $3
WHERE incident = $1 AND state = 'WAITING' AND kind IN ('RAISED', 'REMINDER')
    AND ($4::boolean OR (tries = 0 AND message = '' AND due_ms > $3))
"""
_TELL = f"""
INSERT INTO notice ({_COLUMNS})
SELECT $4::bigint || '.' || $3::text || '.' || person || '.' || channel, $1::text, $2::text, $3::text, 0,
    person, channel, $5::int, $6::bigint, 'WAITING', 0, '', '', '', $7::bigint, $7::bigint, $8::bytea
FROM (
    SELECT DISTINCT person, channel FROM notice
    WHERE incident = $1::text AND kind IN ('RAISED', 'REMINDER')
        AND (state = 'DELIVERED'
            OR (state = 'WAITING' AND (due_ms <= $7::bigint OR tries > 0 OR message <> '')))
) AS told
ON CONFLICT (key) DO NOTHING
"""  # noqa: S608  our own column names
_NEW = f"""
INSERT INTO notice ({_COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (key) DO NOTHING
"""  # noqa: S608
_CLAIM = (
    "UPDATE notice SET message = $1, reply = $2, at_ms = $3 WHERE key = ANY($4::text[]) AND state = 'WAITING'"
)
# What went out did so, whatever was decided meanwhile.
_SETTLE = """
UPDATE notice SET state = $2, code = $3, due_ms = $4, at_ms = $5, tries = tries + 1
WHERE key = $1 AND (state = 'WAITING' OR $2 = 'DELIVERED')
"""
_DECIDE = """
UPDATE notice SET state = $2, code = '', tries = 0, due_ms = $3, at_ms = $3, made_ms = $3
WHERE state = 'DEAD' AND ($1 = '' OR key = $1)
"""
_ELSEWHERE = """
UPDATE notice SET state = 'DELIVERED', code = $4, at_ms = $5
WHERE incident = $1 AND person = $2 AND ($3 = '' OR channel = $3)
    AND kind = 'RAISED' AND state = 'WAITING' AND message = ''
"""
_FORGET = """
DELETE FROM notice WHERE key IN (
    SELECT key FROM notice WHERE state IN ('DELIVERED', 'SKIPPED') AND at_ms < $1 LIMIT 500
)
"""


async def enter(connection: asyncpg.Connection, changes: NoticeChanges) -> None:
    """Write them in the running transaction."""
    for sql, rows in (
        (_STOP, changes.stops),
        (_TELL, changes.tells),
        (_NEW, changes.new),
        (_CLAIM, [(claim.message, claim.reply, claim.at_ms, list(claim.keys)) for claim in changes.claims]),
        (_SETTLE, changes.settles),
        (_DECIDE, changes.decisions),
        (_ELSEWHERE, changes.elsewhere),
    ):
        if rows:
            await connection.executemany(sql, rows)
    if changes.forget_before_ms is not None:
        await connection.execute(_FORGET, changes.forget_before_ms)
