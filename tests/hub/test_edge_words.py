"""What an edge did while it was apart, as it comes out of its spool: the hub tells nobody of it again."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.alarms.episodes import Episode
from hub.alarms.incidents.alarm_event import alarm_of
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.rows import entry_from
from hub.alarms.incidents.states import Kind, State
from hub.events import format_time
from hub.notify.settings import NotifySettings
from hub.payloads import Alarm
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.edge_words import HEAR_MS
from storage.contract import Arrival
from storage.notices import NoticeRow
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, arrival, reading, status
from tests.conformance.store_use import write
from tests.fire.patience import until
from tests.hub.quick_frost import MINUTE, QUICK_FROST, RAISED_AFTER_MS
from tests.notify.made import AN, SETTINGS

pytestmark = pytest.mark.usefixtures("late_at_once")

FRIDGE, SITE, EDGE, METRIC = "fridge-01", "kho-vac-xin", "kho-1", "temp.vaccine"
AT = NOW + 20 * MINUTE
FROST = Episode(
    FRIDGE,
    METRIC,
    "FRZE",
    QUICK_FROST.label,
    NOW,
    NOW + RAISED_AFTER_MS,
    None,
    "critical",
    False,
    -1500,
)


def origin(seq: int) -> From:
    return From(FRIDGE, SITE, EDGE, seq=seq)


def frozen(received: int) -> list[Arrival]:
    """Every ten minutes until now; the edge had each at ``received``."""
    return [
        reading(
            -1.5, origin(minute + 1), ts=NOW + minute * MINUTE, metric=METRIC, received=format_time(received)
        )
        for minute in range(0, 21, 10)
    ]


def alarm(kind: Kind, seq: int, **more: Any) -> Arrival:
    """A word of the edge's own ledger."""
    known = more.pop("episode", FROST)
    entry = Entry(seq, AT, kind, SITE, known.device, known.episode_id, known, **more)
    return spoken(alarm_of(entry, State.UNACK), seq)


def spoken(payload: Alarm, seq: int) -> Arrival:
    return arrival(payload, From("alarms", SITE, EDGE, seq=200 + seq), time_ms=AT, subject=payload.incident)


def presence(change: str, seq: int) -> Arrival:
    told = Alarm(f"{EDGE}/hub.away/{seq}", "hub.away", "info", change, EDGE, format_time(AT), change=change)
    return spoken(told, seq)


DELIVERED = alarm(Kind.NOTIFIED, 2, detail={"channel": "modem", "outcome": "delivered", "to": AN})


class Bench:
    """A hub's store and alarms with a clock of their own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.store = SqliteStore(self.path)
        self.reader = SqliteReader(self.path)
        self.now_ms = AT
        self.settings: NotifySettings = msgspec.structs.replace(SETTINGS, chains=SETTINGS.chains[:1])

    @asynccontextmanager
    async def running(self, beside: str = "") -> AsyncIterator[AlarmRunner]:
        ledger = AlarmLedger(self.store, self._open, lambda _: None, lambda: self.now_ms, self.settings)
        profiles = (QUICK_FROST,)
        runner = AlarmRunner(ledger, self._open, profiles, lambda: self.now_ms, beside=beside)
        task = asyncio.create_task(runner.run())
        try:
            await until(lambda: runner.figures.at_ms > 0, "it has begun")
            yield runner
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def hear(self, runner: AlarmRunner, arrivals: Iterable[Arrival]) -> list[Entry]:
        """The frost's ledger once these are judged."""
        self.now_ms += 1
        await write(self.store, *arrivals)
        last = (await self.reader.figures()).last_number  # before: what is entered now nobody waits for
        runner.grown()
        await until(
            lambda: runner.figures.cursor >= last and runner.figures.at_ms >= self.now_ms, "it is judged"
        )
        rows = [entry_from(row) for row in await self.reader.incident_entries(0, limit=1000)]
        return [row for row in rows if row.episode and row.episode.rule == "FRZE"]

    async def notices(self, state: Any) -> list[NoticeRow]:
        rows = await self.reader.notices(state, limit=1000)
        return [row for row in rows if row.kind == "RAISED" and row.incident == FROST.episode_id]

    def _open(self) -> SqliteReader:
        return SqliteReader(self.path)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.store.open()
    await made.reader.open()
    await write(made.store, status(origin(1), "ONLINE", profile="fridge", kind="cold_mqtt"))
    yield made
    await made.reader.close()
    await made.store.close()


