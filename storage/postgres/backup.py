"""The PostgreSQL store into a backup while the hub writes, and out of one into an empty database.

A backup has the tables and columns that SQLite's schema of the same number has, with booleans as 0 and 1: so
it goes from one database into the other. What only this dialect keeps (the last log number in its own
column, identity sequences) is the manifest's ``sequences``.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any

import asyncpg

from hub.errors import OperatorError
from storage.archive import Archive, ArchiveWriter, BadArchive, StorePart, TablePart
from storage.contract import Watermark
from storage.postgres.connection import CONNECT_SECONDS, HOLDER_LOCK, Server, require_server, schema_of
from storage.postgres.failures import FAILURES, REFUSALS, unavailable
from storage.postgres.schema import migrate, migrations, newest_version, version_of
from storage.postgres.store import STORE_ID_BYTES
from storage.restored import COUNTED, RESTORED_AHEAD

# No limit to a statement: a large table is read and filled for as long as it takes.
_PATIENT = {
    "application_name": "epihub backup",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
}
_OWN = (("store", "last_number"),)  # columns that SQLite's schema does not have

_COLUMNS = """
SELECT class.relname AS name, attribute.attname AS column, attribute.atttypid = 'bool'::regtype AS truth,
    attribute.attidentity <> '' AS identity
FROM pg_class AS class JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE class.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND class.relkind IN ('r', 'p') AND NOT class.relispartition AND class.relname <> 'epihub_schema'
    AND attribute.attnum > 0 AND NOT attribute.attisdropped
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = class.oid AND deptype = 'e')
ORDER BY class.relname, attribute.attnum
"""
_STORE = "SELECT id, deleted_number, events, results, readings, poison, last_number FROM store"
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"
_LAST_GIVEN = "SELECT pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass)"
_GO_ON = "SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3)"
_SIZE = """
SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND relkind IN ('r', 'p')
"""
_HOLD = "SELECT pg_try_advisory_lock($1, $2)"
_RENEW = "UPDATE store SET id = $1, last_number = $2"


class _Table:
    """A table as the catalogue has it; ``truths``: places of its boolean columns."""

    def __init__(self, name: str, rows: Sequence[asyncpg.Record]) -> None:
        self.name = name
        own = [row for row in rows if (name, row["column"]) not in _OWN]
        self.columns = tuple(str(row["column"]) for row in own)
        self.truths = frozenset(str(row["column"]) for row in own if row["truth"])
        self.identity = next((str(row["column"]) for row in own if row["identity"]), None)

    @property
    def select(self) -> str:
        columns = (f"{name}::int" if name in self.truths else name for name in map(_quoted, self.columns))
        return f"SELECT {', '.join(columns)} FROM {_quoted(self.name)}"  # noqa: S608  the catalogue's names


class PostgresSnapshot:
    """One moment of a store: a REPEATABLE READ transaction."""

    def __init__(self, connection: asyncpg.Connection, size: int, rows: int, tables: list[_Table]) -> None:
        self.bytes = size
        self.rows = rows
        self._connection = connection
        self._tables = tables

    async def dump(self, archive: ArchiveWriter) -> StorePart:
        connection = self._connection
        row = await connection.fetchrow(_STORE)
        if row is None:
            raise OperatorError("the store is empty: no hub has opened it yet")
        return StorePart(
            dialect="postgresql",
            schema=await version_of(connection),
            id=row["id"],
            last_number=row["last_number"],
            deleted_number=row["deleted_number"],
            counts={name: row[name] for name in COUNTED},
            watermarks=tuple(Watermark(*mark) for mark in await connection.fetch(_WATERMARKS)),
            sequences={"event": row["last_number"]} | await self._sequences(),
            tables=tuple([await self._dump(archive, table) for table in self._tables]),
        )

    async def _dump(self, archive: ArchiveWriter, table: _Table) -> TablePart:
        with archive.table("store", table.name, table.columns) as target:
            cursor = await self._connection.cursor(table.select)
            while rows := await cursor.fetch(target.rows_a_block):
                target.write([tuple(row) for row in rows])
        return target.part

    async def _sequences(self) -> dict[str, int]:
        found = {}
        for table in self._tables:
            if table.identity:
                last = await self._connection.fetchval(_LAST_GIVEN, _quoted(table.name), table.identity)
                found[table.name] = int(last or 0)
        return found


@asynccontextmanager
async def snapshot(server: Server) -> AsyncIterator[PostgresSnapshot]:
    """The store as it is now, however long reading takes; raises StoreUnavailable, OperatorError."""
    try:
        connection = await _connect(server)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await _require_known(connection)
                tables = await _tables(connection)
                rows = sum([int(await connection.fetchval(_count(table))) for table in tables])
                yield PostgresSnapshot(connection, await connection.fetchval(_SIZE), rows, tables)
        finally:
            await connection.close()
    except FAILURES as error:
        raise unavailable(error) from error


async def restore_database(
    archive: Archive, part: StorePart, server: Server, loaded: Callable[[int], None]
) -> None:
    """Fill an empty database with the store of a backup, in one transaction, under a new store id."""
    if not 1 <= part.schema <= newest_version():
        raise OperatorError(f"the backup has schema {part.schema}, this epihub knows {newest_version()}")
    try:
        connection = await _connect(server)
        try:
            await _require_empty(connection)
            async with connection.transaction():
                await _fill(connection, archive, part, loaded)
        finally:
            await connection.close()
    except REFUSALS as error:
        raise BadArchive("the backup has a row that this schema cannot hold") from error
    except FAILURES as error:
        raise unavailable(error) from error


async def _fill(
    connection: asyncpg.Connection, archive: Archive, part: StorePart, loaded: Callable[[int], None]
) -> None:
    await migrate(connection, migrations()[: part.schema])
    known = {table.name: table for table in await _tables(connection)}
    if {table.name for table in part.tables} != known.keys():
        raise BadArchive("the tables of store are not those of its schema")
    for table in part.tables:
        await _load(connection, archive, table, known[table.name], loaded)
    for found in known.values():
        await _go_on(connection, found, part.sequences.get(found.name, 0))
    await migrate(connection)
    await connection.execute(_RENEW, token_hex(STORE_ID_BYTES), part.last_number + RESTORED_AHEAD)


async def _load(
    connection: asyncpg.Connection,
    archive: Archive,
    part: TablePart,
    table: _Table,
    loaded: Callable[[int], None],
) -> None:
    if set(part.columns) != set(table.columns):
        raise BadArchive(f"the columns of store.{part.name} are not those of its schema")
    await connection.execute(f"DELETE FROM {_quoted(table.name)}")  # noqa: S608  what a migration put there
    truths = [place for place, name in enumerate(part.columns) if name in table.truths]
    for block in archive.rows("store", part):
        records = [_fitted(row, truths) for row in block] if truths or part.name == "poison" else block
        await connection.copy_records_to_table(table.name, records=records, columns=part.columns)
        loaded(len(block))


async def _go_on(connection: asyncpg.Connection, table: _Table, given: int) -> None:
    """The identity column's next value comes after every one that was given."""
    if table.identity is None:
        return
    column, name = _quoted(table.identity), _quoted(table.name)
    highest = await connection.fetchval(f"SELECT coalesce(max({column}), 0) FROM {name}")  # noqa: S608
    if last := max(given, highest):
        await connection.execute(_GO_ON, name, table.identity, last)


