"""A process that writes events until it is killed, and prints each id only after its commit."""

import asyncio
import sys

from hub.errors import StoreUnavailable
from storage.contract import Batch, Watermark
from storage.postgres.connection import Server
from storage.postgres.store import PostgresStore
from tests.conformance.store_arrivals import EPOCH_A, NOW, From, lab, reading

AT_ONCE = 4
BATCH = 7


async def write_batches(store: PostgresStore, first: int, step: int) -> None:
    for start in range(first, sys.maxsize, step):
        seqs = range(start * BATCH + 1, start * BATCH + BATCH)
        results = [lab(f"S-{seq}", From(seq=seq), time_ms=NOW + seq) for seq in seqs]
        last = reading(5.0, From("fridge-01", "kho", seq=start * BATCH + BATCH), ts=NOW + start)
        watermark = Watermark("edge-1", EPOCH_A, start * BATCH + BATCH, last.event.id)
        await store.write(Batch(store.term, [*results, last], watermarks=[watermark], received_ms=NOW))
        sys.stdout.writelines(f"{arrival.event.id}\n" for arrival in (*results, last))
        sys.stdout.flush()


async def main(url: str, first: int) -> None:
    store = PostgresStore(Server(url, sys.stdin.readline().strip()))
    await store.open()
    try:
        async with asyncio.TaskGroup() as group:
            for each in range(AT_ONCE):
                group.create_task(write_batches(store, first + each, AT_ONCE), name=f"writer[{each}]")
    except* StoreUnavailable:
        sys.stdout.write("unavailable\n")
        sys.stdout.flush()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
