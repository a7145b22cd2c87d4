"""./dev bench projection: readings to VictoriaMetrics, from a reading in memory to the server's answer.

Ours (v2, as the projector sends) against the Point API of influxdb-client and against plain HTTP of the same
lines; ours by v1 beside it. Same server, same number of points, a little of each in turn; medians. What the
server has at the end is counted. Then the whole way of the projector, for information: readings in a SQLite
store, page after page of its log, read, made lines, answered.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from storage.contract import Batch, EventStore, StoreReader
from storage.influx.cardinality import SeriesLimit
from storage.influx.following import page_after
from storage.influx.pages import PageOfLog
from storage.influx.server import Written
from storage.open import open_reader, open_store
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import speed
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.bench.parts.ways_to_a_server import A_MINUTE, WAYS, Reading, Way, made
from tests.conformance.store_arrivals import NOW, From, reading
from tests.influx.servers import VictoriaMetrics, program, victoria_metrics

MINUTE_MS, DAY_MS = 60_000, 86_400_000
FIRST_DAY = 20_000
FROM_STORE = "from-store"
TO_POINT_API, TO_PLAIN_HTTP = 8.0, 0.7


def in_turn(server: VictoriaMetrics, points: int, rounds: int, batch: int) -> dict[str, list[float]]:
    """Points a second of each way in each round; every round begins with another one."""
    ways = {name: way(server, batch) for name, way in WAYS.items()}
    names = list(ways)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first_ms = FIRST_DAY * DAY_MS + number * (points // A_MINUTE + 1) * MINUTE_MS
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            rates[name].append(points / _seconds(ways[name], made(name, first_ms, points)))
    return rates


def require_all(server: VictoriaMetrics, sites: Sequence[str], points: int, days: range) -> None:
    """Raises BenchFailed unless the server has so many points of each site."""
    server.show()
    read = server.read_back("").days("epihub_reading", "value", ("site",), days.start, days.stop)
    found = {site: sum(day.count for day in of_days) for (site,), of_days in read.items()}
    if any(found.get(site) != points for site in sites):
        raise BenchFailed(f"the server has {found}, and not {points} of each")


async def projected(folder: Path, server: VictoriaMetrics, events: int, batch: int) -> float:
    """Events a second from the log of a store to the server's answer."""
    store, reader = open_store(None, folder), open_reader(None, folder)
    await store.open()
    await reader.open()
    try:
        await _fill(store, events, batch)
        return events / await _follow(reader, server, batch)
    finally:
        await reader.close()
        await store.close()


async def _fill(store: EventStore, events: int, batch: int) -> None:
    found = made(FROM_STORE, NOW, events)
    for at in range(0, events, batch):
        arrivals = [
            reading(
                each.value, From(each.tags[2], FROM_STORE), ts=each.ts, metric=each.tags[3], unit=each.tags[4]
            )
            for each in found[at : at + batch]
        ]
        await store.write(Batch(store.term, arrivals, received_ms=NOW))


async def _follow(reader: StoreReader, server: VictoriaMetrics, batch: int) -> float:
    """Seconds."""
    pages, writer, number = PageOfLog(SeriesLimit()), server.writer("bench"), 0
    began = time.perf_counter()
    while (page := await page_after(reader, pages, number, batch)).last > number:
        answer = writer.write([line.text for line in page.lines])
        if answer != Written():
            raise BenchFailed(f"the server answered {answer}")
        number = page.last
    return time.perf_counter() - began


def _seconds(way: Way, found: Sequence[Reading]) -> float:
    gc.collect()
    began = time.perf_counter()
    way.send(found)
    return time.perf_counter() - began


async def bench(asked: argparse.Namespace) -> bool:
    if program(VictoriaMetrics.NAME) is None:
        raise BenchFailed("victoria-metrics is not here (./dev test as root unpacks it)")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        machine = speed(Path(name))
        with victoria_metrics(place=name) as server:
            rates = in_turn(server, asked.points, asked.rounds, asked.batch)
            took = asked.rounds * (asked.points // A_MINUTE + 1) * MINUTE_MS // DAY_MS
            require_all(
                server, list(WAYS), asked.rounds * asked.points, range(FIRST_DAY, FIRST_DAY + took + 1)
            )
            from_store = await projected(Path(name), server, asked.events, asked.batch)
            took = asked.events // A_MINUTE * MINUTE_MS // DAY_MS
            today = NOW // DAY_MS
            require_all(server, [FROM_STORE], asked.events, range(today, today + took + 2))
    points = {way: median(found) for way, found in rates.items()}
    print_table(
        [{"way": way, "points_s": rate, "of ours": rate / points["ours"]} for way, rate in points.items()]
    )
    print_table([{**machine, "events_s_from_a_store": from_store}])
    return conclude(
        [
            Target(
                "ours to the Point API", points["ours"] / points["point-api"], TO_POINT_API, at_least=True
            ),
            Target("ours to plain HTTP", points["ours"] / points["plain-http"], TO_PLAIN_HTTP, at_least=True),
        ],
        {"points_s": points, "rounds": rates, "from_store_s": from_store, "machine": machine},
    )


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--points", type=int, default=50_000, help="of each way in each round")
    options.add_argument("--rounds", type=int, default=8)
    options.add_argument("--batch", type=int, default=5000, help="points of a request")
    options.add_argument("--events", type=int, default=50_000, help="readings in the store")
    asked = options.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
