"""Scanners' lines as they are in the field: cables that are pulled, ports that gates share, slow lines."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.code_reader import CodeReader
from adapters.qr_gates.codes.shown_code import ShownCode, UnreadableCode
from adapters.qr_gates.gate_serial import GateSerial, GateSerialConfig
from adapters.qr_gates.gate_tcp import GateTcp
from hub.errors import DeviceUnavailable
from tests.background import background
from tests.cable import HAS_SOCAT, cable, hub_end
from tests.conformance.adapter_contract import PATIENCE_SECONDS, running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.lab_analyzers.line import connect
from tests.ports import free_port
from tests.qr_gates.visitors import card, decisions, settings

needs_socat = pytest.mark.skipif(not HAS_SOCAT, reason="socat is not installed")


def serial(path: str, **more: object) -> GateSerialConfig:
    told = {"id": "cong-1", "site": "khu-a", "kind": "gate_serial", "direction": "in", "path": path}
    return GateSerialConfig.model_validate(told | more)


@needs_socat
async def test_a_cable_that_is_pulled_and_put_back(tmp_path: Path) -> None:
    """Half a code at the pull is kept as such; the line is opened again by its name."""
    outlet = MemoryOutlet()
    gate = GateSerial(serial(str(hub_end(tmp_path)), gap_ms=5000), outlet)
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with cable(tmp_path) as (machine_end, _):
            serving = asyncio.create_task(gate.run())
            await until(lambda: ("ONLINE", "line_open") in outlet.states, "the line is open")
            machine = os.open(machine_end, os.O_RDWR | os.O_NOCTTY)
            os.write(machine, card(1) + b"\r" + card(2)[:40])
            await until(lambda: decisions(outlet) == ["allow"], "the first is in")
            os.close(machine)
        with pytest.raises(DeviceUnavailable, match="the line is gone"):
            await serving
        assert decisions(outlet) == ["allow", "retry"]
        assert [(each.raw, each.reason) for each in outlet.committed[-1].problems] == [
            (card(2)[:40], "scan.cut")
        ]
        async with cable(tmp_path) as (machine_end, _), running(gate):
            await until(lambda: outlet.states.count(("ONLINE", "line_open")) == 2, "it is open again")
            machine = os.open(machine_end, os.O_RDWR | os.O_NOCTTY)
            os.write(machine, card(2) + b"\n")
            await until(lambda: decisions(outlet) == ["allow", "retry", "allow"], "it reads again")
            os.close(machine)


@needs_socat
async def test_a_scanner_without_a_terminator_ends_its_codes_by_falling_silent(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    async with cable(tmp_path) as (machine_end, _):
        gate = GateSerial(serial(str(hub_end(tmp_path)), gap_ms=20), outlet)
        async with asyncio.timeout(PATIENCE_SECONDS), running(gate):
            await until(lambda: bool(outlet.states), "the line is open")
            machine = os.open(machine_end, os.O_RDWR | os.O_NOCTTY)
            os.write(machine, card())
            await until(lambda: decisions(outlet) == ["allow"], "silence ended the code")
            os.close(machine)


@needs_socat
@pytest.mark.parametrize(
    ("baud", "budget_ms", "state"),
    [
        (115_200, 150, ("ONLINE", "line_open")),
        (9600, 150, ("DEGRADED", "line_slow_for_certificates")),
        (4800, 150, ("DEGRADED", "line_slow_for_cards")),
        (9600, 700, ("ONLINE", "line_open")),
    ],
)
async def test_a_line_too_slow_for_the_budget_is_told(
    tmp_path: Path, baud: int, budget_ms: int, state: tuple[str, str]
) -> None:
    outlet = MemoryOutlet()
    async with cable(tmp_path):
        gate = GateSerial(serial(str(hub_end(tmp_path)), baud=baud, budget_ms=budget_ms), outlet)
        async with asyncio.timeout(PATIENCE_SECONDS), running(gate):
            await until(lambda: bool(outlet.states), "the line is open")
    assert outlet.states == [state]


async def send(port: int, *codes: bytes) -> None:
    """To the end of the connection."""
    reader, writer = await connect(port)
    writer.write(b"".join(code + b"\r\n" for code in codes))
    writer.write_eof()
    await reader.read()
    writer.close()


async def test_gates_on_one_port_are_told_apart_by_their_peers() -> None:
    port = free_port()
    mine, other = MemoryOutlet(), MemoryOutlet()
    here = GateTcp(settings(port=port, peers=["127.0.0.0/8"]), mine)
    there = GateTcp(settings(id="cong-2", port=port, peers=["10.1.2.0/24"]), other)
    async with asyncio.timeout(PATIENCE_SECONDS), background(GateTcp.run_shared([here, there])):
        await send(port, card(1), card(2))
    assert (decisions(mine), decisions(other)) == (["allow", "allow"], [])


async def test_a_scanner_that_fits_two_gates_counts_at_neither_and_is_kept() -> None:
    port = free_port()
    outlet = MemoryOutlet()
    gates = [GateTcp(settings(id=name, port=port), outlet) for name in ("cong-1", "cong-2")]
    async with asyncio.timeout(PATIENCE_SECONDS), background(GateTcp.run_shared(gates)):
        await send(port, card(1))
    assert (outlet.facts, [each.reason for each in outlet.quarantined]) == ([], ["link.ambiguous"])
    assert [kept.attributed for kept in outlet.committed] == [False]


async def test_a_stranger_is_refused_at_the_door() -> None:
    port, outlet = free_port(), MemoryOutlet()
    gate = GateTcp(settings(port=port, peers=["10.1.2.0/24"]), outlet)
    async with asyncio.timeout(PATIENCE_SECONDS), running(gate):
        with suppress(OSError):  # reset, whenever it is noticed
            await send(port, card(1))
    assert (outlet.committed, outlet.states) == ([], [])


async def test_a_scanner_that_dials_anew_is_online_until_its_last_line_ends() -> None:
    port, outlet = free_port(), MemoryOutlet()
    async with asyncio.timeout(PATIENCE_SECONDS), running(GateTcp(settings(port=port), outlet)):
        first_reader, first = await connect(port)
        await until(lambda: len(outlet.states) == 1, "the first line")
        await send(port, card(1))
        assert ("OFFLINE", "scanner_gone") not in outlet.states
        first.close()
        await until(lambda: outlet.states[-1] == ("OFFLINE", "scanner_gone"), "the last line ended")
        await first_reader.read()


READER = CodeReader(TrustList())


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_code_or_a_refusal(raw: bytes) -> None:
    found = READER.read(raw, 0)
    assert isinstance(found, ShownCode | UnreadableCode)
    assert getattr(found, "reason", "") != "code.reader_fault"


@given(st.data())
def test_nearly_right_cards_are_a_code_or_a_refusal(data: st.DataObject) -> None:
    good = bytearray(card())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(good) - 1))
        good[place] = data.draw(st.sampled_from([0, 9, 32, 48, 124, 195, 255]))
    found = READER.read(bytes(good), 0)
    assert getattr(found, "reason", "") != "code.reader_fault"
