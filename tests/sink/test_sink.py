"""Receipts and acknowledgements are made of what the store has, and of nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import apsw
import pytest

from hub.errors import StoreUnavailable
from hub.events import partition_of
from hub.mqtt.connection import BrokerAddress, Connection, Incoming
from hub.sink import sink as sink_module
from hub.sink.sink import Sink
from hub.sink.size import SMALLEST_BATCH_EVENTS
from hub.sink.watermarks import Told
from storage.contract import Arrival, Batch, Outcome
from storage.sqlite.store import SqliteStore
from tests.sink.arrivals import EDGE, EPOCH, Line, id_of, message, reading, skip

ADDRESS = BrokerAddress("127.0.0.1", 1)


class HeldStore(SqliteStore):
    """A store whose writes wait for ``gate``, and fail as often as ``refusals`` says."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate = asyncio.Event()
        self.gate.set()
        self.refusals = 0
        self.hold_after_refusals = False
        self.asked: asyncio.Queue[Batch] = asyncio.Queue()

    async def write(self, batch: Batch) -> Outcome:
        self.asked.put_nowait(batch)
        await self.gate.wait()
        if self.refusals:
            self.refusals -= 1
            if not self.refusals and self.hold_after_refusals:
                self.gate.clear()
            raise StoreUnavailable("store.full")
        return await super().write(batch)


class Bench:
    """A sink at work, one partition of which has a line."""

    def __init__(self, store: HeldStore, partitions: Sequence[int]) -> None:
        self.store = store
        self.heard: list[Arrival] = []
        self.born = 0
        self.sink = Sink(store, ADDRESS, partitions, self.heard.extend, self._count)
        self.line = Line()

    def _count(self) -> None:
        self.born += 1

    def deliver(self, *messages: Incoming, line: Line | None = None) -> None:
        self.sink._deliver(cast(Connection, line or self.line), list(messages))

    def due(self) -> list[Told]:
        return [told for partition in self.sink.partitions.values() for told in partition._due.values()]

    async def settled(self, count: int) -> None:
        """Until ``count`` messages are acknowledged."""
        async with asyncio.timeout(10):
            while len(self.line.acknowledged) < count:  # noqa: ASYNC110 - the sink tells nobody
                await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "WINDOW_SECONDS", 0)
    monkeypatch.setattr(sink_module, "BUSY_WINDOW_SECONDS", 0)
    monkeypatch.setattr(sink_module, "RETRY_SECONDS", 0)


@asynccontextmanager
async def working(path: Path, partitions: Sequence[int] = range(16)) -> AsyncIterator[Bench]:
    bench = Bench(HeldStore(path), partitions)
    await bench.store.open()
    await bench.sink.open()
    running = asyncio.create_task(bench.sink.run())
    try:
        yield bench
        assert not running.done()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await bench.store.close()


def rows(path: Path, sql: str) -> list[Any]:
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


async def test_stored_then_acknowledged_then_receipted(tmp_path: Path) -> None:
    async with working(tmp_path / "store.db") as bench:
        bench.store.gate.clear()
        bench.deliver(*(message(reading(number), number) for number in range(1, 4)))
        await bench.store.asked.get()
        assert (bench.line.acknowledged, bench.due(), bench.heard) == ([], [], [])
        bench.store.gate.set()
        await bench.settled(3)
        assert bench.due() == [Told(EDGE, EPOCH, 3, id_of(3), None)]
        assert [arrival.event.id for arrival in bench.heard] == [id_of(number) for number in (1, 2, 3)]
        assert await bench.store.watermarks() == [(EDGE, EPOCH, 3, id_of(3))]


async def test_what_comes_in_a_busy_window_is_one_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "BUSY_WINDOW_SECONDS", 0.3)
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(*(message(reading(number), number) for number in range(1, 21)))
        for _ in range(10):
            await asyncio.sleep(0)
        bench.deliver(message(reading(21), 21))
        await bench.settled(21)
        assert bench.sink.counters.commits == 1


