"""The alarms' part of a transaction: entries, how incidents stand, and how far the log was judged."""

from collections.abc import Sequence

from hub.errors import StoreUnavailable
from storage.contract import Batch
from storage.incidents import AlarmChanges, moved
from storage.postgres import notices
from storage.postgres.session import Session

_NUMBER = "SELECT number FROM alarm_progress"
_INSERT_ENTRY = """
INSERT INTO incident_entry (number, incident, device, kind, at_ms, body, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_PUT_INCIDENT = """
INSERT INTO incident (id, opened, last, site, device, metric, rule, state, severity, start_ms, cleared_ms,
    end_ms, standing)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET last = excluded.last, state = excluded.state, severity = excluded.severity,
    start_ms = excluded.start_ms, cleared_ms = excluded.cleared_ms, end_ms = excluded.end_ms,
    standing = excluded.standing
"""
_PROGRESS = "UPDATE alarm_progress SET cursor = $1, judged_ms = $2"
_SETTING = "INSERT INTO alarm_setting (name, from_ms, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_HEAD = "UPDATE alarm_progress SET number = $1, hash = $2"


async def refusals(session: Session, batches: Sequence[Batch]) -> dict[int, StoreUnavailable]:
    """Which of these batches (by their place) do not follow the ledger, each after the one before it."""
    if not any(batch.alarms for batch in batches):
        return {}
    number = int(await session.connection.fetchval(_NUMBER))
    found: dict[int, StoreUnavailable] = {}
    for place, batch in enumerate(batches):
        if batch.alarms is None:
            continue
        if refusal := moved(batch.alarms, number):
            found[place] = refusal
        else:
            number = batch.alarms.last
    return found


async def enter(session: Session, changes: AlarmChanges) -> None:
    """Write them in the running transaction."""
    connection = session.connection
    if changes.entries:
        await connection.executemany(_INSERT_ENTRY, changes.entries)
        await connection.execute(_HEAD, changes.last, changes.entries[-1].hash)
    if changes.incidents:
        await connection.executemany(_PUT_INCIDENT, changes.incidents)
    if changes.settings:
        await connection.executemany(_SETTING, changes.settings)
    if changes.notices:
        await notices.enter(connection, changes.notices)
    if changes.judged:
        await connection.execute(_PROGRESS, *changes.judged)
