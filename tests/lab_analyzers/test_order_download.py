"""Orders that go out unasked: on the line that the device speaks on, by one that we dial, when it is away."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from adapters.lab_analyzers import hl7_order_desk
from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from hub.contract import DeviceState, Order
from tests.background import background
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import (
    MSH,
    PATIENCE_SECONDS,
    adapter,
    config,
    connect,
    framed,
    msa,
    oru,
    read_answer,
)
from tests.lab_analyzers.test_host_query import (
    ORDER,
    SECOND,
    Machine,
    committed,
    control_of,
    machine,
    orl,
    query,
)
from tests.lab_analyzers.test_host_query import field as field_of
from tests.ports import free_port


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held back comes again soon; nothing waits for a time of ours."""
    monkeypatch.setattr(hl7_order_desk, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(hl7_order_desk, "UNTAKEN_SECONDS", 0.05)


async def greeted(line: Machine, control: str = "M1") -> None:
    assert msa(await line.asks(oru(control))) == ("AA", control)


async def test_an_order_is_sent_unasked_and_handed_over_by_the_machines_ok() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet, orders="download") as line:
        await greeted(line)
        order = await line.hears()
        assert (field_of(order, "MSH", 5), field_of(order, "MSH", 15)) == ("XP", "NE")
        assert (field_of(order, "ORC", 1), field_of(order, "OBR", 2)) == ("NW", "ORD-1/94500-6")
        await line.says(orl("A1", control_of(order), "OK ORD-1/94500-6"))
        await committed(outlet, 1)
        outlet.place(SECOND)
        second = await line.hears()
        assert field_of(second, "OBR", 2) == "ORD-2/95941-1"
        await line.says(orl("A2", control_of(second), "OK ORD-2/95941-1"))
        await committed(outlet, 2)
    assert outlet.handed == [ORDER, SECOND]


async def test_orders_that_cannot_be_read_just_now_go_out_later() -> None:
    outlet = MemoryOutlet(unreadable=True)
    outlet.place(ORDER)
    async with machine(outlet, orders="download") as line:
        await greeted(line)
        await greeted(line, "M2")
        outlet.unreadable = False
        assert field_of(await line.hears(), "OBR", 2) == "ORD-1/94500-6"


async def test_a_cancelled_order_is_told() -> None:
    outlet = MemoryOutlet()
    outlet.place(replace(ORDER, cancelled=True))
    async with machine(outlet, orders="download") as line:
        await greeted(line)
        order = await line.hears()
        assert field_of(order, "ORC", 1) == "CA"
        await line.says(orl("A1", control_of(order), "CR ORD-1/94500-6"))
        await committed(outlet, 1)


async def test_what_was_refused_is_held_back_and_the_others_go_on() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet, orders="download") as line:
        await greeted(line)
        await line.says(orl("A1", control_of(await line.hears()), "UA ORD-1/94500-6"))
        outlet.place(SECOND)
        second = await line.hears()
        assert field_of(second, "OBR", 2) == "ORD-2/95941-1"
        assert ("DEGRADED", "orders.refused") in outlet.states
        await line.says(orl("A2", control_of(second), "OK ORD-2/95941-1"))
        await committed(outlet, 1)
        changed = replace(ORDER, priority="STAT")  # placed anew: it is another order than the refused one
        outlet.waiting = []
        outlet.place(changed)
        assert field_of(await line.hears(), "TQ1", 9) == "S^^HL70485"
    assert outlet.handed == [SECOND]


async def test_nothing_goes_to_a_device_that_has_not_spoken_and_all_of_it_when_it_has() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    device = adapter(outlet, orders="download")
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        _, silent = await connect(device.config.port)
        reader, writer = await connect(device.config.port)
        line = Machine(reader, writer)
        await greeted(line)
        assert field_of(await line.hears(), "OBR", 2) == "ORD-1/94500-6"
        writer.close()
        reader, writer = await connect(device.config.port)  # it comes back: the order had no answer
        line = Machine(reader, writer)
        await greeted(line, "M2")
        order = await line.hears()
        assert field_of(order, "OBR", 2) == "ORD-1/94500-6"
        await line.says(orl("A1", control_of(order), "OK ORD-1/94500-6"))
        await committed(outlet, 1)
        for each in (silent, writer):
            each.close()


