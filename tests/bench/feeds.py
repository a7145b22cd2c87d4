"""How fast a store's log drains to a webhook's receiver, and how soon a committed event is there.

The deliverer is a process of its own, the receiver and the store's hub are this one: on two cores they share.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from hub.control import serve_control
from hub.feeds.signing import headers_of, secret_bytes
from tests.background import background
from tests.conformance.store_arrivals import NOW, lab
from tests.conformance.store_use import write
from tests.feeds.delivering import NAME, a_store, webhook
from tests.feeds.receiver import SECRET, Receiver
from tests.feeds.test_killed_deliverer import deliverer, settings_of

LATENCIES = 200


class Counting(Receiver):
    """Verifies by our own code (the oracle takes 0.2 ms), and notes when each came."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, float] = {}

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        name = headers["webhook-id"]
        made = headers_of(name, body, int(headers["webhook-timestamp"]), [secret_bytes(SECRET)])
        assert made["webhook-signature"] == headers["webhook-signature"]
        self.at.setdefault(name, time.monotonic())
        self.news.set()
        return 204


async def main_async(events: int, at_once: int) -> None:
    receiver = Counting()
    await receiver.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            a_store(folder) as hub,
            background(serve_control(folder / "hub.sock", hub.desk.calls())),
        ):
            for first in range(0, events, 500):
                await write(hub.store, *(lab(f"S-{n}") for n in range(first, first + 500)))
            async with deliverer(settings_of(folder, webhook(receiver.url, at_once=at_once))):
                await receiver.until(lambda: len(receiver.at) >= events, 600)
                first_at = min(receiver.at.values())
                seconds = max(receiver.at.values()) - first_at
                print(f"drained {events} events in {seconds:.2f} s: {events / seconds:.0f} a second")
                await hub.until_settled(events)
                await _latencies(hub.store, receiver)
            row = next(each for each in await hub.reader.destinations() if each.name == NAME)
            assert row.wanted == row.taken == events + LATENCIES, row
    await receiver.stop()


async def _latencies(store: object, receiver: Counting) -> None:
    taken = []
    for n in range(LATENCIES):
        arrival = lab(f"L-{n}", time_ms=NOW + n)
        await write(store, arrival)  # type: ignore[arg-type]
        committed = time.monotonic()
        await receiver.until(lambda name=arrival.event.id: name in receiver.at, 30)  # type: ignore[misc]
        taken.append((receiver.at[arrival.event.id] - committed) * 1000)
        await asyncio.sleep(0.03)
    p99 = statistics.quantiles(taken, n=100)[98]
    print(f"store to subscriber: median {statistics.median(taken):.1f} ms, p99 {p99:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=16)
    given = parser.parse_args()
    asyncio.run(main_async(given.events, given.at_once))


if __name__ == "__main__":
    main()
