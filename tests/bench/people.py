"""./dev bench people: what a list of a million people costs the process of an edge.

A hub in a process of its own publishes the list over a real broker, then another version of it. Measured in
the process that looks people up: what a look-up takes, how long until the new version is used, how late the
event loop was meanwhile (a probe each millisecond), and the memory that it had more at the end.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from hub.broker.accounts import edge_account, hub_account
from hub.clock import now_ms
from hub.edge.people_kept import KeptList, PeopleKept
from hub.edge.people_line import PeopleLine
from hub.mqtt.connection import BrokerAddress
from hub.people.list_file import body_head, write_list
from hub.people.records import NAME_BYTES, body_of
from hub.runtime.list_herald import ListHerald
from hub.runtime.people_shelf import PeopleShelf
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import memory
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.conformance.bus_engines import engine
from tests.fire.patience import until

EDGE = "cong-1"
LOOKED_UP = 100_000
PROBE_SECONDS = 0.001
HUB, FILL, KNOWN = "hub", "fill", "known"


async def publish(folder: Path, address: BrokerAddress) -> None:
    """The hub's process: until it is ended."""
    shelf = PeopleShelf(folder, now_ms)
    herald = ListHerald(address, {"watch": lambda: shelf.published("watch")})
    await herald.run()


def fill(folder: Path, people: int) -> None:
    """Another list of so many, and some of whom are on it; in a process of its own, for its memory."""
    entries = {os.urandom(NAME_BYTES): 1 for _ in range(people)}
    body = body_of(entries)
    write_list(PeopleShelf(folder, now_ms).path("watch"), body_head(body, now_ms()), [body])
    (folder / KNOWN).write_bytes(b"".join(islice(entries, LOOKED_UP)))


def known(folder: Path) -> list[bytes]:
    raw = (folder / KNOWN).read_bytes()
    return [raw[at : at + NAME_BYTES] for at in range(0, len(raw), NAME_BYTES)]


@asynccontextmanager
async def beside(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.people", *arguments)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def probe(lags: list[float]) -> None:
    """How late the loop is, each millisecond."""
    while True:
        due = time.perf_counter() + PROBE_SECONDS
        await asyncio.sleep(PROBE_SECONDS)
        lags.append(time.perf_counter() - due)


def look_up(kept: KeptList, names: Sequence[bytes]) -> float:
    """Microseconds of one, half of them of people who are on the list."""
    persons = [f"p-00000000:{each.hex()}" for name in names for each in (name, name[::-1])]
    began = time.perf_counter()
    found = sum(kept.find(person) is not None for person in persons)
    took = time.perf_counter() - began
    assert found == len(names)
    return took / len(persons) * 1e6


async def take_over(kept: KeptList, address: BrokerAddress, folder: Path) -> dict[str, float]:
    """From a hub that has a new version to its use."""
    lags: list[float] = []
    before, probing = kept.version, asyncio.create_task(probe(lags))
    began = time.perf_counter()
    async with beside(HUB, str(folder), str(address.port), address.username, address.password):
        await until(lambda: kept.version != before, "the new version is used", 120)
        took = time.perf_counter() - began
    probing.cancel()
    lags.sort()
    return {"seconds": took, "lag_p99_ms": lags[len(lags) * 99 // 100] * 1e3, "lag_max_ms": lags[-1] * 1e3}


async def bench(asked: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as name:
        folder = Path(name)
        broker = engine("nats", folder, [hub_account("hub"), edge_account(EDGE, "edge", ["cong"])])
        await broker.start()
        kept = PeopleKept(folder / "edge", "", now_ms)
        line = asyncio.create_task(PeopleLine(broker.address(EDGE), EDGE, kept, now_ms).serve())
        runs = []
        for _ in range(asked.runs):
            async with beside(FILL, str(folder / "hub"), str(asked.people)) as filling:
                if await filling.wait():
                    raise BenchFailed("the list was not made")
            names = known(folder / "hub")
            megabytes = memory(os.getpid()).rss / 1e6
            run = await take_over(kept.of("watch"), broker.address("hub"), folder / "hub")
            run["look_up_us"] = look_up(kept.of("watch"), names)
            run["more_mb"] = memory(os.getpid()).rss / 1e6 - megabytes
            runs.append(run)
        line.cancel()
        await asyncio.gather(line, return_exceptions=True)
        await broker.stop()
    print_table(runs)
    worst = {name: max(run[name] for run in runs) for name in runs[0]}
    return conclude(
        [
            Target("a look-up, microseconds", worst["look_up_us"], 10, False),
            Target("memory of the first version, MB", runs[0]["more_mb"], 30, False),
            Target("event loop late while it came, ms (p99)", worst["lag_p99_ms"], 20, False),
        ],
        {"people": asked.people, "runs": runs},
    )


def main() -> int:
    if sys.argv[1:2] == [HUB]:
        folder, port, user, password = sys.argv[2:]
        asyncio.run(publish(Path(folder), BrokerAddress("127.0.0.1", int(port), user, password)))
        return 0
    if sys.argv[1:2] == [FILL]:
        fill(Path(sys.argv[2]), int(sys.argv[3]))
        return 0
    options = options_of(__doc__ or "")
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=2, help="versions, one after the other")
    asked = options.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
