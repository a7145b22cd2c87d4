"""./dev bench report-store: how fast the store gives reports what they are made of.

A year of daily reports of 171 facilities with a dozen figures, every twentieth sent again with others;
100,000 results, nine in ten positive, and 100,000 scans of gates. Questions through the reader of the API,
warm, one after the other, also as known at half of the log.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from itertools import islice

from hub.reported import QuarantineDay
from storage.contract import Arrival, Batch, EventStore, StoreReader
from storage.lab_days import day_number
from storage.reporting import FactFilter, ResultsFilter
from tests.bench.camera_store import opened
from tests.bench.gate_store import facts as at_gate
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.questions import Question, ask
from tests.bench.parts.verdict import Target, conclude, print_table
from tests.conformance.store_arrivals import DAY, NOW, From, lab
from tests.conformance.store_reporting import ALL, reported
from tests.postgres.server import PostgresServer, embedded_programs, running_server

BATCH, ASKED = 500, 10
FACILITIES, DAYS = 171, 365
CORRECTED = 20
FIRST = date(2021, 1, 1)
FIGURES = (
    "in_care",
    "entered",
    "workers",
    "children",
    "pregnant",
    "foreign",
    "r1",
    "r2",
    "r3",
    "f0",
    "out_f0",
    "out",
)


def year() -> Iterator[Arrival]:
    """Day by day; corrections follow at the end of each day."""
    for day in range(DAYS):
        reports = [_report(facility, day, 1) for facility in range(FACILITIES)]
        yield from reports
        yield from (_report(facility, day, 2) for facility in range(day % CORRECTED, FACILITIES, CORRECTED))


def _report(facility: int, day: int, version: int) -> Arrival:
    at = (FIRST + timedelta(day)).isoformat()
    figures = {name: (facility + day + n) % 90 + version for n, name in enumerate(FIGURES)}
    told = QuarantineDay(facility=f"kc-{facility:03}", date=at, figures=figures, origin="imported")
    return reported(told, told.subject)


def results(count: int) -> Iterator[Arrival]:
    for n in range(count):
        call = "POS" if n % 10 else "NEG"
        yield lab(f"S-{n}", From(seq=n + 1), call=call, time_ms=NOW - n * 60_000)  # type: ignore[arg-type]


async def ingest(store: EventStore, arrivals: Iterable[Arrival]) -> float:
    """Events a second, of the time that commits took."""
    spent, count, rest = 0.0, 0, iter(arrivals)
    while batch := list(islice(rest, BATCH)):
        began = time.perf_counter()
        await store.write(Batch(store.term, batch, received_ms=NOW))
        spent += time.perf_counter() - began
        count += len(batch)
    return count / spent


def questions_of(reader: StoreReader, half: int) -> dict[str, Question]:
    daily, first, today = QuarantineDay.TYPE, day_number(FIRST), NOW // DAY
    month = ResultsFilter(ALL, today - 30, today, "POS")
    return {
        "one day of all": lambda: reader.facts(FactFilter(daily, ALL, first + 200, first + 200)),
        "a year of one": lambda: reader.facts(FactFilter(daily, ALL, scopes=["kc-007"])),
        "a year of all": lambda: reader.facts(FactFilter(daily, ALL)),
        "a year, half known": lambda: reader.facts(FactFilter(daily, half // 4)),
        "one fact": lambda: reader.current_fact(daily, "kc-007|2021-08-01"),
        "all positives": lambda: reader.results_known(ResultsFilter(ALL, call="POS")),
        "positives of a month": lambda: reader.results_known(month),
        "positives, half known": lambda: reader.results_known(ResultsFilter(half, call="POS")),
        "gates of 30 days": lambda: reader.gate_days(today - 15, today + 15, ALL),
        "gates, half known": lambda: reader.gate_days(today - 15, today + 15, half),
    }


async def bench(asked: argparse.Namespace, server: PostgresServer | None) -> bool:
    async with opened(asked.folder, server) as (store, reader):
        facts_s = await ingest(store, year())
        results_s = await ingest(store, results(asked.results))
        await ingest(store, (each for n in range(asked.scans) for each in at_gate(n)))
        half = (await reader.figures()).last_number // 2
        rows = await ask(questions_of(reader, half), ASKED)
    print_table(rows)
    took = {str(row["question"]): float(row["median_ms"]) for row in rows}
    return conclude(
        [
            Target("facts a second into the store", facts_s, 2000, at_least=True),
            Target("one day of all, median ms", took["one day of all"], 50, at_least=False),
            Target("a year of all, median ms", took["a year of all"], 750, at_least=False),
            Target("all positives, median ms", took["all positives"], 1500, at_least=False),
        ],
        {"facts_s": facts_s, "results_s": results_s, "questions": rows},
    )


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--results", type=int, default=100_000)
    options.add_argument("--scans", type=int, default=100_000)
    options.add_argument("--postgres", action="store_true", help="in a PostgreSQL of its own, without fsync")
    asked = options.parse_args()
    with running_server(embedded_programs()) if asked.postgres else nullcontext() as server:
        return status_of(lambda: bench(asked, server), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
