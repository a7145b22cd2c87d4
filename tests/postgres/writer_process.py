"""A process that writes to PostgreSQL until it is killed, or until the server is."""

import asyncio
import sys

from hub.errors import StoreUnavailable
from storage.postgres.connection import Server
from storage.postgres.store import PostgresStore
from tests.conformance.store_writing import write_for_ever


async def main(url: str, first: int) -> None:
    store = PostgresStore(Server(url, sys.stdin.readline().strip()))
    await store.open()
    try:
        await write_for_ever(store, first)
    except* StoreUnavailable:
        sys.stdout.write("unavailable\n")
        sys.stdout.flush()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