def kinds(entries: Iterable[Entry]) -> list[str]:
    return [entry.kind.value for entry in entries]


async def test_a_backlog_is_held_until_the_edge_has_spoken(bench: Bench) -> None:
    """First the readings, then its words, then that it heard the hub again."""
    async with bench.running() as runner:
        made = await bench.hear(runner, [presence("APART", 1), *frozen(AT)])
        assert kinds(made) == ["RAISED"]
        waiting = await bench.notices("WAITING")
        assert min(row.due_ms for row in waiting) == bench.now_ms + HEAR_MS
        raised = alarm(Kind.RAISED, 1)
        made = await bench.hear(runner, [raised, DELIVERED, presence("REUNITED", 3)])
    assert kinds(made) == ["RAISED", "AT_EDGE", "NOTIFIED"]
    assert made[0].incident == FROST.episode_id
    assert made[-1].detail["edge"] == EDGE
    told = await bench.notices("DELIVERED")
    assert {(row.person, row.code) for row in told} == {(AN, "edge")}
    assert AN not in {row.person for row in await bench.notices("WAITING")}


async def test_what_is_late_is_held_without_a_word(bench: Bench) -> None:
    """A line that died without a sound: readings were on their way before the edge knew that it is apart."""
    async with bench.running() as runner:
        await bench.hear(runner, frozen(AT - MINUTE))
    assert min(row.due_ms for row in await bench.notices("WAITING")) == bench.now_ms + HEAR_MS


@pytest.mark.parametrize("beside", ["", EDGE])
async def test_what_is_live_is_not_held(bench: Bench, beside: str) -> None:
    async with bench.running(beside) as runner:
        await bench.hear(runner, frozen(AT - (MINUTE if beside else 0)))
    assert min(row.due_ms for row in await bench.notices("WAITING")) == bench.now_ms


async def test_after_the_reunion_nothing_is_held(bench: Bench) -> None:
    async with bench.running() as runner:
        await bench.hear(runner, [presence("APART", 1), presence("REUNITED", 2)])
        bench.now_ms += 10 * MINUTE  # so far may pass until it is written how far the log was judged
        await bench.hear(runner, [])
        await bench.hear(runner, frozen(bench.now_ms))
    assert min(row.due_ms for row in await bench.notices("WAITING")) == bench.now_ms


async def test_an_acknowledgement_at_the_edge_is_one_here(bench: Bench) -> None:
    async with bench.running() as runner:
        made = await bench.hear(runner, [*frozen(AT), alarm(Kind.ACKED, 1, actor=AN)])
    assert [(entry.kind.value, entry.actor) for entry in made] == [("RAISED", ""), ("ACKED", AN)]
    assert await bench.notices("WAITING") == []


async def test_words_are_entered_once_also_when_the_log_is_read_again(bench: Bench) -> None:
    async with bench.running() as runner:
        first = await bench.hear(runner, [*frozen(AT), DELIVERED])
    async with bench.running() as runner:
        again = await bench.hear(runner, [presence("REUNITED", 9)])
    assert kinds(first) == ["RAISED", "NOTIFIED"]
    assert again == first


async def test_an_edge_speaks_of_its_own_devices_only(bench: Bench) -> None:
    """An account of an edge must not acknowledge for another one's."""
    other = From("alarms", SITE, "kho-2", seq=900)
    (event, payload, _) = alarm(Kind.ACKED, 1, actor=AN)
    assert isinstance(payload, Alarm)
    foreign = arrival(payload, other, time_ms=AT, subject=event.subject)
    bad = spoken(msgspec.structs.replace(payload, evidence="metric=temp.vaccine version=x raised=soon"), 7)
    async with bench.running() as runner:
        made = await bench.hear(runner, [*frozen(AT), foreign, bad])
    assert kinds(made) == ["RAISED"]
