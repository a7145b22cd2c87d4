"""./dev bench gate-store: how fast scans of gates get into the store, how fast it answers, how visits go.

Every scan is three events, as an edge tells them, in batches of 500 events, as the sink writes them; one
commit each, on a real disk. Questions through the reader that the API has, warm, one after the other.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hub.payloads import Payload
from storage.contract import Arrival, Batch
from storage.gates import HOUR_MS, GateHourFilter, ScanFilter
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.questions import Question, ask
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.conformance.gate_arrivals import decision, gate, happened, passage, scan
from tests.conformance.store_arrivals import DAY, NOW

SCANS_A_BATCH = 166
ZONES, GATES, VISITS = 20, 80, 9000
BETWEEN_MS = 700  # scans of a province: 120,000 a day


def facts(number: int) -> Iterator[Arrival]:
    """One scan; every fifteenth person is turned away."""
    at_ms, edge = NOW + number * BETWEEN_MS, f"edge-{number % 4}"
    device, zone = f"gate-{number % GATES}", f"zone-{number % ZONES}"
    name, way = f"s{number}", "in" if number // ZONES % 2 else "out"
    told: list[Payload] = [scan(name, f"v-1:{number % VISITS:032x}", way)]
    if number % 15:
        told += [decision(name, zone=zone), passage(name, way, zone=zone)]
    else:
        told += [decision(name, "deny", zone)]
    for part, fact in enumerate(told):
        yield happened(fact, gate(3 * number + part + 1, edge, device), at_ms)


async def ingest(store: SqliteStore, scans: int) -> float:
    """Scans a second, of the time that commits took."""
    spent = 0.0
    for first in range(0, scans, SCANS_A_BATCH):
        batch = [each for number in range(first, min(scans, first + SCANS_A_BATCH)) for each in facts(number)]
        began = time.perf_counter()
        await store.write(Batch(store.term, batch, received_ms=NOW))
        spent += time.perf_counter() - began
    return scans / spent


def questions_of(reader: SqliteReader, last_ms: int) -> dict[str, Question]:
    day = GateHourFilter(last_ms - last_ms % HOUR_MS - 30 * DAY, last_ms)
    return {
        "newest 100": lambda: reader.scans(ScanFilter(), limit=100, cursor=None),
        "denied at a gate": lambda: reader.scans(
            ScanFilter(device="gate-0", decision="deny"), limit=100, cursor=None
        ),
        "alerts (none)": lambda: reader.scans(ScanFilter(decision="alert"), limit=100, cursor=None),
        "who is in": lambda: reader.occupancy(last_ms - DAY // 2),
        "hours of a month": lambda: reader.gate_hours(day),
    }


async def blanked(store: SqliteStore, scans: int) -> float:
    """Scans a second whose visit goes, maintenance slices one after the other."""
    began = time.perf_counter()
    while await store.maintain(NOW + scans * BETWEEN_MS + 30 * DAY):
        pass
    return scans / (time.perf_counter() - began)


async def bench(asked: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        path = Path(name) / "store.db"
        store, reader = SqliteStore(path), SqliteReader(path)
        await store.open()
        await reader.open()
        try:
            scans_s = await ingest(store, asked.scans)
            rows = await ask(questions_of(reader, NOW + asked.scans * BETWEEN_MS))
            bytes_a_scan = (await reader.figures()).bytes / asked.scans
            blanked_s = await blanked(store, asked.scans)
        finally:
            await reader.close()
            await store.close()
    print_table(rows)
    slowest = max(float(row["median_ms"]) for row in rows)
    figures = {"scans_s": scans_s, "bytes_a_scan": bytes_a_scan, "blanked_s": blanked_s, "questions": rows}
    return conclude(
        [
            Target("scans a second into the store", scans_s, 2000, at_least=True),
            Target("slowest question, median ms", slowest, 100, at_least=False),
            Target("visits blanked a second", blanked_s, 2000, at_least=True),
        ],
        figures,
    )


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--scans", type=int, default=100_000)
    asked = options.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
