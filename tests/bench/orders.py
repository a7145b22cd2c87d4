"""./dev bench orders: what orders cost an edge that has nearly as many as it takes.

In a real spool on a real disk: an analyzer's question for one specimen, as the database answers it and as
the adapter waits for it; a list of a thousand until it is on disk, and how long it alone has the writer, for
which analyzers' commits wait; a result of which nobody ordered anything, and one that ticks off an order.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median

import apsw

from hub.contract import Order
from hub.spool import LabFact, Placing, Spool
from hub.spool.order_results import tick_off
from hub.spool.order_rows import MOST_OPEN, OrderBook, to_measure
from hub.spool.orders import PlaceOrders
from hub.spool.schema import open_spool
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import speed
from tests.bench.parts.verdict import BenchFailed, conclude, print_table
from tests.spool.parts import RECEIVED_MS, SEALER, make_skip

SITE, DEVICE, TESTS = "lab", "pcr-1", ("94500-6", "92142-9")
A_LIST = 1000
FILLED = MOST_OPEN - A_LIST  # so that one more list is taken
LISTS = 20
MICROSECONDS, MILLISECONDS = 1e6, 1e3


def listed(first: int) -> list[Placing]:
    """A list of a thousand, each for a specimen of its own."""
    orders = (Order(f"O-{n}", f"S-{n}", TESTS) for n in range(first, first + A_LIST))
    return [Placing(order, SITE, "", "bench") for order in orders]


def median_of(works: Iterable[Callable[[], object]]) -> float:
    """Seconds of one."""
    times = []
    for work in works:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


async def measure_spool(path: Path, times: int) -> dict[str, float]:
    """As LIS and adapter wait for it: through the queue of the writer and the reader's thread."""
    spool = Spool(path, SEALER, make_skip)
    await spool.open()
    lists, looks = [], []
    try:
        for first in range(0, FILLED, A_LIST):
            began = time.perf_counter()
            done = await spool.orders.place(listed(first), RECEIVED_MS)
            lists.append(time.perf_counter() - began)
            if done.refused:
                raise BenchFailed(f"{len(done.refused)} orders refused")
        for number in range(times):
            began = time.perf_counter()
            found = await spool.orders.to_measure(SITE, DEVICE, f"S-{number * 7 % FILLED}")
            looks.append(time.perf_counter() - began)
            if len(found) != 1:
                raise BenchFailed(f"{len(found)} orders of a specimen")
    finally:
        await spool.close()
    return {
        "a list of 1,000, on disk, ms": MILLISECONDS * median(lists),
        "a query, through the reader's thread, us": MICROSECONDS * median(looks),
    }


def measure_rows(db: apsw.Connection, times: int) -> dict[str, float]:
    """What of it is work on the rows; everything is rolled back."""
    specimens = [f"S-{number * 7 % FILLED}" for number in range(times)]

    def result_of(specimen: str) -> None:
        fact = LabFact(SITE, DEVICE, f"{specimen}/0", specimen, TESTS[0], "", "F")
        tick_off(db, fact, b"event", RECEIVED_MS, OrderBook())

    def place() -> None:
        db.execute("SAVEPOINT list")
        PlaceOrders(listed(FILLED), RECEIVED_MS).apply(db)
        db.execute("ROLLBACK TO list")

    db.execute("BEGIN IMMEDIATE")
    try:
        looks = median_of(partial(to_measure, db, SITE, DEVICE, specimen) for specimen in specimens)
        lists = median_of([place] * LISTS)
        strange = median_of(partial(result_of, f"X-{number}") for number in range(times))
        ticked = median_of(partial(result_of, specimen) for specimen in specimens)
        if db.execute("SELECT count(*) FROM order_result").get != len(set(specimens)):
            raise BenchFailed("results ticked off something else")
    finally:
        db.execute("ROLLBACK")
    return {
        "a query, its rows, us": MICROSECONDS * looks,
        "a list of 1,000, the writer, ms": MILLISECONDS * lists,
        "a result nobody ordered, us": MICROSECONDS * strange,
        "a result that ticks off, us": MICROSECONDS * ticked,
    }


async def bench(asked: argparse.Namespace) -> bool:
    """Print a table and one JSON line; there are no limits to hold."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        path = Path(name) / "spool.db"
        figures = await measure_spool(path, asked.times)
        db = open_spool(path)
        try:
            figures |= measure_rows(db, asked.times)
        finally:
            db.close()
        worth = speed(Path(name))
    print_table([{"median": figure, "": what} for what, figure in figures.items()])
    return conclude([], {**figures, **worth})


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--times", type=int, default=2000, help="how often each question is asked")
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
