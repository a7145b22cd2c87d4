"""A process that writes to a SQLite store until it is killed."""

import asyncio
import sys
from pathlib import Path

from storage.sqlite.store import SqliteStore
from tests.conformance.store_writing import write_for_ever


async def main(path: Path, first: int) -> None:
    store = SqliteStore(path)
    await store.open()
    await write_for_ever(store, first)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
