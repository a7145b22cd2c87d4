"""An edge alone until its quota is used up: what it says, refuses, thins, and the way back."""

import json
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from hub.contract import Fact
from hub.edge.edge import Edge, EdgeSettings
from hub.edge.encoder import Made, Origin, encode, encode_raw
from hub.errors import SpoolFull
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Code, DeviceStatus, LabResult, Reading
from hub.spool import EventRecord, SpoolLimits
from hub.streams.clock import now_ms
from tests.apart.halves import SMALLEST_QUOTA_MB
from tests.apart.scene import Scene, figure, scene
from tests.fire.oracle import alarms
from tests.fire.patience import until, until_told
from tests.spool.parts import every_row, receipt

DEVICE = Origin("bv-edge-1", "edge-1", "pcr-1")
WHEN_MS = 1_790_000_000_000


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """An edge without a bus, with room for some hundred events."""
    settings = EdgeSettings(
        "edge-1", "bv-edge-1", "1", tmp_path / "spool.db", tmp_path / "keys", BrokerAddress("127.0.0.1", 1),
        limits=SpoolLimits(quota_bytes=1_000_000),
    )  # fmt: skip
    made = Edge(settings, (), lambda _: pytest.fail("there is no device"))
    await made.open()
    yield made
    await made.spool.close()


async def test_only_what_is_seen_again_is_thinned_and_the_rest_waits(edge: Edge) -> None:
    numbers = count()
    while edge.spool.figures().share < 0.8:
        await edge.spool.commit([result(next(numbers)) for _ in range(50)])
        await edge.spool.upkeep(now_ms())
    offered = [result(next(numbers)), reading(1), status("OFFLINE"), camera(), status("ONLINE"), reading(2)]
    done = await edge.spool.commit(offered)
    assert (len(done.rows), done.thinned) == (3, 3)
    while not edge.spool.books.full:
        await edge.spool.commit([result(next(numbers)) for _ in range(50)])
        await edge.spool.upkeep(now_ms())
    with pytest.raises(SpoolFull):
        edge.spool.commit([result(next(numbers))])
    told = await bodies(edge)
    assert {body["type"] for body in told} == {"lab.result.v1", "coldchain.reading.v1"}
    assert sum(body["type"] == "lab.result.v1" for body in told) == next(numbers) - 1


async def test_what_was_thinned_is_declared_when_the_hub_is_back(edge: Edge) -> None:
    numbers = count()
    while edge.spool.figures().share < 0.8:
        await edge.spool.commit([result(next(numbers)) for _ in range(50)])
        await edge.spool.upkeep(now_ms())
    await edge.spool.commit([status("OFFLINE"), camera(), status("ONLINE")])
    last = (await every_row(edge.spool))[-1]
    stored = EventRecord(b"", last.topic, last.body, 0)
    await edge.spool.receive(receipt(edge.spool, last.seq, stored))
    await edge.spool.upkeep(now_ms())
    await edge.spool.upkeep(now_ms())
    (declared,) = await bodies(edge)
    assert declared["type"] == "spool.skipped.v1"
    assert (declared["data"]["class"], declared["data"]["reason"], declared["data"]["count"]) == (
        "status",
        "quota",
        3,
    )
    assert edge.spool.books.last_seq == last.seq + 1, "what was never numbered leaves no gap"


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_an_edge_alone_says_how_full_it_is_refuses_at_the_end_and_recovers(tmp_path: Path) -> None:
    async with scene(tmp_path, quota_mb=SMALLEST_QUOTA_MB) as both:
        await both.chaos.say("cut")
        both.edge.analyzers.pace_seconds = 0.01  # health looks once a second: half must not be over by then
        answers = both.edge.analyzers.ledger.answers
        await until_told(lambda: _is(both, "degraded"), "half of the quota is told", 90)
        assert not answers["AE"]
        both.edge.analyzers.pace_seconds = 0
        await until(lambda: answers["AE"] > 0, "a device gets its negative answer", 120)
        assert await _is(both, "down")
        assert await figure(both.edge, "spool_used_bytes") >= 0.99 * await figure(
            both.edge, "spool_quota_bytes"
        )
        both.edge.analyzers.pace_seconds = 0.02
        await both.other_arrives()
        await both.chaos.say("heal")
        await both.edge.analyzers.more(100)
        await both.settle(refusals=True)
        assert not await _is(both, "down")
    told = alarms(both.apart.database)
    assert told["spool.filling"] >= 2, "at half and at four fifths"


async def _is(both: Scene, state: str) -> bool:
    return await both.apart.state_of("edge", "spool") == state


async def bodies(edge: Edge) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in await every_row(edge.spool)]


def result(number: int) -> EventRecord:
    payload = LabResult(f"S{number}", Code("94500-6"), "NEG", "F")
    return encode(DEVICE, Fact(payload, f"S{number}/94500-6", WHEN_MS), Made(WHEN_MS))[0]


def reading(value: float) -> EventRecord:
    return encode(DEVICE, Fact(Reading("temperature", value, "Cel"), f"t/{value}", WHEN_MS), Made(WHEN_MS))[0]


def status(state: Any) -> EventRecord:
    fact = Fact(DeviceStatus(state, "test", "2026-11-22T00:00:00.000Z"), f"status/{state}", WHEN_MS)
    return encode(DEVICE, fact, Made(WHEN_MS))[0]


def camera() -> EventRecord:
    fact = Fact(Reading("unused", 0.0, "1"), "camera", WHEN_MS)
    return encode_raw(DEVICE, "camera.health.v1", bytes(Raw(b'{"state":"OK"}')), fact, Made(WHEN_MS))[0]
