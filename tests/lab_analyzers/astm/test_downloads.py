"""Orders that a machine is sent unasked, new and withdrawn ones, by every kind of line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from adapters.lab_analyzers import astm_orders
from adapters.lab_analyzers.astm_serial import AstmSerialConfig
from adapters.lab_analyzers.astm_tcp import AstmTcp, AstmTcpConfig
from hub.contract import Order
from hub.errors import DeviceUnavailable
from tests.background import background
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.lab_analyzers.astm.device import (
    ACK,
    ENQ,
    EOT,
    NAK,
    PATIENCE_SECONDS,
    Device,
    adapter,
    config,
    records,
)
from tests.lab_analyzers.astm.laboratory import ORDER, OTHERS, UNASKED, end, laboratory, query, specimens
from tests.ports import free_port


async def test_new_and_withdrawn_orders_are_sent_unasked(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER, **UNASKED) as lab:
        told = await lab.device.receive()
        assert told.decode().split("\r")[2].split("|")[11] == "N"
        assert (specimens(told), end(told)) == (["DN0812-0007"], "L|1|N")
        await lab.until_waiting()
        await lab.place(replace(ORDER, cancelled=True))
        told = await lab.device.receive()
        assert told.decode().split("\r")[2].split("|")[11] == "C"
        await lab.place(OTHERS[0])
        assert set(specimens(await lab.device.receive())) == {OTHERS[0].specimen}
        await lab.until_waiting()


async def test_what_was_not_taken_is_sent_again(tmp_path: Path) -> None:
    """As soon as the device speaks, whatever pause that cuts short, and on another line of it."""
    async with laboratory(tmp_path, ORDER, **UNASKED) as lab:
        await lab.device.receive(answers=[ACK, *[NAK] * 6])
        assert await lab.waiting() == ["o-1"]
        assert await lab.device.deliver(records(specimen="OTHER")) == ACK * 8
        await lab.device.receive(answers=[ACK, *[NAK] * 6])
        lab.device.writer.close()
        lab.device = await Device.dial(lab.port)
        assert specimens(await lab.device.receive()) == ["DN0812-0007"]
        await lab.until_waiting()


@asynccontextmanager
async def downloading(*orders: Order, **settings: object) -> AsyncIterator[tuple[MemoryOutlet, Device]]:
    outlet = MemoryOutlet()
    outlet.place(*orders)
    made = adapter(outlet, **(UNASKED | settings))
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        yield outlet, await Device.dial(made.config.port)


async def test_after_a_while_what_was_not_taken_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(astm_orders, "FIRST_PAUSE_SECONDS", 0.01)
    async with downloading(ORDER) as (outlet, device):
        await device.receive(answers=[ACK, *[NAK] * 6])
        assert specimens(await device.receive()) == ["DN0812-0007"]
        await until(lambda: bool(outlet.handed), "handed over")
    assert outlet.states == [("DEGRADED", "orders.not_sent"), ("ONLINE", "")]


async def test_what_nobody_can_name_to_the_device_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(astm_orders, "POLL_SECONDS", 0.01)
    nameless = Order("o-0", "S0", ("94500-6",))
    async with downloading(nameless, profile="afinion") as (outlet, device):
        await until(lambda: bool(outlet.states), "it is told")
        outlet.place(Order("o-1", "S1", ("94500-6",)))
        assert await device.deliver(query("ALL")) == ACK * 4
        assert end(await device.receive()) == "L|1|I"
    assert outlet.states[0] == ("DEGRADED", "order.unknown_test")
    assert not outlet.handed


async def test_what_the_device_has_is_not_sent_again_because_our_store_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(astm_orders, "POLL_SECONDS", 0.01)
    async with downloading(ORDER) as (outlet, device):
        assert await device.reader.readexactly(1) == ENQ
        outlet.refuse = True
        device.writer.write(ACK)
        for _ in "HPOL":
            await device.reader.readuntil(b"\r\n")
            device.writer.write(ACK)
        assert await device.reader.readexactly(1) == EOT
        for _ in range(2):  # commits that were refused
            await outlet.queued.get()
        assert not outlet.handed
        outlet.refuse = False
        await until(lambda: bool(outlet.handed), "handed over")
        outlet.place(OTHERS[0])
        assert set(specimens(await device.receive())) == {OTHERS[0].specimen}


async def test_a_machine_that_we_dial_gets_its_orders_too() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        machine = Device(reader, writer)
        heard.put_nowait(await machine.receive())
        assert await machine.deliver(query("^^DN0812-0007")) == ACK * 4
        heard.put_nowait(await machine.receive())
        writer.close()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(PATIENCE_SECONDS), server:
        with pytest.raises(DeviceUnavailable, match="closed by the device"):
            await adapter(outlet, role="dial", port=port, **UNASKED).run()
    assert [end(heard.get_nowait()) for _ in range(2)] == ["L|1|N", "L|1|F"]


async def test_on_a_shared_port_orders_go_where_their_device_was_heard() -> None:
    port, outlets = free_port(), [MemoryOutlet(), MemoryOutlet()]
    members = [
        AstmTcp(config(id=f"x-{at}", port=port, match={"sender": sender}, **UNASKED), outlets[at])
        for at, sender in enumerate(("LAB^*", "OTHER"))
    ]
    outlets[0].place(ORDER)
    async with background(AstmTcp.run_shared(members)):
        async with asyncio.timeout(PATIENCE_SECONDS):
            silent, other, lab = [await Device.dial(port) for _ in range(3)]
            foreign = [b"H|@^\\|M1||OTHER\r", b"Q|1|^DN0812-0007||||||||||O\r", b"L|1|N\r"]
            assert await other.deliver(foreign) == ACK * 4
            assert end(await other.receive()) == "L|1|I"
            assert await lab.deliver(records(specimen="S")) == ACK * 8
            assert specimens(await lab.receive()) == ["DN0812-0007"]
            for device in (silent, other, lab):
                assert await device.hang_up() == b""
    assert (outlets[0].handed, outlets[1].handed) == ([ORDER], [])


@pytest.mark.parametrize("kind", [AstmTcpConfig, AstmSerialConfig])
def test_a_model_that_refuses_what_it_did_not_ask_for_is_not_sent_any(kind: type[BaseModel]) -> None:
    where = {"path": "/dev/ttyUSB0"} if kind is AstmSerialConfig else {"port": 12001}
    given = {"id": "x", "kind": "astm_serial" if where.get("path") else "astm_tcp", "profile": "genexpert"}
    kind.model_validate(given | where)
    with pytest.raises(ValueError, match="takes no orders unasked"):
        kind.model_validate(given | where | {"orders": "download"})
