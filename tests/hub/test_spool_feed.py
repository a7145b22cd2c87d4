"""Readings from an edge's spool into the store of its own alarms: all of them, once, whatever is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.contract import Fact
from hub.edge.encoder import Made, Origin, encode, note
from hub.events import format_time
from hub.payloads import Alarm, DeviceStatus, Reading
from hub.runtime.spool_feed import PAGE_ROWS, SpoolFeed
from hub.spool import EventRecord, Spool
from storage.contract import Watermark
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.fire.patience import until_told
from tests.spool.parts import RECEIVED_MS, opened

ORIGIN = Origin("kho-vac-xin", "kho-1", "fridge-01")


def measured(number: int) -> EventRecord:
    reading = Reading("temp.vaccine", 5.0 + number / 1000, "Cel")
    at_ms = RECEIVED_MS + number * 1000
    return encode(ORIGIN, Fact(reading, f"temp.vaccine|{at_ms}", at_ms), Made(at_ms))[0]


def state(name: str, number: int) -> EventRecord:
    told = DeviceStatus(
        name,  # type: ignore[arg-type]
        "link",
        format_time(RECEIVED_MS),
        kind="cold_mqtt",
        profile="fridge",
    )
    return note(ORIGIN, told, f"fridge-01/status/{number}", RECEIVED_MS + number)


class Bench:
    """A spool that is being written, and the store behind it."""

    def __init__(self, folder: Path, spool: Spool) -> None:
        self.spool = spool
        self.store = SqliteStore(folder / "store.db")
        self.reader = SqliteReader(folder / "store.db")
        self.told = 0

    @asynccontextmanager
    async def feeding(self) -> AsyncIterator[None]:
        feed = SpoolFeed(self.spool.path, self.store, "kho-1", self._grown, poll_seconds=0.01)
        task = asyncio.create_task(feed.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until_events(self, count: int) -> None:
        async def there() -> bool:
            return (await self.reader.figures()).events == count

        await until_told(there, f"{count} events are in the store", 10)

    def _grown(self) -> None:
        self.told += 1


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(tmp_path / "spool.db") as spool:
        made = Bench(tmp_path, spool)
        await made.store.open()
        await made.reader.open()
        yield made
        await made.reader.close()
        await made.store.close()


async def test_readings_and_states_come_as_the_hub_gets_them(bench: Bench) -> None:
    """Numbered: the newest state of a device is told by its number."""
    other = Alarm("x", "spool.filling", "warning", "RAISED", "kho-1", format_time(RECEIVED_MS))
    async with bench.feeding():
        await bench.spool.commit([state("OFFLINE", 1), note(ORIGIN, other, "x", RECEIVED_MS)])
        await bench.spool.commit([state("ONLINE", 2), measured(1)])
        await bench.until_events(3)
    (device,) = await bench.reader.devices()
    assert (device["state"], device["profile"], device["edge"]) == ("ONLINE", "fridge", "kho-1")
    (mark,) = await bench.store.watermarks()
    epoch = bench.spool.books.epoch
    assert mark == Watermark("kho-1", epoch, 4, mark.id)
    assert bench.told >= 1


async def test_it_goes_on_where_it_was_and_misses_nothing(bench: Bench) -> None:
    async with bench.feeding():
        await bench.spool.commit([measured(number) for number in range(10)])
        await bench.until_events(10)
    later = [measured(number) for number in range(10, 10 + 2 * PAGE_ROWS)]
    for first in range(0, len(later), 100):
        await bench.spool.commit(later[first : first + 100])
    async with bench.feeding():
        await bench.until_events(10 + len(later))
        told = bench.told
        await bench.spool.commit([measured(-1)])
        await bench.until_events(11 + len(later))
    assert told <= 4  # pages: what was there before was not read again


async def test_a_spool_that_is_another_is_read_from_its_beginning(bench: Bench, tmp_path: Path) -> None:
    async with bench.feeding():
        await bench.spool.commit([measured(1), measured(2)])
        await bench.until_events(2)
    async with opened(tmp_path / "other.db") as fresh:
        bench.spool = fresh
        await fresh.commit([measured(2), measured(3)])
        async with bench.feeding():
            await bench.until_events(3)
