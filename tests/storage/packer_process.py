"""A process that packs and deletes readings until it is killed; a line for each slice that is committed."""

import asyncio
import sys
from pathlib import Path

import storage.sqlite.store
from storage.sqlite.store import SqliteStore


async def main(path: Path, now_ms: int) -> None:
    storage.sqlite.store.SLICE_SECONDS = 0.002  # a quick machine too needs several
    store = SqliteStore(path)
    await store.open()
    while await store.maintain(now_ms):
        sys.stdout.write("slice\n")
        sys.stdout.flush()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
