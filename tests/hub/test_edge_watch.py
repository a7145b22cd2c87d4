"""Edges as the hub hears them on a real broker, and what of it gets into its log."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.clock import now_ms
from hub.errors import BusUnavailable
from hub.events import format_time, state_topic
from hub.mqtt.connection import Connection, connect
from hub.payloads import DeviceStatus, Reading
from hub.runtime import edge_watch
from hub.runtime.edge_watch import EdgeWatch
from hub.supervisor import FAST, keep_running
from hub.wire import EdgeState, encode_json
from storage.contract import Arrival, Batch
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.bus_engines import Nats
from tests.sink.test_hub_on_the_bus import engine  # noqa: F401  the fixture

pytestmark = pytest.mark.slow
SITE, EDGE = "bv-thong-nhat", "edge-7"
HOUR_MS = 3_600_000


class Log:
    """A store; ``told``: what was written, of one edge, state and reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStore(path)
        self.arrivals: list[Arrival] = []
        self._written = asyncio.Condition()

    async def write(self, arrivals: Sequence[Arrival]) -> None:
        await self.store.write(Batch(self.store.term, arrivals, received_ms=now_ms()))
        async with self._written:
            self.arrivals += arrivals
            self._written.notify_all()

    async def statuses(self, count: int) -> list[tuple[str, str, str]]:
        async with self._written:
            await self._written.wait_for(lambda: len(self._of(DeviceStatus)) >= count)
        return [
            (each.event.device, each.payload.state, each.payload.reason)
            for each in self._of(DeviceStatus)
            if isinstance(each.payload, DeviceStatus)
        ]

    def readings(self) -> dict[str, float | None]:
        """The last value of each metric."""
        found = (each.payload for each in self._of(Reading))
        return {each.metric: each.value for each in found if isinstance(each, Reading)}

    def _of(self, kind: type) -> list[Arrival]:
        return [each for each in self.arrivals if isinstance(each.payload, kind)]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    made = Log(tmp_path / "store.db")
    await made.store.open()
    yield made
    await made.store.close()


@asynccontextmanager
async def watching(log: Log, broker: Nats, **expected: str) -> AsyncIterator[None]:
    watch = EdgeWatch(broker.address("hub"), lambda: SqliteReader(log.path), log.write, expected)
    running = asyncio.create_task(keep_running(watch.run, name="edges", retried=BusUnavailable, backoff=FAST))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


@asynccontextmanager
async def edge(broker: Nats) -> AsyncIterator[Connection]:
    connection = await connect(broker.address("edge"), "edge", clean=True, on_messages=lambda _: None)
    try:
        yield connection
    finally:
        await connection.close()


async def say(
    connection: Connection, state: str, reason: str, *, session: int = 1, ahead_ms: int = 0, edge: str = EDGE
) -> None:
    told = EdgeState(state, session, "1", format_time(now_ms() + ahead_ms), reason)
    await connection.publish_one(state_topic(SITE, edge), encode_json(told), retain=True)


async def test_an_edge_that_goes_and_comes_is_told_once_each_time(log: Log, engine: Nats) -> None:  # noqa: F811
    async with edge(engine) as connection:
        await say(connection, "ONLINE", "connected")
        async with watching(log, engine):
            assert await log.statuses(1) == [(EDGE, "ONLINE", "edge_connected")]
            assert log.readings() == {"device.online": 1.0}, "what was retained tells nothing of its clock"
            await say(connection, "OFFLINE", "connection lost")
            await log.statuses(2)
            await say(connection, "ONLINE", "connected", session=2, ahead_ms=HOUR_MS)
            assert await log.statuses(3) == [
                (EDGE, "ONLINE", "edge_connected"),
                (EDGE, "OFFLINE", "edge_lost"),
                (EDGE, "ONLINE", "edge_connected"),
            ]
            assert 3590 < (log.readings()["clock.skew_s"] or 0) < 3610
    reader = SqliteReader(log.path)
    await reader.open()
    (row,) = await reader.devices()
    assert (row["device"], row["site"], row["kind"], row["state"]) == (EDGE, SITE, "edge", "ONLINE")
    await reader.close()


async def test_the_will_of_an_older_session_says_nothing(log: Log, engine: Nats) -> None:  # noqa: F811
    async with edge(engine) as connection, watching(log, engine):
        await say(connection, "ONLINE", "connected", session=5)
        await log.statuses(1)
        await say(connection, "OFFLINE", "connection lost", session=4)
        await say(connection, "OFFLINE", "stopped", session=5)
        assert (await log.statuses(2))[1:] == [(EDGE, "OFFLINE", "edge_stopped")]


async def test_after_a_start_only_what_changed_is_told(log: Log, engine: Nats) -> None:  # noqa: F811
    async with edge(engine) as connection:
        await say(connection, "ONLINE", "connected")
        async with watching(log, engine):
            await log.statuses(1)
        async with watching(log, engine):
            await say(connection, "ONLINE", "connected", edge="edge-8")
            assert (await log.statuses(2))[1:] == [("edge-8", "ONLINE", "edge_connected")]


async def test_what_should_be_there_and_is_not_heard_is_unknown(
    log: Log,
    engine: Nats,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_watch, "SETTLE_SECONDS", 0.5)
    async with edge(engine) as connection:
        await say(connection, "ONLINE", "connected")
        async with watching(log, engine, **{EDGE: SITE, "edge-9": SITE}):
            assert sorted(await log.statuses(2)) == [
                (EDGE, "ONLINE", "edge_connected"),
                ("edge-9", "UNKNOWN", "edge_unheard"),
            ]


async def test_what_is_no_state_of_an_edge_is_passed_over(log: Log, engine: Nats) -> None:  # noqa: F811
    async with edge(engine) as connection, watching(log, engine):
        for body in (b"", b"{", b'{"state":"ONLINE"}', b"\xff", b'{"state":1,"session":1}'):
            await connection.publish_one(state_topic(SITE, EDGE), body)
        await connection.publish_one(f"epihub/v1/state/{SITE}/NotAnEdge", b"{}")
        await say(connection, "ONLINE", "connected")
        assert await log.statuses(1) == [(EDGE, "ONLINE", "edge_connected")]