async def test_of_two_devices_on_a_port_each_gets_its_own() -> None:
    port, outlets = free_port(), [MemoryOutlet(), MemoryOutlet()]
    matches = ({"sender": "XP"}, {"sender": "M2"})
    members = [
        Hl7Mllp(config(id=f"m-{n}", port=port, match=match, orders="download"), outlet)
        for n, (match, outlet) in enumerate(zip(matches, outlets, strict=True))
    ]
    outlets[0].place(ORDER)
    outlets[1].place(SECOND)
    async with background(Hl7Mllp.run_shared(members)):
        async with asyncio.timeout(PATIENCE_SECONDS):
            lines = [Machine(*await connect(port)) for _ in members]
            await greeted(lines[0])
            m2 = oru("M1", msh=MSH.replace("|XP|", "|M2|"))
            assert msa(await lines[1].asks(m2)) == ("AA", "M1")
            assert [field_of(await line.hears(), "OBR", 2) for line in lines] == [
                "ORD-1/94500-6",
                "ORD-2/95941-1",
            ]
            for line in lines:
                line.writer.close()


async def test_by_the_line_that_we_dialled() -> None:
    done: asyncio.Queue[str] = asyncio.Queue()

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(oru("M7")))
        assert msa(await read_answer(reader)) == ("AA", "M7")
        order = await read_answer(reader)
        writer.write(framed(orl("A1", control_of(order), "OK ORD-1/94500-6")))
        done.put_nowait(field_of(order, "OBR", 2))
        await reader.read()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    port = server.sockets[0].getsockname()[1]
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        running(adapter(outlet, role="dial", port=port, orders="download")),
    ):
        assert await done.get() == "ORD-1/94500-6"
        await committed(outlet, 1)
    server.close()


async def test_by_a_line_of_its_own_that_is_dialled_again() -> None:
    """``orders_to``: the machine's own listener hangs up once, and takes the order the second time."""
    seen: list[bytes] = []

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        order = await read_answer(reader)
        seen.append(order)
        if len(seen) > 1:
            writer.write(framed(orl("A1", control_of(order), "OK ORD-1/94500-6")))
            await reader.read()
        writer.close()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        running(adapter(outlet, orders="download", orders_to=address)),
    ):
        await committed(outlet, 1)
    server.close()
    assert seen[0] == seen[1]


@dataclass
class ToldOutlet(MemoryOutlet):
    """``told``: the device's state was told for a reason."""

    told: asyncio.Event = field(default_factory=asyncio.Event)

    def health(self, state: DeviceState, reason: str = "") -> None:
        super().health(state, reason)
        if reason:
            self.told.set()


async def test_a_machine_that_cannot_be_dialled_is_told_and_its_results_are_taken() -> None:
    outlet = ToldOutlet()
    outlet.place(ORDER)
    nobody = f"127.0.0.1:{free_port()}"
    async with machine(outlet, orders="download", orders_to=nobody) as line:
        await outlet.told.wait()
        assert outlet.states[-1] == ("DEGRADED", "orders.unreachable")
        await greeted(line)
    assert outlet.waiting == [ORDER]


async def test_the_answer_to_a_query_goes_by_the_line_of_its_own_too() -> None:
    orders: asyncio.Queue[bytes] = asyncio.Queue()

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        orders.put_nowait(await read_answer(reader))
        await reader.read()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with machine(outlet, orders_to=address) as line:
        assert msa(await line.asks(query("Q1", "S-1"))) == ("AA", "Q1")
        assert field_of(await orders.get(), "OBR", 2) == "ORD-1/94500-6"
    server.close()


async def test_what_the_machine_took_while_the_store_was_away_is_not_sent_again() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet, orders="download") as line:
        await greeted(line)
        order = await line.hears()
        outlet.refuse = True
        await line.says(orl("A1", control_of(order), "OK ORD-1/94500-6"))
        assert msa(await line.asks(oru("M2"))) == ("AE", "M2")
        outlet.refuse = False
        await committed(outlet, 1)
        outlet.place(Order("ORD-9", "S-9", ("94500-6",)))
        assert field_of(await line.hears(), "OBR", 2) == "ORD-9/94500-6"
    assert outlet.handed == [ORDER]


async def test_a_test_that_nobody_named_is_told_and_holds_up_no_other() -> None:
    outlet = MemoryOutlet()
    outlet.place(Order("ORD-3", "S-3", ("LOCAL-1",)), ORDER)
    async with machine(outlet, orders="download") as line:
        await greeted(line)
        order = await line.hears()
        assert (field_of(order, "OBR", 2), order.count(b"\rOBR|")) == ("ORD-1/94500-6", 1)
        assert ("DEGRADED", "order.unknown_test") in outlet.states
