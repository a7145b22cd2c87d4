"""``gate_tcp`` and ``gate_serial`` under the suite of adapters: real sockets, terminals by socat."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.qr_gates.gate_serial import GateSerial, GateSerialConfig
from adapters.qr_gates.gate_tcp import GateTcp
from hub.contract import Adapter
from hub.payloads import GateDecision, Payload, Scan
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.conformance.adapter_contract import SomebodyListens, TimesAreOurs
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.lab_analyzers.line import connect
from tests.ports import free_port
from tests.qr_gates.visitors import card, settings

PATIENT_GAP_MS = 5000  # nothing of these tests ends a code by a gap, however busy the machine is


def steady(payload: Payload) -> Payload:
    """Without the names of this one scan and how long it took: its time is ours."""
    if isinstance(payload, GateDecision):
        return msgspec.structs.replace(payload, scan="", took_ms=0.0)
    return msgspec.structs.replace(payload, scan="")


class ScannerContract(TimesAreOurs):
    """A scanner on a line: it is told nothing, and the screen says that a code has been decided about."""

    ANSWERS = False
    good_raw = card()
    good = b"\x02]Q1" + good_raw + b"\r\n"
    garbage_raw = b"gi\xc3\xa1 0\xc3\x97\xff"
    garbage = garbage_raw + b"\r"

    def is_positive(self, answer: bytes) -> bool:
        return bool(answer)

    def payloads(self, outlet: MemoryOutlet) -> list[Payload]:
        return [steady(fact.payload) for fact in outlet.facts]

    async def test_garbage_is_kept_byte_by_byte(self) -> None:
        """And said to be nobody's: whoever stands there is asked to show it again."""
        outlet, _ = await self.received([self.garbage])
        (kept,) = outlet.committed
        assert kept.frame is not None
        assert [problem.raw for problem in kept.problems] == [kept.frame.raw] == [self.garbage_raw]
        assert [type(fact.payload) for fact in kept.facts] == [Scan, GateDecision]
        assert [fact.payload.decision for fact in kept.facts[1:]] == ["retry"]  # type: ignore[attr-defined]


class TestGateTcp(ScannerContract, SomebodyListens):
    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateTcp(settings(port=free_port(), gap_ms=PATIENT_GAP_MS), outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateTcp(settings(port=self.taken_port), outlet)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        assert isinstance(adapter, GateTcp)
        assert isinstance(adapter.outlet, MemoryOutlet)
        screens = adapter.outlet.screens
        reader, writer = await connect(adapter.config.port)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        await until(lambda: bool(screens), "a decision is shown")
        writer.close()
        return await reader.read()


class TestGateTcpDialling(TestGateTcp):
    """A serial server that we dial."""

    @pytest.fixture(autouse=True)
    async def server(self) -> AsyncIterator[None]:
        self.dialled: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        serving = await asyncio.start_server(
            lambda reader, writer: self.dialled.put_nowait((reader, writer)), "127.0.0.1", 0
        )
        self.port = serving.sockets[0].getsockname()[1]
        yield
        serving.close()

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateTcp(settings(role="dial", port=self.port, gap_ms=PATIENT_GAP_MS), outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateTcp(settings(role="dial", port=free_port()), outlet)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        assert isinstance(adapter.outlet, MemoryOutlet)
        screens = adapter.outlet.screens
        _, writer = await self.dialled.get()
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        await until(lambda: bool(screens), "a decision is shown")
        self.held = writer  # the scanner's end stays open: its loss would be told
        return b""


@pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")
class TestGateSerial(ScannerContract):
    @pytest.fixture(autouse=True)
    async def line(self, tmp_path: Path) -> AsyncIterator[None]:
        async with cable(tmp_path) as (machine_end, _):
            self.folder, self.machine_end = tmp_path, machine_end
            yield

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateSerial(self.settings(str(hub_end(self.folder))), outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateSerial(self.settings(str(self.folder / "tty-nowhere")), outlet)

    def settings(self, path: str) -> GateSerialConfig:
        told = {"id": "cong-1", "site": "khu-a", "kind": "gate_serial", "direction": "in", "path": path}
        return GateSerialConfig.model_validate(told | {"gap_ms": PATIENT_GAP_MS})

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        outlet = adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        await until(lambda: bool(outlet.states), "the line is open")
        machine = os.open(self.machine_end, os.O_RDWR | os.O_NOCTTY)
        try:
            for chunk in chunks:
                os.write(machine, chunk)
            await until(lambda: bool(outlet.screens), "a decision is shown")
        finally:
            os.close(machine)
        return b""
