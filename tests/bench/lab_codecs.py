"""./dev bench lab-codecs: our codecs and the durable MLLP listener against its peers, in one run.

Readers: an ORU^R01 of 1,291 bytes with eight OBX, every field cut to repetition and component. Sessions:
one GeneXpert run of 88 records, from the first ENQ to EOT, checked, acknowledged and cut into records whose
fields can be asked for. All in turns, a few at a time, and the best turn of each counts: what else the
machine does can only make a turn slower. Messages: the same ORU over connections that wait for each ACK,
against `epihub up` (message, events and answer are on disk before the ACK) and against python-hl7's MLLP
server, which stores nothing; pairs of runs, and the median of their ratios.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.parts.codecs import READERS, SESSIONS, genexpert_run, sessions
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.generator import Outcome
from tests.bench.parts.machine import cpu_seconds, loads_a_second, speed
from tests.bench.parts.panel import PANEL_BYTES, panel
from tests.bench.parts.servers import Server, keeps_nothing, load, missing, ours, until
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table

TURN_SECONDS = 0.002
WARM_UP = 300
Row = dict[str, float | str]


def in_turns(ways: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Microseconds of each way in its best turn."""
    best: dict[str, float] = {}
    counts: dict[str, int] = {}
    for name, way in ways.items():  # how many fill a turn
        way()
        began = time.perf_counter()
        way()
        counts[name] = max(1, int(TURN_SECONDS / (time.perf_counter() - began)))
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        for name, way in ways.items():
            began = time.perf_counter()
            for _ in range(counts[name]):
                way()
            each = (time.perf_counter() - began) / counts[name]
            best[name] = min(each, best.get(name, each))
    return {name: 1e6 * each for name, each in best.items()}


def measure_readers(seconds: float) -> tuple[list[Row], list[Target]]:
    """Microseconds to read one message."""
    message = panel("MSG-00001", 1)
    if len(message) != PANEL_BYTES:
        raise BenchFailed(f"the message has {len(message)} bytes")
    found = in_turns({name: partial(read, message) for name, read in READERS.items()}, seconds)
    split = found["split reader"]
    rows: list[Row] = [
        {"reader": name, "us": each, "times_split": each / split} for name, each in found.items()
    ]
    return rows, [Target("a full read of 8 OBX, times a split reader", found["epihub"] / split, 2.0, False)]


def measure_sessions(seconds: float) -> tuple[list[Row], list[Target]]:
    """Sessions a second, for each way in which machines cut a message into frames."""
    rows: list[Row] = []
    ratios: dict[str, float] = {}
    cut = sessions(genexpert_run())
    for shape, chunks in cut.items():
        ways = {name: partial(way, chunks) for name, way in SESSIONS.items()}
        found = in_turns(ways, seconds / len(cut))
        row: Row = {"session": shape, "frames": len(chunks) - 2}
        row |= {f"{name}, per s": 1e6 / each for name, each in found.items()}
        ratios[shape] = found["astm-2025"] / found["epihub"]
        rows.append(row | {"times_codec": ratios[shape]})
    name = "ASTM sessions/s as GeneXpert sends them (one frame), times astm-2025's codec"
    return rows, [Target(name, ratios["one frame"], 5.0, True)]


async def measure_messages(asked: argparse.Namespace) -> tuple[list[Row], list[Target]]:
    """Acknowledged messages a second of both servers, in pairs."""
    rows: list[Row] = []
    ratios: list[float] = []
    for number in range(1, asked.pairs + 1):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
            machine = speed(Path(name))
            own = await loaded(ours(Path(name)), asked, "epihub", keeps=True)
        theirs = await loaded(keeps_nothing(), asked, "python-hl7", keeps=False)
        rows += [{"pair": number, **own, **machine}, {"pair": number, **theirs, **machine}]
        ratios.append(float(own["acked_a_second"]) / float(theirs["acked_a_second"]))
    name = f"durable ORU/s at {asked.connections} connections, times python-hl7's that stores nothing"
    return rows, [Target(name, median(ratios), 5.0, True)]


async def loaded(
    server_of: AbstractAsyncContextManager[Server], asked: argparse.Namespace, name: str, *, keeps: bool
) -> Row:
    """One run of one server; raises BenchFailed when a message was refused, lost or doubled.

    ``cpu_ms``: a message, of the one process that answers (epihub's is the edge) until all is stored.
    """
    async with server_of as server:
        await _through(server, "w", WARM_UP, asked.connections, keeps=keeps)
        answering = server.processes[:1]
        before = cpu_seconds(answering)
        outcome = await _through(server, "m", asked.messages, asked.connections, keeps=keeps)
        cpu = cpu_seconds(answering) - before
        wrong = missing([f"m-{number:06d}" for number in range(asked.messages)], server.names())
        if keeps and wrong:
            raise BenchFailed(f"{name}: {wrong}")
    figures = {"acked_a_second": outcome.acked / outcome.seconds, "p50_ms": outcome.p50_ms}
    return {"server": name, **figures, "p99_ms": outcome.p99_ms, "cpu_ms": 1000 * cpu / asked.messages}


async def _through(server: Server, prefix: str, count: int, connections: int, *, keeps: bool) -> Outcome:
    """Send so many; return when they are in the store too, where there is one."""
    goal = server.stored() + count
    async with load(server, prefix, count, connections, rows=8) as go:
        outcome = await go()
    if outcome.faults or outcome.acked != count:
        raise BenchFailed(f"{prefix}: {outcome}")
    if keeps:
        await until(lambda: server.stored() >= goal, "all stored")
    return outcome


async def bench(asked: argparse.Namespace) -> bool:
    """Run all three, print tables and JSON; True when all limits were held."""
    machine = {"loads_a_second": loads_a_second()}
    readers, targets = measure_readers(asked.seconds)
    print_table(readers)
    found, more = measure_sessions(asked.seconds)
    print_table(found)
    targets += more
    messages: list[Row] = []
    if asked.pairs:
        messages, more = await measure_messages(asked)
        print_table(messages)
        targets += more
    figures = {"readers": readers, "sessions": found, "messages": messages, "machine": machine}
    return conclude(targets, figures)


def main() -> int:
    parser = options_of(__doc__)
    parser.add_argument("--seconds", type=float, default=12.0, help="of readers, and of sessions")
    parser.add_argument("--pairs", type=int, default=3, help="runs of both servers; 0: leave them out")
    parser.add_argument("--messages", type=int, default=8000)
    parser.add_argument("--connections", type=int, default=20)
    asked = parser.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
