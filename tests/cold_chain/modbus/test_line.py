"""``cold_modbus`` under the suite of adapters, and against real slaves on a line and behind a gateway."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.cold_chain.cold_modbus import ColdModbus
from hub.contract import Adapter
from hub.errors import DeviceUnavailable
from hub.payloads import Reading
from tests.background import background
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.cold_chain.files.loggers import until
from tests.cold_chain.modbus.slaves import GOOD, on_line, on_tcp, slave
from tests.conformance.adapter_contract import PATIENCE_SECONDS, TimesAreOurs, running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.ports import free_port

REQUEST_BYTES = 8
XY_MD02 = [0, 305, 546]


class TestColdModbus(TimesAreOurs):
    """RTU behind a serial server; the device answers the first question with what the test gives."""

    ANSWERS = False  # a slave is asked, and hears nothing of what became of its answer
    good = good_raw = GOOD
    garbage = garbage_raw = b"\x01\x04\x04\x01\x31\x02\x22\x00\x00"

    @pytest.fixture(autouse=True)
    async def server(self) -> AsyncIterator[None]:
        self.lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        server = await asyncio.start_server(lambda *line: self.lines.put_nowait(line), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return slave(
            outlet, host="127.0.0.1", port=self.port, framing="rtu", poll_seconds=3600, timeout_seconds=5
        )

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return slave(outlet, host="127.0.0.1", port=free_port())

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        outlet = adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        reader, writer = await self.lines.get()
        await reader.readexactly(REQUEST_BYTES)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        await until(lambda: outlet.committed or (outlet.refuse and not outlet.queued.empty()))
        writer.close()
        return b""

    def is_positive(self, answer: bytes) -> bool:
        return answer != b""


def values(outlet: MemoryOutlet) -> dict[str, float | None]:
    readings = [fact.payload for fact in outlet.facts if isinstance(fact.payload, Reading)]
    return {each.metric: each.value for each in readings}


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_slaves_behind_a_gateway_and_one_that_is_absent(framing: str) -> None:
    first, second, absent = MemoryOutlet(), MemoryOutlet(), MemoryOutlet()
    async with on_tcp({1: XY_MD02, 2: [0xFF45, 212, 64597, 0]}, framing=framing) as port:
        shared: dict[str, Any] = {"host": "127.0.0.1", "port": port, "framing": framing}
        probes = {"ch1": "temp.vaccine", "ch3": "temp.ambient"}
        members = [
            slave(absent, **shared, id="c", slave=9),
            slave(first, **shared),
            slave(second, **shared, id="b", slave=2, map="pta8c04", probes=probes),
        ]
        assert len({member.link() for member in members}) == 1
        async with background(ColdModbus.run_shared(members)):
            await until(lambda: first.facts and second.facts and absent.states)
    assert values(first) == {"temp.vaccine": 30.5, "humidity.vaccine": 54.6}
    assert values(second) == {"temp.vaccine": -18.7, "temp.ambient": None}
    assert absent.states == [("OFFLINE", "slave_absent")]
    assert ("ONLINE", "") in first.states
    assert ("DEGRADED", "probe_failed") in second.states
    for outlet, member in ((first, members[1]), (second, members[2])):
        for commit in outlet.committed:
            assert commit.frame is not None
            assert member.interpret(commit.frame, 0).facts == commit.facts


async def test_a_slave_that_does_not_know_the_registers_is_degraded_and_asked_again() -> None:
    outlet = MemoryOutlet()
    async with on_tcp({1: [0]}) as port:
        async with running(slave(outlet, host="127.0.0.1", port=port)):
            await until(lambda: outlet.states)
        assert outlet.states == [("DEGRADED", "slave_refuses")]
        assert [each.reason for each in outlet.quarantined] == ["cold.modbus_exception"]


async def test_a_gateway_that_goes_ends_the_line() -> None:
    outlet = MemoryOutlet()
    async with on_tcp({1: XY_MD02}) as port:
        task = asyncio.create_task(slave(outlet, host="127.0.0.1", port=port).run())
        await until(lambda: outlet.facts)
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(DeviceUnavailable, match="is gone"):
            await task


async def test_a_store_that_is_full_makes_it_unavailable() -> None:
    async with on_tcp({1: XY_MD02}) as port:
        with pytest.raises(DeviceUnavailable, match="stored"):
            await slave(MemoryOutlet(refuse=True), host="127.0.0.1", port=port).run()


@pytest.mark.slow
@pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")
async def test_a_line_with_two_slaves_that_is_pulled_and_put_back(tmp_path: Path) -> None:
    first, second = MemoryOutlet(), MemoryOutlet()
    path = str(hub_end(tmp_path))
    members = [slave(first, path=path), slave(second, path=path, id="b", slave=2, map="pta8c04")]
    with pytest.raises(DeviceUnavailable, match="cannot be opened"):
        await ColdModbus.run_shared(members)
    for celsius in (305, -187):
        async with cable(tmp_path) as ends, on_line(ends[0], {1: [0, celsius & 0xFFFF, 500]}):
            task = asyncio.create_task(ColdModbus.run_shared(members))
            await until(lambda celsius=celsius: values(first).get("temp.vaccine") == celsius / 10)
            await until(lambda: ("OFFLINE", "slave_absent") in second.states)
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(DeviceUnavailable, match="is gone"):
                await task
    assert not second.facts
