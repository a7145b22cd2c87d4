"""Cameras while the spool fills up: what is thinned out is declared, and what is known again afterwards."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from adapters.cameras.health.changes import Change, StandingSettings
from adapters.cameras.health.standing import CameraStanding
from adapters.cameras.rtsp.facts import Ended
from hub.contract import Fact
from hub.edge.devices import Device
from hub.edge.edge import Edge
from hub.edge.encoder import Made, Origin, encode
from hub.edge.quota_watch import QuotaWatch
from hub.events import decode_data, decode_event
from hub.payloads import PICTURE_FAULTS
from hub.sink.machine_readings import machine_readings
from hub.spool import EventRecord, Row
from hub.streams.clock import now_ms
from storage.camera_times import periods_of
from storage.cameras import SILENT
from storage.contract import Arrival, Batch
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.apart.test_quota import bodies, edge, result  # noqa: F401  the fixture
from tests.fire.patience import until_told
from tests.spool.parts import every_row, receipt

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
T0 = 1_795_355_100_000
CAMERA = Origin("kho-vac-xin", "edge-1", "cam-cua")


def records(changes: Iterable[Change]) -> list[EventRecord]:
    """As the edge writes what a camera tells."""
    return [
        encode(CAMERA, Fact(change.health, f"{change.at_ms}", change.at_ms, "received"), Made(change.at_ms))[
            0
        ]
        for change in changes
    ]


def looked(standing: CameraStanding, at_ms: int, **scores: float) -> tuple[Change, ...]:
    standing.seen(dict.fromkeys(PICTURE_FAULTS, 0.1) | scores, False, at_ms)
    return standing.tick(at_ms)


async def filled(edge: Edge) -> None:  # noqa: F811
    """Up to the limit from which on states are thinned out."""
    numbers = count()
    while not edge.spool.numbering.thinning:
        await edge.spool.commit([result(next(numbers)) for _ in range(50)])
        await edge.spool.upkeep(now_ms())


async def emptied(edge: Edge) -> None:  # noqa: F811
    """The hub has everything."""
    last = (await every_row(edge.spool))[-1]
    await edge.spool.receive(receipt(edge.spool, last.seq, EventRecord(b"", last.topic, last.body, 0)))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "store.db")
    await made.open()
    yield made
    await made.close()


async def stored(store: SqliteStore, rows: list[Row]) -> list[Arrival]:
    """As the sink does, with what rules read of it."""
    events = [(decode_event(row.body), row.body) for row in rows]
    arrivals = [Arrival(event, decode_data(event), body) for event, body in events]
    born = [each for arrival in arrivals for each in machine_readings(arrival.event, arrival.payload)]
    outcome = await store.write(Batch(store.term, [*arrivals, *born], received_ms=T0))
    assert outcome.quarantined == 0
    return born


async def test_what_was_thinned_of_a_camera_is_known_by_its_next_word(
    edge: Edge,  # noqa: F811
    store: SqliteStore,
    tmp_path: Path,
) -> None:
    """Away and back, its fault gone, and nobody heard: neither up nor down meanwhile, no alarm for ever."""
    standing = CameraStanding(StandingSettings())
    standing.reached("first_packet", T0)
    told = [change for n in range(3) for change in looked(standing, T0 + n * 10 * SECOND, blur=1.5)]
    first = await edge.spool.commit(records(told))
    assert told[-1].health.faults == ("blur",)

    await filled(edge)
    standing.ended(Ended("streaming", "stall", 0.0), T0 + 3 * MINUTE)
    standing.reached("first_packet", T0 + 30 * MINUTE)
    unheard = [change for n in range(4) for change in looked(standing, T0 + (31 + n) * MINUTE)]
    assert unheard[-1].health.cleared
    done = await edge.spool.commit(records(unheard))
    assert (len(done.rows), done.thinned) == (0, len(unheard))

    await emptied(edge)
    await edge.spool.upkeep(now_ms())
    await edge.spool.upkeep(now_ms())
    (declared,) = [body for body in await bodies(edge) if body["type"] == "spool.skipped.v1"]
    assert (declared["data"]["reason"], declared["data"]["count"]) == ("quota", len(unheard))

    later = await edge.spool.commit(records(standing.tick(T0 + 5 * HOUR)[-2:]))
    born = await stored(store, [*first.rows, *later.rows])
    blurred = [reading.payload.value for reading in born if reading.payload.metric == "camera.blur"]  # type: ignore[union-attr]
    assert (blurred[-1], 1.0 in blurred) == (0.0, True), "whoever judges it hears that it is over"
    reader = SqliteReader(tmp_path / "store.db")
    await reader.open()
    rows = await reader.camera_periods(CAMERA.device, T0, T0 + 5 * HOUR)
    await reader.close()
    periods = periods_of(rows, T0, T0 + 5 * HOUR, T0 + 5 * HOUR)
    assert [(each.state, each.reason == SILENT) for each in periods] == [
        ("ONLINE", False),
        ("UNKNOWN", True),
        ("ONLINE", False),
    ]
    assert periods[-1].to_ms == T0 + 5 * HOUR


def test_room_again_is_said_once() -> None:
    told: list[str] = []
    watch = QuotaWatch(lambda kind, severity, text: told.append(severity))
    shares = (0.1, 0.81, 0.79, 0.81, 0.76, 0.74, 0.73, 0.85, 0.2, 0.1)
    assert [share for share in shares if watch.look(share)] == [0.74, 0.2]
    assert told == ["warning", "critical", "critical"]


@pytest.mark.slow
async def test_states_that_were_thinned_are_told_when_there_is_room(edge: Edge) -> None:  # noqa: F811
    device = edge.book.add(Device("cam-cua", "kho-vac-xin", "rtsp"))
    await filled(edge)
    serving = asyncio.create_task(edge.run())
    try:
        await until_told(lambda: _alarmed(edge), "the edge has seen that its spool is full", 20)
        edge.book.tell(device, "OFFLINE", "stall")
        assert not await _states(edge)
        await emptied(edge)
        await until_told(lambda: _heard(edge), "how the camera stands is told", 20)
        assert (await _states(edge))[-1] == "OFFLINE"
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def _alarmed(edge: Edge) -> bool:  # noqa: F811
    return any(body["type"] == "alarm.v1" for body in await bodies(edge))


async def _heard(edge: Edge) -> bool:  # noqa: F811
    return bool(await _states(edge))


async def _states(edge: Edge) -> list[str]:  # noqa: F811
    return [
        body["data"]["state"]
        for body in await bodies(edge)
        if body["type"] == "device.status.v1" and body["data"]["reason"] == "stall"
    ]
