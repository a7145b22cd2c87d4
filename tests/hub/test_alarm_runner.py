"""The hub's alarms on a real store: readings of the log become entries, once, whatever is killed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.alarms.incidents.entries import Entry, verify
from hub.alarms.incidents.rows import entry_from
from hub.alarms.profiles import load_profile
from hub.alarms.rules import Profile
from hub.payloads import Alarm
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from storage.contract import Arrival
from storage.incidents import IncidentFilter
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, reading, status
from tests.conformance.store_use import write
from tests.fire.patience import until

MINUTE = 60_000
HOUR = 60 * MINUTE
METRIC = "temp.vaccine"
FRIDGE = From("fridge-01", "kho-vac-xin")
PATIENCE_SECONDS = 10


def fridge(value: float, minute: int, seq: int = 0) -> Arrival:
    origin = From(FRIDGE.device, FRIDGE.site, seq=seq or 1000 + minute)
    return reading(value, origin, ts=NOW + minute * MINUTE, metric=METRIC)


def warm(first: int, last: int) -> list[Arrival]:
    """Every ten minutes."""
    return [fridge(9.5, minute) for minute in range(first, last + 1, 10)]


class Bench:
    """A store, and the alarms over it with a clock of their own; ``heard`` is what they publish."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.store = SqliteStore(self.path)
        self.reader = SqliteReader(self.path)
        self.now_ms = NOW
        self.heard: asyncio.Queue[Alarm] = asyncio.Queue()
        self.profiles: tuple[Profile, ...] = (load_profile("fridge"),)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[AlarmRunner]:
        """Alarms from a start to their end, as a process has them."""
        ledger = AlarmLedger(self.store, self._open, self._announce, lambda: self.now_ms)
        runner = AlarmRunner(ledger, self._open, self.profiles, lambda: self.now_ms)
        task = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def next(self, runner: AlarmRunner, minute: int) -> tuple[str, str, str]:
        """What is told next at this minute: rule, change, state."""
        self.now_ms = NOW + minute * MINUTE
        runner.grown()
        async with asyncio.timeout(PATIENCE_SECONDS):
            alarm = await self.heard.get()
        return alarm.kind, str(alarm.change), alarm.state

    async def settled(self, runner: AlarmRunner, minute: int) -> list[tuple[str, str]]:
        """The whole ledger once everything that was stored is judged at this minute."""
        self.now_ms = NOW + minute * MINUTE
        runner.grown()
        last = (await self.reader.figures()).last_number
        figures = runner.figures
        await until(lambda: figures.cursor >= last and figures.at_ms >= self.now_ms, "it is judged")
        return [
            (entry.episode.rule if entry.episode else "", entry.kind.value) for entry in await self.ledger()
        ]

    async def ledger(self) -> list[Entry]:
        entries = [entry_from(row) for row in await self.reader.incident_entries(0, limit=1000)]
        assert verify(entries) is None
        return entries

    def _open(self) -> SqliteReader:
        return SqliteReader(self.path)

    def _announce(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            assert isinstance(arrival.payload, Alarm)
            self.heard.put_nowait(arrival.payload)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.store.open()
    await made.reader.open()
    await write(made.store, status(FRIDGE, "ONLINE", profile="fridge", kind="cold_mqtt"))
    yield made
    await made.reader.close()
    await made.store.close()


async def test_a_warm_fridge_is_told_and_a_cold_one_again(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, *warm(0, 60))
        assert await bench.next(runner, 60) == ("HEAT_EARLY", "RAISED", "UNACK")
        await write(bench.store, *[fridge(5.0, minute) for minute in (70, 80, 90)])
        assert await bench.next(runner, 90) == ("HEAT_EARLY", "RETURNED", "RTN_UNACK")
    (incident,) = (await bench.reader.incidents(IncidentFilter(), limit=10, cursor=None)).items
    assert (incident["site"], incident["worst"], incident["state"]) == (FRIDGE.site, 9.5, "RTN_UNACK")


async def test_a_unit_that_falls_silent_is_told_by_the_clock_alone(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, fridge(5.0, 0))
        assert await bench.next(runner, 45) == ("NODATA", "RAISED", "UNACK")
        assert await bench.next(runner, 240) == ("NODATA", "EXTENDED", "UNACK")


async def test_a_unit_that_never_spoke_is_told(bench: Bench) -> None:
    async with bench.running() as runner:
        assert await bench.settled(runner, 0) == []
        assert await bench.next(runner, 46) == ("NODATA", "RAISED", "UNACK")


async def test_readings_that_come_late_take_silence_back_and_raise_what_was(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, fridge(5.0, 0))
        assert await bench.next(runner, 46) == ("NODATA", "RAISED", "UNACK")
        await write(bench.store, *warm(10, 120))
        found = {await bench.next(runner, 120) for _ in range(3)}
    assert found == {
        ("HEAT_EARLY", "RETRO_RAISED", "UNACK"),
        ("NODATA", "WITHDRAWN_BY_DATA", "CLOSED"),
        ("NODATA", "CLOSED", "CLOSED"),
    }


async def test_a_restart_at_any_time_tells_nothing_twice(bench: Bench) -> None:
    """Readings come while it runs, while it does not, and late."""
    for first in range(0, 240, 30):
        async with bench.running() as runner:
            await write(bench.store, *warm(first, first + 10))
            await bench.settled(runner, first + 15)
        await write(bench.store, *warm(first + 20, first + 20))
    async with bench.running() as runner:
        told = await bench.settled(runner, 240)
    assert told == [("HEAT_EARLY", "RAISED")]


async def test_the_first_start_on_an_old_store_knows_of_the_days_before(bench: Bench) -> None:
    await write(bench.store, *warm(-600, 0))
    async with bench.running() as runner:
        told = await bench.settled(runner, 1)
    assert told == [("HEAT", "RAISED"), ("HEAT_EARLY", "RETRO_RAISED")]