@pytest.mark.parametrize(
    ("backlog", "others"), [(500, 0), (100, 1)], ids=["a whole batch", "another edge beside one that drains"]
)
async def test_a_busy_window_ends_when_there_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backlog: int, others: int
) -> None:
    monkeypatch.setattr(sink_module, "BUSY_WINDOW_SECONDS", 3600)
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(*(message(reading(number), number) for number in range(1, 31)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not bench.line.acknowledged
        bench.deliver(*(message(reading(number), number) for number in range(31, backlog + 1)))
        bench.deliver(*map(of_another_edge, range(1, others + 1)), line=Line())
        await bench.settled(backlog)


async def test_a_store_that_does_not_answer_is_told_while_it_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "SLOW_SECONDS", -1)
    async with working(tmp_path / "store.db") as bench:
        bench.store.gate.clear()
        bench.deliver(message(reading(1), 1))
        await bench.store.asked.get()
        assert bench.sink.store_trouble.startswith("store.slow: ")
        assert bench.sink.counters.store_failure == ""
        bench.store.gate.set()
        await bench.settled(1)
        assert bench.sink.store_trouble == ""


async def test_failed_store_gives_neither_and_the_marks_are_read_again(tmp_path: Path) -> None:
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(message(reading(1), 1))
        await bench.settled(1)
        bench.sink.partitions[partition_of(EDGE)]._due.clear()
        bench.store.refusals, line = 2, Line()
        bench.store.hold_after_refusals = True
        bench.deliver(message(reading(2), 2), line=line)
        for _ in range(4):  # the good one, two refusals, and the one that is held
            await bench.store.asked.get()
        assert (bench.sink.counters.failures, line.acknowledged, bench.due()) == (2, [], [])
        assert bench.sink.counters.store_failure == "store.full"
        bench.store.gate.set()
        bench.deliver(message(reading(3), 3))
        await bench.settled(2)
        assert line.acknowledged == [2], "the same delivery, tried again"
        assert [told.seq for told in bench.due()] == [3]
        assert bench.sink.counters.store_failure == ""


async def test_marks_after_a_failure_are_those_of_the_store(tmp_path: Path) -> None:
    async with working(tmp_path / "store.db") as bench:
        bench.store.gate.clear()
        bench.store.refusals = 1
        bench.deliver(message(reading(1), 1))
        await bench.store.asked.get()
        assert bench.sink.committed.find(EDGE, EPOCH).seq == 0
        bench.store.gate.set()
        await bench.settled(1)
        assert bench.sink.committed.find(EDGE, EPOCH) == Told(EDGE, EPOCH, 1, id_of(1), None)


async def test_long_failure_keeps_order_and_lets_lines_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "WAITING_EVENTS", 20)
    monkeypatch.setattr(sink_module, "FULL_LANE_EVENTS", 20)
    monkeypatch.setattr(sink_module, "LARGEST_BATCH_EVENTS", 7)
    async with working(tmp_path / "store.db") as bench:
        bench.store.refusals = 5
        bench.deliver(*(message(reading(number), number) for number in range(1, 31)))
        assert bench.line.calls == ["pause"], "the broker keeps the rest"
        await bench.settled(30)
        assert bench.line.calls == ["pause", "resume"]
        assert bench.line.acknowledged == list(range(1, 31))
        assert bench.sink.committed.find(EDGE, EPOCH).want is None


async def test_a_line_that_brings_little_is_read_while_another_brings_a_backlog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "WAITING_EVENTS", 20)
    monkeypatch.setattr(sink_module, "FULL_LANE_EVENTS", 20)
    other = Line()
    async with working(tmp_path / "store.db") as bench:
        bench.store.gate.clear()
        bench.deliver(*(message(reading(number), number) for number in range(1, 31)))
        bench.deliver(of_another_edge(1), line=other)
        assert (bench.line.calls, other.calls) == (["pause"], [])
        bench.store.gate.set()
        await bench.settled(30)
        assert other.acknowledged == [1]


async def test_another_edge_is_written_before_the_end_of_a_backlog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "LARGEST_BATCH_EVENTS", 50)
    other = Line()
    async with working(tmp_path / "store.db") as bench:
        bench.store.gate.clear()
        bench.deliver(*(message(reading(number), number) for number in range(1, 301)))
        bench.deliver(of_another_edge(1), line=other)
        bench.store.gate.set()
        async with asyncio.timeout(10):
            while not other.acknowledged:  # noqa: ASYNC110 - the sink tells nobody
                await asyncio.sleep(0)
        assert len(bench.line.acknowledged) <= 100
        await bench.settled(300)
        assert bench.line.acknowledged == list(range(1, 301))


async def test_transactions_are_smaller_while_others_speak_beside_a_backlog(tmp_path: Path) -> None:
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(*(message(reading(number), number) for number in range(1, 1001)))
        alone = await bench.store.asked.get()
        bench.store.gate.clear()
        bench.deliver(of_another_edge(1), line=Line())
        bench.store.gate.set()
        shared = await bench.store.asked.get()
        await bench.settled(1000)
    assert len(alone.arrivals) == 500
    assert SMALLEST_BATCH_EVENTS <= len(shared.arrivals) <= 250


