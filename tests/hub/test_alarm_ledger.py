"""The ledger of a hub on a real store: committed first, then told; whatever fails, the chain holds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.alarms.incidents.actions import Acknowledge, Comment, RefusedAction, Shelve
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry, verify
from hub.alarms.incidents.rows import entry_from
from hub.errors import OperatorError, StoreUnavailable
from hub.events import decode_data, decode_event
from hub.payloads import Alarm
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import Arrival, Batch, Outcome
from storage.incidents import Judged
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.alarms.incidents.made import FRIDGE, MINUTE, SITE, episode, finding

NURSE = "3fb1c2aa"
NOW = 60 * MINUTE


class FailingStore(SqliteStore):
    """Fails the next write when told: before its commit, or after it as a line that breaks."""

    failing = ""

    async def write(self, batch: Batch) -> Outcome:
        failing, self.failing = self.failing, ""
        if failing == "before":
            raise StoreUnavailable("store.full")
        outcome = await super().write(batch)
        if failing == "after":
            raise StoreUnavailable("store.connection")
        return outcome


class Bench:
    """A ledger, its store, and what it announced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = FailingStore(path)
        self.reader = SqliteReader(path)
        self.now_ms = NOW
        self.heard: asyncio.Queue[Arrival] = asyncio.Queue()
        self.ledger = AlarmLedger(self.store, lambda: SqliteReader(path), self._announce, lambda: self.now_ms)

    def _announce(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self.heard.put_nowait(arrival)

    async def warm(self, *episodes: Any, cursor: int | None = None) -> list[Entry]:
        return await self.ledger.enter(
            lambda book: book.assess([finding(*(episodes or [episode(0)]))], self.now_ms),
            None if cursor is None else Judged(cursor, self.now_ms),
        )

    async def entries(self) -> list[Entry]:
        return [entry_from(row) for row in await self.reader.incident_entries(0, limit=1000)]

    async def told(self) -> list[Alarm]:
        """The alarms of the log."""
        found = []
        for logged in await self.reader.events(0, limit=1000):
            payload = decode_data(decode_event(logged.body))
            assert isinstance(payload, Alarm)
            found.append(payload)
        return found


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "store.db")
    await made.store.open()
    await made.reader.open()
    yield made
    await made.reader.close()
    await made.store.close()


async def test_what_is_entered_is_logged_announced_and_proves_itself(bench: Bench) -> None:
    (raised,) = await bench.warm(cursor=17)
    await bench.ledger.act(raised.incident, Acknowledge(NURSE, "đã xem"))
    entries = await bench.entries()
    assert verify(entries) is None
    alarms = await bench.told()
    assert [(alarm.change, alarm.state, alarm.entry) for alarm in alarms] == [
        ("RAISED", "UNACK", 1),
        ("ACKED", "ACK", 2),
    ]
    assert [alarm.hash for alarm in alarms] == [entry.hash for entry in entries]
    assert [bench.heard.get_nowait().payload for _ in alarms] == alarms
    assert (await bench.ledger.begin())[0].cursor == 17


async def test_each_event_tells_the_state_after_its_entry(bench: Bench) -> None:
    (raised,) = await bench.warm()
    await bench.ledger.act(raised.incident, Acknowledge(NURSE))
    await bench.warm(episode(0, 90, severity="critical"))
    assert [(alarm.change, alarm.state, alarm.severity) for alarm in await bench.told()] == [
        ("RAISED", "UNACK", "warning"),
        ("ACKED", "ACK", "warning"),
        ("EXTENDED", "UNACK", "critical"),
        ("RETURNED", "RTN_UNACK", "critical"),
    ]


