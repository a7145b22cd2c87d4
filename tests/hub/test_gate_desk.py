"""A gate is opened by hand from the hub: by the real bus, audited before, ended by the gate's own word."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.broker.accounts import BusAccount
from hub.contract import Adapter, DeviceCommand, DeviceConfig, Frame, Interpretation, Outlet
from hub.edge.edge import Edge, EdgeSettings
from hub.errors import OperatorError, StoreUnavailable
from hub.events import partition_of
from hub.payloads import Audited, CommandResult
from hub.runtime.edge_gate_desk import EdgeGateDesk
from hub.runtime.gate_desk import GateDesk
from hub.runtime.hub import Hub
from storage.contract import LoggedEvent
from storage.open import open_reader, open_store
from tests.conformance.bus_engines import Nats
from tests.fire.patience import until_told

pytestmark = pytest.mark.slow
EDGE, SITE, GATE = "edge-1", "khu-cach-ly", "cong-a"
WHY = "Xe cấp cứu của bà Canary"


class Gate(Adapter[DeviceConfig]):
    """Does what it is told, as the test says."""

    Config = DeviceConfig

    def __init__(self, config: DeviceConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.taken: list[DeviceCommand] = []

    async def run(self) -> None:
        async for command in self.outlet.commands():
            self.taken.append(command)
            await (command.failed("relay.no_answer") if command.by == "broken" else command.done())

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        raise NotImplementedError("a gate without a scanner")


@dataclass
class Province:
    """A hub and an edge on one broker; ``desk`` is the hub's, ``here`` the edge's own."""

    hub: Hub
    edge: Edge
    desk: GateDesk
    here: EdgeGateDesk
    folder: Path

    @property
    def gate(self) -> Gate:
        made = self.edge.adapters[GATE]
        assert isinstance(made, Gate)
        return made

    async def log(self, *types: str) -> list[LoggedEvent]:
        reader = open_reader(None, self.folder)
        await reader.open()
        try:
            return [event for event in await reader.events(0, limit=1000) if event.type in types]
        finally:
            await reader.close()

    def why(self, who: str) -> list[dict[str, Any]]:
        path = self.folder / who / "audit" / "gate-openings.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@asynccontextmanager
async def running(work: Any, name: str) -> AsyncIterator[None]:
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
async def province(tmp_path: Path) -> AsyncIterator[Province]:
    accounts = [BusAccount(name, name * 4, publish=("#",), subscribe=("#",)) for name in ("hub", "edge")]
    broker = Nats(tmp_path / "broker", accounts)
    await broker.start()
    store = open_store(None, tmp_path)
    hub = Hub(store, broker.address("hub"), partitions=[partition_of(EDGE)])
    await hub.open()
    keys, spool = tmp_path / "edge" / "keys", tmp_path / "edge" / "spool.db"
    gate = DeviceConfig(id=GATE, site=SITE, kind="gate_tcp")
    other = DeviceConfig(id="tu-lanh-01", site=SITE, kind="cold_mqtt")
    edge = Edge(
        EdgeSettings(EDGE, SITE, "1", spool, keys, broker.address("edge")), (gate, other), lambda _: Gate
    )
    await edge.open()
    desk = GateDesk(hub, lambda: open_reader(None, tmp_path), tmp_path / "hub")
    made = Province(hub, edge, desk, EdgeGateDesk(edge), tmp_path)
    async with running(hub.run(), "hub"):
        await hub.ready()
        async with running(edge.run(), "edge"):
            await until_told(lambda: _known(made), "the hub knows the gate, and the gate listens")
            yield made
    await broker.stop()


async def _known(province: Province) -> bool:
    """Both ends of the line for commands stand, and the gate's status is in the store."""
    try:
        told = await province.desk.open(GATE, "first", "Thử cổng lần đầu")
    except (OperatorError, StoreUnavailable):
        return False
    return bool(told["outcome"] == "done")


async def test_it_opens_once_and_says_who_before_it_does(province: Province) -> None:
    before = len(province.gate.taken)
    told = await province.desk.open(GATE, "op-1", WHY)
    assert told["outcome"] == "done"
    (command,) = province.gate.taken[before:]
    assert (command.id, command.action, command.by) == (told["command"], "open", "op-1")

    entries = await province.log(Audited.TYPE, CommandResult.TYPE)
    of_it = [json.loads(entry.body) for entry in entries if told["command"].encode() in entry.body]
    assert [event["type"] for event in of_it] == [Audited.TYPE, CommandResult.TYPE], "the audit came first"
    assert of_it[0]["data"] == {
        "actor": "op-1",
        "action": "gate.open",
        "subject": GATE,
        "command": told["command"],
    }
    assert (of_it[0]["edge"], of_it[1]["edge"], of_it[1]["source"]) == ("hub", EDGE, f"/{SITE}/{EDGE}/{GATE}")

    (row,) = [row for row in province.why("hub") if row["command"] == told["command"]]
    assert (row["by"], row["device"], row["edge"], row["reason"]) == ("op-1", GATE, EDGE, WHY)
    assert all(b"Canary" not in entry.body for entry in entries), "why he did it is on no bus"


async def test_a_relay_that_does_not_answer_is_told(province: Province) -> None:
    told = await province.desk.open(GATE, "broken", WHY)
    assert (told["outcome"], told["reason"]) == ("failed", "relay.no_answer")


@pytest.mark.parametrize(
    ("device", "why"),
    [("cong-z", WHY), ("tu-lanh-01", WHY), (GATE, "  vì  ")],
    ids=["nothing", "fridge", "mute"],
)
async def test_what_is_no_gate_or_has_no_reason_is_not_opened(
    province: Province, device: str, why: str
) -> None:
    before = len(province.why("hub"))
    with pytest.raises(OperatorError):
        await province.desk.open(device, "op-1", why)
    assert len(province.why("hub")) == before


async def test_what_cannot_be_noted_is_not_done(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_events: object) -> None:
        raise StoreUnavailable("the store is away")

    before = len(province.gate.taken)
    monkeypatch.setattr(province.hub, "bear", away)
    with pytest.raises(OperatorError, match="the audit row cannot be written"):
        await province.desk.open(GATE, "op-1", WHY)
    monkeypatch.undo()
    await province.desk.open(GATE, "op-2", WHY)
    assert [command.by for command in province.gate.taken[before:]] == ["op-2"]


async def test_at_the_edge_it_opens_without_the_hub_and_the_hub_learns_of_it(province: Province) -> None:
    told = await province.here.open(GATE, WHY, "op-3")
    assert told["outcome"] == "done"
    (row,) = province.why("edge")
    assert (row["by"], row["reason"], row["command"]) == ("op-3", WHY, told["command"])

    async def is_in_the_log() -> bool:
        return any(told["command"].encode() in entry.body for entry in await province.log(Audited.TYPE))

    await until_told(is_in_the_log, "the edge's audit is in the log")
    assert (await province.here.open("tu-lanh-01", WHY, "op-3"))["outcome"] == "done"
    with pytest.raises(OperatorError, match=r"gate\.unknown"):
        await province.here.open("cong-z", WHY, "op-3")