async def test_a_backlog_leaves_room_for_others_and_goes_on_when_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "PAUSE_SECONDS", 3600)
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(*(message(reading(number), number) for number in range(1, 1001)))
        other = Line()
        for seq in range(1, 4):
            bench.deliver(of_another_edge(seq), line=other)
            async with asyncio.timeout(10):
                while len(other.acknowledged) < seq:  # noqa: ASYNC110 - the sink tells nobody
                    await asyncio.sleep(0)
        assert len(bench.line.acknowledged) < 1000
        assert bench.sink.waiting


def of_another_edge(seq: int) -> Incoming:
    told = message(reading(1000 + seq), seq)
    payload = told.payload.replace(b'"edge":"edge-1"', b'"edge":"edge-2"')
    return Incoming(told.topic.replace("/edge-1/", "/edge-2/"), payload, seq, False, False)


async def test_every_delivery_is_counted_once(tmp_path: Path) -> None:
    async with working(tmp_path / "store.db") as bench:
        good = [message(reading(number), number) for number in range(1, 4)]
        poison = Incoming(good[0].topic, b'{"x":1,"epoch":"%b","seq":4}' % EPOCH.encode(), 4, False, False)
        bench.deliver(*good, poison)
        await bench.settled(4)
        bench.deliver(*good)
        await bench.settled(7)
        counters = bench.sink.counters
        assert (counters.stored, counters.duplicates, counters.quarantined) == (3, 3, 1)
        assert counters.delivered == counters.stored + counters.duplicates + counters.quarantined
        assert bench.sink.committed.find(EDGE, EPOCH).seq == 4


async def test_gap_is_named_and_nothing_beyond_it_is_receipted(tmp_path: Path) -> None:
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(message(reading(1), 1), message(reading(4), 4))
        await bench.settled(2)
        assert bench.due() == [Told(EDGE, EPOCH, 1, id_of(1), (2, 3))]
        bench.deliver(message(reading(2), 2), message(reading(3), 3))
        await bench.settled(4)
        assert bench.due() == [Told(EDGE, EPOCH, 4, id_of(4), None)]


async def test_hole_and_its_alarm_are_one_transaction_and_told_after_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with working(path) as bench:
        bench.store.gate.clear()
        bench.deliver(skip(1, 7, 0, reason="pruned"))
        batch = await bench.store.asked.get()
        assert [arrival.event.edge for arrival in batch.arrivals] == [EDGE, "hub", "hub", "hub"]
        assert [(hole.first, hole.last) for hole in batch.holes] == [(1, 7)]
        assert bench.born == 0
        bench.store.gate.set()
        await bench.settled(1)
        assert bench.born == 1
    types = [("spool.skipped.v1",), ("alarm.v1",), ("coldchain.reading.v1",), ("coldchain.reading.v1",)]
    assert rows(path, "SELECT type FROM event ORDER BY number") == types
    assert rows(path, "SELECT first, last FROM hole") == [(1, 7)]


async def test_edge_of_another_holder_gets_no_receipt_from_us(tmp_path: Path) -> None:
    other = (partition_of(EDGE) + 1) % 16
    async with working(tmp_path / "store.db", [other]) as bench:
        bench.deliver(message(reading(1), 1))
        await bench.settled(1)
        assert bench.due() == []


async def test_batches_are_bounded_by_events_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink_module, "LARGEST_BATCH_BYTES", 1500)
    async with working(tmp_path / "store.db") as bench:
        bench.deliver(*(message(reading(number), number) for number in range(1, 11)))
        await bench.settled(10)
        sizes = [len(bench.store.asked.get_nowait().arrivals) for _ in range(bench.store.asked.qsize())]
        assert sum(sizes) == 10
        assert max(sizes) <= 4


async def test_restart_goes_on_from_the_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with working(path) as bench:
        bench.deliver(message(reading(1), 1), message(reading(2), 2))
        await bench.settled(2)
    async with working(path) as bench:
        assert bench.sink.committed.find(EDGE, EPOCH) == Told(EDGE, EPOCH, 2, id_of(2), None)
        bench.deliver(message(reading(3), 3))
        await bench.settled(1)
        assert [told.seq for told in bench.due()] == [3]
