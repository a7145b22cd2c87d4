"""./dev bench reports: a year of daily reports of 171 quarantine sites as one report.

Real events in a real store (SQLite). ``read``: the facts; ``build``: tables with every check; ``answer``:
all of it through the API as JSON, hashed, in this process; ``day``: the same for one day, as it is asked
most. Beside each the processor time, which a busy machine does not change.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from api.app import create_app
from api.reports.frame.tabular import AsOf, TabularQuery
from api.reports.quarantine_daily import REPORT
from hub.control import ControlClient
from hub.reported import QuarantineDay, Reported
from hub.reported_codes import QUARANTINE_CODES
from hub.runtime.garbage_pauses import settle_memory
from storage.contract import Batch, EventStore
from storage.open import open_reader, open_store
from tests.acceptance.device_province import NOW, reported
from tests.acceptance.people_province import facilities
from tests.api.clients import client_of
from tests.api.province import settings
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.reports.people_facts import ZONE

LAST = date(2021, 8, 4)
BATCH = 2000
MOST_SECONDS = 1.0


def payloads(sites: int, days: int) -> list[Reported]:
    """Every site every day; each stays as full as it is."""
    flows = dict.fromkeys(QUARANTINE_CODES, 4) | {"left_hospital": 1, "left_completed": 3}
    found: list[Reported] = [*facilities("kcl", "quarantine", sites)]
    for at in range(sites):
        for back in range(days):
            day = (LAST - timedelta(days=back)).isoformat()
            figures = {**flows, "in_care": 100 + at}
            found.append(QuarantineDay(facility=f"kcl-{at:03d}", date=day, figures=figures))
    return found


async def fill(store: EventStore, told: list[Reported]) -> float:
    """Events a second."""
    numbers = count(1)
    arrivals = [reported(one, next(numbers)) for one in told]
    began = time.perf_counter()
    for begin in range(0, len(arrivals), BATCH):
        await store.write(Batch(store.term, arrivals[begin : begin + BATCH], received_ms=NOW))
    return len(arrivals) / (time.perf_counter() - began)


async def timed(name: str, times: int, work: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """Seconds and processor seconds, the medians; the first time does not count."""
    await work()
    taken, used = [], []
    for _ in range(times):
        began, cpu = time.perf_counter(), time.process_time()
        await work()
        taken.append(time.perf_counter() - began)
        used.append(time.process_time() - cpu)
    return {f"{name}_s": median(taken), f"{name}_cpu_s": median(used)}


async def measure(folder: Path, asked: argparse.Namespace) -> dict[str, float]:
    store = open_store(None, folder)
    await store.open()
    filled = await fill(store, payloads(asked.sites, asked.days))
    reader = open_reader(None, folder)
    app = create_app(settings(folder, None), reader=reader, control=ControlClient(folder / "none.sock"))
    since = LAST - timedelta(days=asked.days - 2)
    as_of = AsOf(2**62, LAST, ZONE, since)
    query = TabularQuery.model_validate({"date": LAST, "from": since})
    settle_memory()  # as the API does
    async with app.router.lifespan_context(app), client_of(app) as client:
        inputs = await REPORT.gather(reader, query, as_of)
        content = REPORT.build(inputs, query, as_of)
        if content.event_count != asked.sites * (asked.days - 1):
            raise RuntimeError("facts are missing")

        async def build() -> None:
            await asyncio.to_thread(REPORT.build, inputs, query, as_of)

        figures = {
            "sites": asked.sites,
            "days": asked.days,
            "stored_a_second": filled,
            **await timed("read", asked.times, lambda: REPORT.gather(reader, query, as_of)),
            **await timed("build", asked.times, build),
            **await timed("answer", asked.times, lambda: ask(client, {"from": f"{since}"})),
            **await timed("day", asked.times, lambda: ask(client, {})),
        }
    await store.close()
    return figures


async def ask(client: httpx.AsyncClient, more: dict[str, str]) -> None:
    answer = await client.get("/api/v1/reports/quarantine-daily", params={"date": f"{LAST}", **more})
    answer.raise_for_status()


async def bench(asked: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        figures = await measure(Path(name), asked)
    print_table([figures])
    return conclude(
        [
            Target("a year of daily reports as an answer, s", figures["answer_s"], MOST_SECONDS, False),
            Target("a day, s", figures["day_s"], 0.1, False),
        ],
        figures,
    )


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--sites", type=int, default=171)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--times", type=int, default=5, help="how often each is asked")
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