async def _connect(server: Server) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(
        server.url, password=server.password, timeout=CONNECT_SECONDS, server_settings=_PATIENT
    )
    return connection


async def _tables(connection: asyncpg.Connection) -> list[_Table]:
    found: dict[str, list[asyncpg.Record]] = {}
    for row in await connection.fetch(_COLUMNS):
        found.setdefault(str(row["name"]), []).append(row)
    return [_Table(name, rows) for name, rows in found.items()]


async def _require_known(connection: asyncpg.Connection) -> None:
    version = await version_of(connection)
    if version == 0:
        raise OperatorError("the store is empty: no hub has opened it yet")
    if version > newest_version():
        raise OperatorError(f"the store has schema {version}, this epihub knows {newest_version()}")


async def _require_empty(connection: asyncpg.Connection) -> None:
    """No hub holds the database, and nothing is in it: a store there is never overwritten."""
    await require_server(connection)
    if not await connection.fetchval(_HOLD, HOLDER_LOCK, await schema_of(connection)):
        raise OperatorError("another hub uses this database")
    if await version_of(connection) or await _tables(connection):
        raise OperatorError("the database is not empty: make a new one, and name it with --store-url")


def _fitted(row: tuple[Any, ...], truths: list[int]) -> tuple[Any, ...]:
    """Booleans; and a topic may hold a NUL that the broker let through, as ledger._text knows."""
    changed = [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row]
    for place in truths:
        changed[place] = bool(changed[place])
    return tuple(changed)


def _count(table: _Table) -> str:
    return f"SELECT count(*) FROM {_quoted(table.name)}"  # noqa: S608  the catalogue's name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