@pytest.mark.parametrize(("failing", "entered"), [("before", ["RAISED"]), ("after", ["RAISED", "COMMENTED"])])
async def test_after_a_failure_the_book_is_read_again(bench: Bench, failing: str, entered: list[str]) -> None:
    (raised,) = await bench.warm(cursor=3)
    bench.store.failing = failing
    with pytest.raises(StoreUnavailable):
        await bench.ledger.act(raised.incident, Comment(NURSE, "một"))
    assert [entry.kind for entry in await bench.entries()] == entered
    await bench.ledger.act(raised.incident, Comment(NURSE, "hai"))
    entries = await bench.entries()
    assert [entry.kind for entry in entries] == [*entered, "COMMENTED"]
    assert verify(entries) is None
    assert len(await bench.told()) == len(entries)
    assert (await bench.ledger.begin())[0].cursor == 3


async def test_a_second_ledger_notices_that_it_is_behind(bench: Bench) -> None:
    (raised,) = await bench.warm()
    other = AlarmLedger(bench.store, lambda: SqliteReader(bench.path), lambda _: None)
    await other.act(raised.incident, Comment(NURSE, "một"))
    with pytest.raises(StoreUnavailable, match=r"store\.ledger_moved"):
        await bench.ledger.act(raised.incident, Comment(NURSE, "hai"))
    await bench.ledger.act(raised.incident, Comment(NURSE, "ba"))
    assert [entry.note for entry in await bench.entries()] == ["", "một", "ba"]


async def test_what_is_refused_leaves_everything(bench: Bench) -> None:
    (raised,) = await bench.warm()
    with pytest.raises(RefusedAction, match=r"alarm\.no_reason"):
        await bench.ledger.act(raised.incident, Shelve(NURSE, "", NOW + 60 * MINUTE))
    await bench.ledger.act(raised.incident, Acknowledge(NURSE))
    assert [entry.number for entry in await bench.entries()] == [1, 2]


async def test_a_fault_of_ours_leaves_no_book_that_is_ahead(bench: Bench) -> None:
    (raised,) = await bench.warm()

    def faulty(book: Book) -> list[Entry]:
        book.act(raised.incident, Acknowledge(NURSE), NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await bench.ledger.enter(faulty)
    await bench.ledger.act(raised.incident, Acknowledge(NURSE))
    assert verify(await bench.entries()) is None


async def test_a_shelf_ends_by_itself(bench: Bench) -> None:
    running = asyncio.create_task(bench.ledger.run())
    (raised,) = await bench.warm()
    await bench.ledger.act(raised.incident, Shelve(NURSE, "bảo trì", NOW + 10 * MINUTE))
    bench.now_ms += 10 * MINUTE
    await bench.ledger.act(raised.incident, Comment(NURSE, "sắp xong"))
    changes: list[object] = []
    while "UNSHELVED" not in changes:
        payload = (await bench.heard.get()).payload
        assert isinstance(payload, Alarm)
        changes.append(payload.change)
    assert changes == ["RAISED", "SHELVED", "COMMENTED", "UNSHELVED"]
    running.cancel()
    await asyncio.wait({running})


async def test_the_desk_answers_with_the_number_or_the_code(bench: Bench) -> None:
    (raised,) = await bench.warm()
    calls = AlarmDesk(bench.ledger).calls()
    alarm, device = calls["alarm"], calls["alarm_device"]
    until = {"until_ms": NOW + 60 * MINUTE}
    assert await alarm(raised.incident, "shelve", NURSE, "bảo trì", until) == {
        "outcome": "done",
        "reason": "",
        "entry": 2,
    }
    assert await alarm(raised.incident, "disposition", NURSE, "", {"decision": "use"}) == {
        "outcome": "refused",
        "reason": "alarm.use_while_active",
        "entry": 0,
    }
    assert (await alarm("x", "ack", NURSE))["reason"] == "alarm.unknown"
    assert (await device(SITE, FRIDGE, "check", NURSE, "", {"round": "PM"}))["entry"] == 3
    assert (await device(SITE, FRIDGE, "take_out", NURSE, "sửa"))["entry"] == 4
    with pytest.raises(OperatorError):
        await alarm(raised.incident, "delete", NURSE)
    with pytest.raises(TypeError):
        await alarm(raised.incident, "ack", NURSE, "", {"until_ms": 1})
