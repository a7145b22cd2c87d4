"""One write transaction: everything or nothing, one at a time, and what was gathered for its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from hub.errors import StoreUnavailable
from storage.postgres.connection import TRANSACTION_LOCK
from storage.postgres.failures import FAILURES
from storage.postgres.gates import write_gate_hours
from storage.postgres.lab_days import write_changes
from storage.postgres.session import Session

# Longer than that the line is dead: it is cut, and the server rolls back when it notices.
LONGEST_ROLLBACK_SECONDS = 5.0
# The lock makes numbers grow in commit order. It is a statement of its own: one that takes the lock
# and reads in one go would read what was true before it waited.
_STANDING = "SELECT id, term, last_number, deleted_number, timezone, chunked_until FROM store"
_SIGHTING = """
INSERT INTO device (edge, device, site, last_message_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (edge, device) DO UPDATE
SET last_message_ms = excluded.last_message_ms, site = excluded.site
WHERE device.last_message_ms IS NULL OR excluded.last_message_ms > device.last_message_ms
"""
_GAINS = """
UPDATE store SET last_number = $1, events = events + $2, results = results + $3,
    readings = readings + $4, poison = poison + $5
"""


class Standing(NamedTuple):
    """The one row of the table store, read under the lock."""

    id: str
    term: int
    last_number: int
    deleted_number: int
    timezone: str
    chunked_until: int


@asynccontextmanager
async def locked(session: Session) -> AsyncIterator[None]:
    """BEGIN, wait for our turn, COMMIT; whatever is raised inside leaves nothing behind."""
    connection = session.connection
    committed = False
    try:
        await connection.execute(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
            f"SELECT pg_advisory_xact_lock({TRANSACTION_LOCK}, {session.schema})"
        )
        yield
        # COMMIT of a failed transaction is no error: the server answers ROLLBACK.
        if await connection.execute("COMMIT") != "COMMIT":
            raise StoreUnavailable("store.aborted: the server rolled the transaction back")
        committed = True
    finally:
        if not committed:
            session.forget()
            await _roll_back(session)


@asynccontextmanager
async def transaction(session: Session) -> AsyncIterator[Standing]:
    """``locked``, with the store's standing at its start and its counters brought up to date at its end."""
    async with locked(session):
        row = await session.connection.fetchrow(_STANDING)
        if row is None:
            raise StoreUnavailable("store.absent: the store was emptied while it was open")
        standing = Standing(*row)
        session.begin(standing.last_number, standing.deleted_number, standing.timezone)
        session.chunked_until = max(session.chunked_until, standing.chunked_until)
        yield standing
        await _write_gathered(session)


async def _write_gathered(session: Session) -> None:
    """Once per device and transaction, however many events it has."""
    await write_changes(session)
    await write_gate_hours(session)
    gains = session.gains
    if session.sightings:
        seen = [(*key, site, seen_ms) for key, (site, seen_ms) in session.sightings.items()]
        await session.connection.executemany(_SIGHTING, seen)
    counted = [gains[name] for name in ("events", "results", "readings", "poison")]
    if any(counted):
        await session.connection.execute(_GAINS, session.last_number, *counted)


async def _roll_back(session: Session) -> None:
    """A connection that cannot even do this is cut: the server then rolls back by itself."""
    connection = session.connection
    if connection.is_closed():
        return
    try:
        async with asyncio.timeout(LONGEST_ROLLBACK_SECONDS):
            await connection.execute("ROLLBACK")
    except FAILURES:
        connection.terminate()
