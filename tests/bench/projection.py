"""./dev bench projection: readings to VictoriaMetrics, from days of probes in memory to the server's answer.

Ours (v2; days as the store gives them, lines as the projector makes them) against the Point API of
influxdb-client and against plain HTTP of the same lines. Beside it ours by v1, and with lines made one by
one, as those of the log are. Same server, same points, a day at a time in turn; medians, of ratios those of
the rounds. What the server has at the end is counted. Then the projector's whole way, for information:
readings in a SQLite store, page after page of its log, answered.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from storage.contract import Arrival, Batch, EventStore, StoreReader
from storage.influx.cardinality import SeriesLimit
from storage.influx.following import page_after
from storage.influx.pages import PageOfLog
from storage.influx.server import Written
from storage.open import open_reader, open_store
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import speed
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.bench.parts.ways_to_a_server import A_DAY, MINUTE_MS, WAYS, DayOfProbe, Way, days_of_probes
from tests.conformance.store_arrivals import NOW, From, reading
from tests.influx.servers import VictoriaMetrics, program, victoria_metrics

DAY_MS = A_DAY * MINUTE_MS
FIRST_DAY = 20_000
FROM_STORE, PROBES_OF_STORE = "from-store", 400
TO_POINT_API, TO_PLAIN_HTTP = 8.0, 0.7


def in_turn(server: VictoriaMetrics, probes: int, rounds: int, batch: int) -> dict[str, list[float]]:
    """Points a second of each way in each round; every round begins with another one."""
    ways = {name: way(server, batch) for name, way in WAYS.items()}
    names = list(ways)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            days = days_of_probes(name, (FIRST_DAY + number) * DAY_MS, probes)
            rates[name].append(probes * A_DAY / _seconds(ways[name], days))
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
    for at in range(0, events, batch):
        arrivals = [_arrival(number) for number in range(at, min(at + batch, events))]
        await store.write(Batch(store.term, arrivals, received_ms=NOW))


def _arrival(number: int) -> Arrival:
    minute, probe = divmod(number, PROBES_OF_STORE)
    return reading(4 + number % 97 / 30, From(f"fridge-{probe:03d}", FROM_STORE), ts=NOW + minute * MINUTE_MS)


async def _follow(reader: StoreReader, server: VictoriaMetrics, batch: int) -> float:
    """Seconds."""
    pages, writer, number = PageOfLog(SeriesLimit()), server.writer("bench"), 0
    began = time.perf_counter()
    while (page := await page_after(reader, pages, number, batch, hours_before=0)).last > number:
        answer = writer.write([line.text for line in page.lines])
        if answer != Written():
            raise BenchFailed(f"the server answered {answer}")
        number = page.last
    return time.perf_counter() - began


def _times(ours: Sequence[float], others: Sequence[float]) -> float:
    return median(own / other for own, other in zip(ours, others, strict=True))


def _seconds(way: Way, days: Sequence[DayOfProbe]) -> float:
    gc.collect()
    began = time.perf_counter()
    way.send(days)
    return time.perf_counter() - began


async def bench(asked: argparse.Namespace) -> bool:
    if program(VictoriaMetrics.NAME) is None:
        raise BenchFailed("victoria-metrics is not here (./dev test as root unpacks it)")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        machine = speed(Path(name))
        with victoria_metrics(place=name) as server:
            rates = in_turn(server, asked.probes, asked.rounds, asked.batch)
            last = FIRST_DAY + asked.rounds
            require_all(server, list(WAYS), asked.rounds * asked.probes * A_DAY, range(FIRST_DAY, last))
            from_store = await projected(Path(name), server, asked.events, asked.batch)
            today, minutes = NOW // DAY_MS, asked.events // PROBES_OF_STORE
            require_all(server, [FROM_STORE], asked.events, range(today, today + minutes // A_DAY + 2))
    points = {way: median(found) for way, found in rates.items()}
    times = {way: _times(rates["ours"], found) for way, found in rates.items()}
    print_table([{"way": way, "points_s": rate, "ours is x": times[way]} for way, rate in points.items()])
    print_table([{**machine, "events_s_from_a_store": from_store}])
    targets = [
        Target("ours to the Point API", times["point-api"], TO_POINT_API, at_least=True),
        Target("ours to plain HTTP", times["plain-http"], TO_PLAIN_HTTP, at_least=True),
    ]
    figures = {"points_s": points, "rounds": rates, "from_store_s": from_store, "machine": machine}
    return conclude(targets, figures)


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--probes", type=int, default=35, help="a day of so many in each round")
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--batch", type=int, default=5000, help="points of a request")
    options.add_argument("--events", type=int, default=50_000, help="readings in the store")
    asked = options.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
