"""./dev bench camera-store: how fast tellings of cameras get into the store, and how it says how they stood.

By itself a thousand cameras for thirty days, each away twice a day: two tellings of each state, as the sink
writes them, one commit for 500. Tellings that only say "still" change rows that there are: told apart.
Questions through the reader that the API has, warm, one after the other; 30 days of all is a report's.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from storage.camera_times import periods_of
from storage.cameras import CameraDayFilter
from storage.contract import Arrival, Batch, EventStore, StoreReader
from storage.open import open_reader, open_store
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.questions import Question, ask
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.conformance.camera_arrivals import HOUR, MINUTE, told
from tests.conformance.store_arrivals import DAY, NOW
from tests.postgres.server import PostgresServer, embedded_programs, running_server

BATCH = 500
AGAIN = 20_000  # tellings that change nothing but until when a state stood
ASKED = 10
STATES = (("ONLINE", 8 * HOUR), ("OFFLINE", 10 * MINUTE), ("DEGRADED", 15 * HOUR), ("OFFLINE", 50 * MINUTE))


def month(cameras: int, days: int) -> Iterator[Arrival]:
    """State after state of all cameras, each told when it begins and before it ends."""
    seq = 0
    for day in range(days):
        at_ms = NOW - (days - day) * DAY
        for state, lasts_ms in STATES:
            for camera in range(cameras):
                seq += 2
                since_ms = at_ms + camera * 1000
                fields = _fields(camera) | ({"faults": ("blur",)} if state == "DEGRADED" else {})
                yield told(state, since_ms, since_ms, seq, **fields)
                yield told(state, since_ms, since_ms + lasts_ms - MINUTE, seq + 1, **fields)
            at_ms += lasts_ms


def again(cameras: int) -> Iterator[Arrival]:
    """Every five minutes: still there."""
    for number in range(AGAIN):
        since_ms = NOW - 50 * MINUTE + number % cameras * 1000
        at_ms = NOW + number // cameras * 5 * MINUTE
        yield told("OFFLINE", since_ms, at_ms, 10**9 + number, **_fields(number % cameras))


def _fields(camera: int) -> dict[str, Any]:
    scores = dict.fromkeys(("black", "blur", "covered", "moved", "frozen"), 0.123)
    return {
        "device": f"cam-{camera:04d}", "site": f"site-{camera % 40}", "edge": f"edge-{camera % 8}",
        "fps": 25.0, "bitrate": 402_100.0, "loss": 0.0, "picture": scores,
        "codec": "h264", "width": 640, "height": 360,
    }  # fmt: skip


async def ingest(store: EventStore, tellings: Iterable[Arrival]) -> float:
    """Tellings a second, of the time that commits took."""
    spent, count, rest = 0.0, 0, iter(tellings)
    while batch := list(islice(rest, BATCH)):
        began = time.perf_counter()
        await store.write(Batch(store.term, batch, received_ms=NOW))
        spent += time.perf_counter() - began
        count += len(batch)
    return count / spent


def questions_of(reader: StoreReader, days: int) -> dict[str, Question]:
    begins = [NOW - n * DAY for n in range(days, -1, -1)]

    async def timeline(hours: int) -> Any:
        window = NOW - hours * HOUR, NOW
        return periods_of(await reader.camera_periods("cam-0007", *window), *window, NOW)

    return {
        "all as they stand": reader.cameras,
        "one as it stands": lambda: reader.cameras("cam-0007"),
        "24 h of one": lambda: timeline(24),
        "30 d of one": lambda: timeline(720),
        "days of one": lambda: reader.camera_days(CameraDayFilter(begins, NOW, device="cam-0007")),
        "days of all": lambda: reader.camera_days(CameraDayFilter(begins, NOW)),
        "yesterday of all": lambda: reader.camera_days(CameraDayFilter(begins[-2:], NOW)),
    }


@asynccontextmanager
async def opened(
    folder: Path | None, server: PostgresServer | None
) -> AsyncIterator[tuple[EventStore, StoreReader]]:
    """Both sides of a new store, in ``server`` or a file."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as name:
        url = await server.new_store("bench") if server else None
        password = server.password if server else None
        store = open_store(url, Path(name), password=password)
        reader = open_reader(url, Path(name), password=password)
        await store.open()
        await reader.open()
        try:
            yield store, reader
        finally:
            await reader.close()
            await store.close()


async def bench(asked: argparse.Namespace, server: PostgresServer | None) -> bool:
    async with opened(asked.folder, server) as (store, reader):
        tellings_s = await ingest(store, month(asked.cameras, asked.days))
        states = asked.cameras * asked.days * len(STATES)
        again_s = await ingest(store, again(asked.cameras))
        rows = await ask(questions_of(reader, asked.days), ASKED)
        began = time.perf_counter()
        while await store.maintain(NOW + 500 * DAY):
            pass
        removed_s = (states + 2 * states + AGAIN) / (time.perf_counter() - began)
    print_table(rows)
    took = {str(row["question"]): float(row["median_ms"]) for row in rows}
    figures = {
        "states": states,
        "tellings_s": tellings_s,
        "again_s": again_s,
        "removed_s": removed_s,
        "questions": rows,
    }
    return conclude(
        [
            Target("tellings a second into the store", min(tellings_s, again_s), 1000, at_least=True),
            Target("all as they stand, median ms", took["all as they stand"], 100, at_least=False),
            Target("30 d of one, median ms", took["30 d of one"], 50, at_least=False),
            Target("days of all, median ms", took["days of all"], 5000, at_least=False),
        ],
        figures,
    )


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--cameras", type=int, default=1000)
    options.add_argument("--days", type=int, default=30)
    options.add_argument(
        "--postgres", action="store_true", help="a PostgreSQL server of its own, without fsync"
    )
    asked = options.parse_args()
    with running_server(embedded_programs()) if asked.postgres else nullcontext() as server:
        return status_of(lambda: bench(asked, server), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
