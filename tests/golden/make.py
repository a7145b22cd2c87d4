"""Write the golden files of today's schemas: ``python -m tests.golden.make``.

Run it in the commit that adds a migration, and never again for that version: a golden file is what an
epihub of that version wrote, and stays as it is.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.spool.schema import SCHEMA
from storage.sqlite.connection import connect_reader
from storage.sqlite.schema import newest_version
from storage.sqlite.store import SqliteStore
from tests.golden.content import write_content
from tests.golden.dump import dump
from tests.golden.spool_content import write_spool

HERE = Path(__file__).parent
STORES, SPOOLS = HERE / "store", HERE / "spool"


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
        made |= write(SPOOLS, SCHEMA, asyncio.run(spool_dump(folder)))
    return 0 if made else 1


if __name__ == "__main__":
    sys.exit(main())
