"""./dev bench lab: acknowledged messages a second, latency and CPU against the obvious safe script.

Pairs of runs, in turn, on the same disk and the same broker; the verdict is the median of the pairs'
ratios, because a shared machine changes from minute to minute and both of a pair feel it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import apsw

from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.generator import Outcome
from tests.bench.parts.machine import cpu_seconds, speed
from tests.bench.parts.message import samples
from tests.bench.parts.servers import Server, load, missing, obvious, ours, running_broker, until
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table

WARM_UP = 500
OUTAGE_RATE = 300
Start = Callable[[Path], AbstractAsyncContextManager[Server]]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one server; CPU in ms a message until all is stored, broker included."""

    acked_a_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    cpu_server_ms: float
    stored_after_ms: float


@dataclass(frozen=True, slots=True)
class Outage:
    """The broker away, then back: latency meanwhile, and how fast the backlog reaches the store.

    ``spool_bytes``, ``capture_bytes``: what a message takes in the spool, and the raw message of that.
    """

    p99_ms: float
    max_ms: float
    backlog: int
    drain_seconds: float
    drain_a_second: float
    spool_bytes: float
    capture_bytes: float


async def measure(start: Start, folder: Path, count: int, connections: int) -> Run:
    """Start the server in ``folder``, warm it up, load it; raises BenchFailed when a message is not safe."""
    async with start(folder) as server:
        await _through(server, "warm", WARM_UP, connections)
        async with load(server, "m", count, connections) as go:
            before = server.stored()
            cpu, each = cpu_seconds(server.processes), cpu_seconds(server.processes[:1])
            outcome = await go()
            acked_at = time.perf_counter()
            await until(lambda: server.stored() >= before + count, "all stored")
            stored_after = time.perf_counter() - acked_at
            cpu, each = cpu_seconds(server.processes) - cpu, cpu_seconds(server.processes[:1]) - each
        _require_all(server, outcome, "m", count)
    per_message = 1000 / count
    return Run(
        outcome.acked / outcome.seconds,
        outcome.p50_ms,
        outcome.p99_ms,
        cpu * per_message,
        each * per_message,
        1000 * stored_after,
    )


async def measure_outage(folder: Path, seconds: float, backlog: int, connections: int) -> Outage:
    """Edge and hub stay, the broker goes; the spool fills at 300 messages a second, then to ``backlog``."""
    slowly = int(seconds * OUTAGE_RATE)
    quickly = max(0, backlog - slowly)
    async with running_broker(folder) as broker, ours(folder, broker) as server:
        await _through(server, "warm", WARM_UP, connections)
        before = server.stored()
        await broker.stop()
        during = await _loaded(server, "slow", slowly, connections, OUTAGE_RATE)
        if quickly:
            await _loaded(server, "quick", quickly, connections)
        began = time.perf_counter()
        await broker.start()
        await until(lambda: server.stored() >= before + slowly + quickly, "the backlog stored")
        took = time.perf_counter() - began
        names = [s.control_id for s in samples("slow", slowly) + samples("quick", quickly)]
        if wrong := missing(names, server.names()):
            raise BenchFailed(f"after the outage: {wrong}")
        kept = WARM_UP + slowly + quickly
        spool, captures = (pages / kept for pages in _spool_pages(folder / "data" / "spool" / "spool.db"))
    rate = (slowly + quickly) / took
    return Outage(during.p99_ms, during.max_ms, slowly + quickly, took, rate, spool, captures)


def _spool_pages(path: Path) -> tuple[int, int]:
    """Bytes of all tables and indexes, and of those of raw messages."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        pages = dict(connection.execute("SELECT name LIKE 'capture%', sum(pgsize) FROM dbstat GROUP BY 1"))
    finally:
        connection.close()
    return sum(pages.values()), pages.get(1, 0)


async def _through(server: Server, prefix: str, count: int, connections: int) -> None:
    before = server.stored()
    await _loaded(server, prefix, count, connections)
    await until(lambda: server.stored() >= before + count, "warm-up stored")


async def _loaded(server: Server, prefix: str, count: int, connections: int, rate: float = 0.0) -> Outcome:
    async with load(server, prefix, count, connections, rate) as go:
        outcome = await go()
    if outcome.faults:
        raise BenchFailed(f"{prefix}: {outcome}")
    return outcome


def _require_all(server: Server, outcome: Outcome, prefix: str, count: int) -> None:
    wrong = missing([sample.control_id for sample in samples(prefix, count)], server.names())
    if wrong or outcome.faults:
        raise BenchFailed(f"{wrong or 'nothing lost'}; {outcome}")


async def bench(asked: argparse.Namespace) -> bool:
    """Run everything, print table and JSON; True when all targets were met."""
    pairs: list[tuple[Run, Run]] = []
    rows: list[dict[str, float | str]] = []
    for number in range(1, asked.pairs + 1):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            folder = Path(name)
            worth = speed(folder)
            own = await measure(ours, _made(folder / "ours"), asked.messages, asked.connections)
            theirs = await measure(obvious, _made(folder / "obvious"), asked.messages, asked.connections)
        pairs.append((own, theirs))
        rows.append({"pair": number, "server": "epihub", **asdict(own), **worth})
        rows.append({"pair": number, "server": "obvious", **asdict(theirs), **worth})
        print(f"pair {number}/{asked.pairs}: {own.acked_a_second:,.0f}/s to {theirs.acked_a_second:,.0f}/s")
    print_table(rows)
    targets = _targets(pairs)
    outage = None
    if asked.outage_seconds > 0:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            outage = await measure_outage(Path(name), asked.outage_seconds, asked.backlog, asked.connections)
        print_table([asdict(outage)])
        targets += _outage_targets(outage)
    return conclude(targets, {"runs": rows, "outage": asdict(outage) if outage else None})


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _targets(pairs: list[tuple[Run, Run]]) -> list[Target]:
    def ratio(figure: Callable[[Run], float]) -> float:
        return median(figure(own) / figure(theirs) for own, theirs in pairs)

    return [
        Target("acknowledged/s, times the obvious script", ratio(lambda run: run.acked_a_second), 3.0, True),
        Target("ACK p99, times the obvious script", ratio(lambda run: run.p99_ms), 0.5, False),
        Target("CPU a message, times the obvious script", ratio(lambda run: run.cpu_ms), 0.7, False),
    ]


def _outage_targets(outage: Outage) -> list[Target]:
    return [
        Target("ACK p99 while the broker is away, ms", outage.p99_ms, 10.0, False),
        Target("rows of the backlog stored a second", outage.drain_a_second, 3000.0, True),
    ]


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--messages", type=int, default=8000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--outage-seconds", type=float, default=30.0, help="0: leave the outage out")
    parser.add_argument(
        "--backlog", type=int, default=20_000, help="rows in the spool when the broker is back"
    )
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
