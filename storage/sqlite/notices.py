"""The notices' part of a transaction (storage.notices)."""

import apsw

from storage.notices import NoticeChanges

_COLUMNS = (
    "key, incident, site, kind, step, person, channel, urgent, due_ms, state, tries, code, message, reply, "
    "made_ms, at_ms, body"
)
_STOP = """
UPDATE notice SET state = 'SKIPPED', code = :code, at_ms = :at_ms
WHERE incident = :incident AND state = 'WAITING' AND kind IN ('RAISED', 'REMINDER')
    AND (:due OR (tries = 0 AND message = '' AND due_ms > :at_ms))
"""
_TELL = f"""
INSERT INTO notice ({_COLUMNS})
SELECT :entry || '.' || :kind || '.' || person || '.' || channel, :incident, :site, :kind, 0, person, channel,
    :urgent, :due_ms, 'WAITING', 0, '', '', '', :at_ms, :at_ms, :body
FROM (
    SELECT DISTINCT person, channel FROM notice
    WHERE incident = :incident AND kind IN ('RAISED', 'REMINDER')
        AND (state = 'DELIVERED' OR (state = 'WAITING' AND (due_ms <= :at_ms OR tries > 0 OR message <> '')))
) AS told
WHERE TRUE ON CONFLICT (key) DO NOTHING
"""  # noqa: S608  our own column names
_NEW = f"""
INSERT INTO notice ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO NOTHING
"""  # noqa: S608
_CLAIM = "UPDATE notice SET message = ?, reply = ?, at_ms = ? WHERE key = ? AND state = 'WAITING'"
# What went out did so, whatever was decided meanwhile.
_SETTLE = """
UPDATE notice SET state = :state, code = :code, due_ms = :due_ms, at_ms = :at_ms, tries = tries + 1
WHERE key = :key AND (state = 'WAITING' OR :state = 'DELIVERED')
"""
_DECIDE = """
UPDATE notice SET state = :state, code = '', tries = 0, due_ms = :at_ms, at_ms = :at_ms, made_ms = :at_ms
WHERE state = 'DEAD' AND (:key = '' OR key = :key)
"""
_ELSEWHERE = """
UPDATE notice SET state = 'DELIVERED', code = :code, at_ms = :at_ms
WHERE incident = :incident AND person = :person AND (:channel = '' OR channel = :channel)
    AND kind = 'RAISED' AND state = 'WAITING' AND message = ''
"""
_FORGET = """
DELETE FROM notice WHERE key IN (
    SELECT key FROM notice WHERE state IN ('DELIVERED', 'SKIPPED') AND at_ms < ? LIMIT 500
)
"""


def enter(connection: apsw.Connection, changes: NoticeChanges) -> None:
    """Write them in the running transaction."""
    connection.executemany(_STOP, [stop._asdict() for stop in changes.stops])
    connection.executemany(_TELL, [tell._asdict() for tell in changes.tells])
    connection.executemany(_NEW, changes.new)
    for claim in changes.claims:
        rows = [(claim.message, claim.reply, claim.at_ms, key) for key in claim.keys]
        connection.executemany(_CLAIM, rows)
    connection.executemany(_SETTLE, [settle._asdict() for settle in changes.settles])
    connection.executemany(_DECIDE, [decision._asdict() for decision in changes.decisions])
    connection.executemany(_ELSEWHERE, [told._asdict() for told in changes.elsewhere])
    if changes.forget_before_ms is not None:
        connection.execute(_FORGET, (changes.forget_before_ms,))
