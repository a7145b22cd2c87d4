"""The hub's alarms on a real store, with a clock of their own, for tests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hub.alarms.incidents.entries import Entry, verify
from hub.alarms.incidents.rows import entry_from
from hub.alarms.profiles import load_profile
from hub.alarms.rules import Profile
from hub.payloads import Alarm
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from storage.contract import Arrival
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
        ledger = AlarmLedger(self.store, self.open_reader, self._announce, lambda: self.now_ms)
        runner = AlarmRunner(ledger, self.open_reader, self.profiles, lambda: self.now_ms)
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
        entries = await self.settled_at(runner, NOW + minute * MINUTE)
        return [(entry.episode.rule if entry.episode else "", entry.kind.value) for entry in entries]

    async def settled_at(self, runner: AlarmRunner, at_ms: int) -> list[Entry]:
        """The same at this time, entries as they are."""
        last = (await self.reader.figures()).last_number  # before: what is entered now nobody waits for
        self.now_ms = at_ms
        runner.grown()
        figures = runner.figures
        await until(lambda: figures.cursor >= last and figures.at_ms >= self.now_ms, "it is judged")
        return await self.ledger()

    async def ledger(self) -> list[Entry]:
        entries = [entry_from(row) for row in await self.reader.incident_entries(0, limit=1000)]
        assert verify(entries) is None
        return entries

    def open_reader(self) -> SqliteReader:
        return SqliteReader(self.path)

    def _announce(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            assert isinstance(arrival.payload, Alarm)
            self.heard.put_nowait(arrival.payload)


@asynccontextmanager
async def alarms_of(folder: Path) -> AsyncIterator[Bench]:
    """On a store that knows the fridge."""
    made = Bench(folder)
    await made.store.open()
    await made.reader.open()
    await write(made.store, status(FRIDGE, "ONLINE", profile="fridge", kind="cold_mqtt"))
    try:
        yield made
    finally:
        await made.reader.close()
        await made.store.close()
