"""``cold_serial`` under the suite of adapters, on a cable that is pulled, on a file that is read anew."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.contract import Adapter
from hub.errors import DeviceUnavailable
from hub.payloads import Reading
from hub.streams import SerialEndpoint, open_serial
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.cold_chain.files.loggers import until
from tests.cold_chain.lines.probes import W1_GOOD, probe
from tests.conformance.adapter_contract import PATIENCE_SECONDS, TimesAreOurs, running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.ports import free_port

LINE = b"T1=+4.6 C T2=24.5 ok\r\n"


class TestColdSerial(TimesAreOurs):
    """Behind a serial server on the network."""

    ANSWERS = False  # nobody answers a probe
    good = LINE
    good_raw = LINE.strip()
    garbage = b"\x00\xff no line of ours\n"
    garbage_raw = garbage.strip()

    @pytest.fixture(autouse=True)
    async def server(self) -> AsyncIterator[None]:
        self.lines: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        server = await asyncio.start_server(lambda _, writer: self.lines.put_nowait(writer), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield
        server.close()

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return probe(outlet, host="127.0.0.1", port=self.port)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return probe(outlet, host="127.0.0.1", port=free_port())

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        outlet = adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        writer = await self.lines.get()
        for chunk in (b"half a line\n", *chunks):
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        await until(lambda: outlet.committed or (outlet.refuse and not outlet.queued.empty()))
        writer.close()
        return b""

    def is_positive(self, answer: bytes) -> bool:
        return answer != b""


def values(outlet: MemoryOutlet) -> list[float | None]:
    readings = [fact.payload for fact in outlet.facts if isinstance(fact.payload, Reading)]
    return [each.value for each in readings if each.metric == "temp.vaccine"]


async def test_a_replay_places_a_line_where_it_stood(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    path = tmp_path / "w1_slave"
    path.write_bytes(W1_GOOD)
    async with running(probe(outlet, dialect="w1", file=str(path))):
        await until(lambda: outlet.facts)
    frame = outlet.committed[0].frame
    assert frame is not None
    assert list(probe(dialect="w1").interpret(frame, 0).facts) == outlet.facts[:1]


async def test_a_file_of_the_kernel_is_read_anew(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    path = tmp_path / "w1_slave"
    adapter = probe(outlet, dialect="w1", file=str(path), poll_seconds=0.05)
    with pytest.raises(DeviceUnavailable, match="No such file"):
        await adapter.run()
    path.write_bytes(W1_GOOD)
    async with running(adapter):
        await until(lambda: 18.687 in values(outlet))
        path.write_bytes(W1_GOOD.replace(b"t=18687", b"t=85000"))
        await until(lambda: ("DEGRADED", "probe_failed") in outlet.states)
        path.write_bytes(W1_GOOD.replace(b"t=18687", b"t=4500"))
        await until(lambda: 4.5 in values(outlet))
        await until(lambda: outlet.states[-1] == ("ONLINE", "measures_again"))
        assert 85.0 not in values(outlet)


async def test_a_store_that_is_full_makes_a_polled_device_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "w1_slave"
    path.write_bytes(W1_GOOD)
    with pytest.raises(DeviceUnavailable, match="stored"):
        await probe(MemoryOutlet(refuse=True), dialect="w1", file=str(path)).run()


async def test_a_probe_that_writes_ten_lines_a_second_is_read_now_and_then() -> None:
    outlet, lines = MemoryOutlet(), asyncio.Queue[asyncio.StreamWriter]()
    server = await asyncio.start_server(lambda _, writer: lines.put_nowait(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    adapter = probe(outlet, host="127.0.0.1", port=port, least_seconds=3600)
    async with running(adapter):
        writer = await lines.get()
        writer.write(b"\n# started\n" + b"x\n" * 20 + LINE * 20)
        await until(lambda: ("ONLINE", "measures_again") in outlet.states)
        writer.close()
        assert len(values(outlet)) == 1
        assert len(outlet.quarantined) == 1  # of twenty
        assert ("DEGRADED", "line_garbled") in outlet.states
    server.close()


async def test_a_probe_that_says_nothing_is_unknown_until_it_does() -> None:
    outlet, lines = MemoryOutlet(), asyncio.Queue[asyncio.StreamWriter]()
    server = await asyncio.start_server(lambda _, writer: lines.put_nowait(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with running(probe(outlet, host="127.0.0.1", port=port, silent_after_seconds=0.1)):
        await until(lambda: ("UNKNOWN", "device.silent") in outlet.states)
        writer = await lines.get()
        writer.write(b"\n" + LINE)
        await until(lambda: ("ONLINE", "") in outlet.states)
        writer.close()
    server.close()


@pytest.mark.slow
@pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")
async def test_a_cable_that_is_pulled_and_put_back(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    adapter = probe(outlet, path=str(hub_end(tmp_path)))
    with pytest.raises(DeviceUnavailable, match="cannot be opened"):
        await adapter.run()
    for count in (1, 2):
        async with cable(tmp_path) as ends:
            task = asyncio.create_task(adapter.run())
            machine = await open_serial(SerialEndpoint(ends[0]))
            while len(values(outlet)) < count and not task.done():
                machine.writer.write(b"\nT1=%d.5 C T2=24.5 ok\r\n" % count)
                await asyncio.sleep(0.05)
            machine.writer.write(b"T1=-1")
            await machine.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(DeviceUnavailable, match="is gone"):
                await task
    assert values(outlet) == [1.5, 2.5]
