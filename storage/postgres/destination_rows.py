"""How far destinations are, and their outbox (storage.destinations): the writer's part."""

from dataclasses import astuple, fields

import asyncpg

from storage.destination_rows import ordered, settled
from storage.destinations import DestinationChange, DestinationMoved, DestinationOrder, DestinationRow
from storage.postgres.entries import columns
from storage.postgres.session import Session

NAMES = [field.name for field in fields(DestinationRow)]
COLUMNS = ", ".join(NAMES)
_OUTBOX = ("number", "event_id", "type", "ordering", "state", "attempts", "first_ms", "next_ms", "reason")
OUTBOX_COLUMNS = ", ".join(_OUTBOX)

_KNOWN = f"SELECT {COLUMNS} FROM destination WHERE name = $1 FOR UPDATE"  # noqa: S608  our own column names
_PUT = f"""
INSERT INTO destination ({COLUMNS}) VALUES ({", ".join(f"${n}" for n in range(1, len(NAMES) + 1))})
ON CONFLICT (name) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in NAMES[1:])}
"""  # noqa: S608
_PUT_ROWS = f"""
INSERT INTO outbox (destination, {OUTBOX_COLUMNS})
SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::text[])
ON CONFLICT (destination, number) DO UPDATE
SET {", ".join(f"{name} = excluded.{name}" for name in _OUTBOX[1:])}
"""  # noqa: S608
_GONE = "DELETE FROM outbox WHERE destination = $1 AND number = ANY($2::bigint[])"
_DROP = "DELETE FROM outbox WHERE destination = $1 AND number = ANY($2::bigint[]) AND state = 'dead'"
_EMPTY = "DELETE FROM outbox WHERE destination = $1"
_THERE = "SELECT count(*) FROM outbox WHERE destination = $1"


async def settle(session: Session, change: DestinationChange, now_ms: int) -> int | Exception:
    """In the running transaction; gives DestinationMoved or ValueError, with nothing written."""
    connection, name = session.connection, change.name
    try:
        row = settled(await _known(connection, name), change, now_ms)
    except (DestinationMoved, ValueError) as error:
        return error
    if change.begin:
        await connection.execute(_EMPTY, name)
    if change.gone:
        await connection.execute(_GONE, name, list(change.gone))
    if change.put:
        await connection.execute(_PUT_ROWS, name, *columns(list(change.put), len(_OUTBOX)))
    await connection.execute(_PUT, *astuple(row))
    return row.version


async def order(session: Session, wanted: DestinationOrder, now_ms: int) -> int | Exception:
    """The same; gives LookupError."""
    connection, name = session.connection, wanted.name
    known = await _known(connection, name)
    if known is None:
        return LookupError(name)
    before = await connection.fetchval(_THERE, name)
    await connection.execute(_DROP, name, list(wanted.drop))
    left = await connection.fetchval(_THERE, name)
    if wanted.replay:
        rows = {each.number: each for each in wanted.replay}
        await connection.execute(_PUT_ROWS, name, *columns(list(rows.values()), len(_OUTBOX)))
    added = await connection.fetchval(_THERE, name) - left
    row = ordered(known, wanted, now_ms, added=added, dropped=before - left)
    await connection.execute(_PUT, *astuple(row))
    return len(wanted.replay) + int(before - left)


async def _known(connection: asyncpg.Connection, name: str) -> DestinationRow | None:
    row = await connection.fetchrow(_KNOWN, name)
    return None if row is None else DestinationRow(*row)
