"""Write the golden files of today's schemas: ``python -m tests.golden.make``.

Run it in the commit that adds a migration, and never again for that version: a golden file is what an
epihub of that version wrote, and stays as it is.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.spool.schema import SCHEMA
from storage.postgres.connection import Server
from storage.postgres.schema import newest_version as postgres_version
from storage.postgres.store import PostgresStore
from storage.sqlite.connection import connect_reader
from storage.sqlite.schema import newest_version
from storage.sqlite.store import SqliteStore
from tests.golden.content import write_content
from tests.golden.dump import dump
from tests.golden.postgres_dump import dump as dump_schema
from tests.golden.spool_content import write_spool
from tests.postgres.server import PostgresServer, embedded_programs, running_server

HERE = Path(__file__).parent
STORES, SPOOLS, POSTGRES = HERE / "store", HERE / "spool", HERE / "postgres"


async def store_dump(folder: Path) -> str:
    """Today's store with the content of every golden store."""
    store = SqliteStore(folder / "store.db")
    await store.open()
    await write_content(store)
    await store.close()
    return _dumped(folder / "store.db")


async def spool_dump(folder: Path) -> str:
    await write_spool(folder / "spool.db")
    return _dumped(folder / "spool.db")


def postgres_dump() -> str:
    """Today's store in PostgreSQL; starts a server of its own."""
    with running_server(embedded_programs()) as server:
        asyncio.run(fill_postgres(server, "golden"))
        return dump_schema(server, "golden")


async def fill_postgres(server: PostgresServer, schema: str) -> Server:
    """A new store with the content of every golden store."""
    found = Server(await server.new_store(schema), server.password)
    store = PostgresStore(found)
    await store.open()
    await write_content(store)
    await store.close()
    return found


def _dumped(path: Path) -> str:
    connection = connect_reader(path)
    try:
        return dump(connection)
    finally:
        connection.close()


def golden(folder: Path) -> dict[int, str]:
    """Every golden file of a folder by its version."""
    return {int(path.stem): path.read_text("utf-8") for path in sorted(folder.glob("[0-9]*.sql"))}


def write(folder: Path, version: int, sql: str) -> bool:
    """False when that version has its file already."""
    path = folder / f"{version:04d}.sql"
    if path.exists():
        return False
    folder.mkdir(exist_ok=True)
    path.write_text(sql, "utf-8")
    return True


def main() -> int:
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = write(STORES, newest_version(), asyncio.run(store_dump(folder)))
        made |= write(POSTGRES, postgres_version(), postgres_dump())
        made |= write(SPOOLS, SCHEMA, asyncio.run(spool_dump(folder)))
    return 0 if made else 1


if __name__ == "__main__":
    sys.exit(main())
