"""A gate is opened by hand at an edge alone: no hub is asked, the audit is the edge's."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.contract import Adapter, DeviceConfig, Frame, Interpretation
from hub.edge.edge import Edge, EdgeSettings
from hub.mqtt.connection import BrokerAddress
from tests.api.clients import client_of, serving
from tests.api.standing_edge import EDGE, SITE, StandingEdge, standing
from tests.background import background
from tests.fire.patience import until
from tests.spool.parts import every_row

GATE = "cong-a"
WHY = {"reason": "Xe cấp cứu của bà Canary"}


class Gate(Adapter[DeviceConfig]):
    """Opens for everybody."""

    Config = DeviceConfig
    opened = 0

    async def run(self) -> None:
        async for command in self.outlet.commands():
            assert command.action == "open"
            self.opened += 1
            await command.done()

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        raise NotImplementedError("a gate without a scanner")


class GateEdge(StandingEdge):
    DEVICES = ({"id": GATE, "kind": "gate_tcp"},)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[GateEdge]:
    keys, spool = tmp_path / "keys", tmp_path / "spool" / "spool.db"
    settings = EdgeSettings(EDGE, SITE, "0.1.0", spool, keys, BrokerAddress("127.0.0.1", 9))
    edge = Edge(settings, (DeviceConfig(id=GATE, site=SITE, kind="gate_tcp"),), lambda _: Gate)
    async with standing(edge, tmp_path) as socket:
        yield GateEdge(edge, tmp_path, socket)


@asynccontextmanager
async def listening(there: GateEdge) -> AsyncIterator[Gate]:
    gate = there.edge.adapters[GATE]
    assert isinstance(gate, Gate)
    async with background(gate.run()):
        await until(lambda: there.edge.outlets[GATE].shelf.is_heard, "the gate listens")
        yield gate


async def test_it_opens_without_a_hub_and_is_audited_here(there: GateEdge) -> None:
    async with serving(there.settings()) as app, client_of(app) as client, listening(there) as gate:
        answer = await client.post(f"/api/v1/gates/{GATE}/open", json=WHY)
        assert (answer.status_code, answer.json()["outcome"], gate.opened) == (200, "done", 1)
        (row,) = (await client.get("/api/v1/gates/openings")).json()["items"]
        assert (row["by"], row["edge"], row["reason"]) == ("local", EDGE, WHY["reason"])
        assert row["command"] == answer.json()["command"]
    events = [json.loads(each.body) for each in await every_row(there.edge.spool)]
    of_it = [each for each in events if each["data"].get("command") == row["command"]]
    assert [each["type"] for each in of_it] == ["audit.v1", "command.result.v1"]
    assert "Canary" not in json.dumps(events, ensure_ascii=False)


async def test_a_gate_that_is_away_refuses_and_one_that_is_not_there_is_unknown(there: GateEdge) -> None:
    async with serving(there.settings()) as app, client_of(app) as client:
        away = await client.post(f"/api/v1/gates/{GATE}/open", json=WHY)
        assert (away.status_code, away.json()["reason"]) == (409, "command.not_taken")
        unknown = await client.post("/api/v1/gates/cong-z/open", json=WHY)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "gate.unknown")


async def test_two_who_open_at_once_are_two_openings(there: GateEdge) -> None:
    async with serving(there.settings()) as app, client_of(app) as client, listening(there) as gate:
        answers = await asyncio.gather(
            *(client.post(f"/api/v1/gates/{GATE}/open", json=WHY) for _ in range(3))
        )
        assert ([answer.status_code for answer in answers], gate.opened) == ([200] * 3, 3)
        assert len({answer.json()["command"] for answer in answers}) == 3
