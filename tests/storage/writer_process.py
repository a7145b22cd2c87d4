"""A process that writes results until it is killed, and prints each id only after its commit."""

import asyncio
import sys
from pathlib import Path

from storage.contract import Batch, Watermark
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import EPOCH_A, NOW, From, lab, reading

AT_ONCE = 4
BATCH = 7


async def write_batches(store: SqliteStore, first: int, step: int) -> None:
    for start in range(first, sys.maxsize, step):
        seqs = range(start * BATCH + 1, start * BATCH + BATCH)
        results = [lab(f"S-{seq}", From(seq=seq), time_ms=NOW + seq) for seq in seqs]
        last = reading(5.0, From("fridge-01", "kho", seq=start * BATCH + BATCH), ts=NOW + start)
        watermark = Watermark("edge-1", EPOCH_A, start * BATCH + BATCH, last.event.id)
        await store.write(Batch(store.term, [*results, last], watermarks=[watermark], received_ms=NOW))
        sys.stdout.writelines(f"{arrival.event.id}\n" for arrival in (*results, last))
        sys.stdout.flush()


async def main(path: Path, first: int) -> None:
    store = SqliteStore(path)
    await store.open()
    async with asyncio.TaskGroup() as group:
        for each in range(AT_ONCE):
            group.create_task(write_batches(store, first + each, AT_ONCE), name=f"writer[{each}]")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
