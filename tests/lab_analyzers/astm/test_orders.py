"""Orders over a real line, from a real spool: what a machine that asks is told, what is sent unasked."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.lab_analyzers import astm_line, astm_orders
from adapters.lab_analyzers.astm_tcp import AstmTcp
from hub.contract import Order
from hub.errors import DeviceUnavailable, NoAnswer
from hub.events import number_body
from hub.spool import Spool
from hub.spool.orders import Placing
from hub.streams import now_ms
from tests.conformance.adapter_contract import free_port, running
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
    frame,
    records,
)
from tests.lab_analyzers.astm.edge_process import outlet_on
from tests.spool.parts import every_row, opened

ORDER = Order("o-1", "DN0812-0007", ("COV2",), "STAT")
OTHERS = [Order(f"o-{at}", f"DN0812-{at:04}", ("COV2", "FLU")) for at in range(20, 25)]


def query(field: str = "^DN0812-0007", status: str = "O@N") -> list[bytes]:
    return [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", f"Q|1|{field}||||||||||{status}\r".encode(), b"L|1|N\r"]


def specimens(text: bytes) -> list[str]:
    return [line.split("|")[2] for line in text.decode().split("\r") if line.startswith("O")]


def end(text: bytes) -> str:
    return text.decode().split("\r")[-2]


@dataclass
class Laboratory:
    """A spool with orders, an adapter on it and a machine that has dialled it."""

    spool: Spool
    device: Device
    port: int

    async def place(self, *orders: Order) -> None:
        changed = await self.spool.orders.place([Placing(each, "bv", "", "lis") for each in orders], now_ms())
        assert not changed.refused

    async def waiting(self) -> list[str]:
        return [each.order for each in await self.spool.orders.to_measure("bv", "xpert-1", None)]

    async def until_waiting(self, *numbers: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.waiting() != list(numbers):
                pass

    async def ask(self, *asked: str) -> bytes:
        assert await self.device.deliver(query(*asked)) == ACK * 4
        return await self.device.receive()


@asynccontextmanager
async def laboratory(folder: Path, *orders: Order, **settings: object) -> AsyncIterator[Laboratory]:
    async with opened(folder / "spool.db") as spool:
        made = adapter(outlet_on(spool), **settings)
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            place = Laboratory(spool, await Device.dial(made.config.port), made.config.port)
            await place.place(*orders)
            yield place


async def test_a_specimen_that_was_ordered_is_told_and_handed_over_with_the_last_ack(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER, *OTHERS) as lab:
        assert await lab.device.deliver(query()) == ACK * 4
        assert await lab.device.reader.readexactly(1) == ENQ
        lab.device.writer.write(ACK)
        told = await lab.device.reader.readuntil(b"\r\n")
        assert told == frame(1, told[2:-5])
        stamp = told.decode().split("|S|")[1][:14]
        assert told.decode().split("\r")[1:4] == [
            "P|1",
            f"O|1|DN0812-0007||^^^COV2|S|{stamp}|||||A||||ORH||||||||||Q",
            "L|1|F",
        ]
        assert "o-1" in await lab.waiting(), "the last frame is not acknowledged"
        lab.device.writer.write(ACK)
        assert await lab.device.reader.readexactly(1) == EOT
        await lab.until_waiting(*(each.order for each in OTHERS))


async def test_everything_that_waits_the_oldest_first_and_then_nothing(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER, *OTHERS) as lab:
        told = await lab.ask("ALL")
        assert specimens(told) == [ORDER.specimen, *(each.specimen for each in OTHERS for _ in each.tests)]
        assert end(told) == "L|1|F"
        await lab.until_waiting()
        assert end(await lab.ask("ALL")) == "L|1|I"
        assert specimens(await lab.ask(f"^{ORDER.specimen}")) == [ORDER.specimen], (
            "as long as it has no result"
        )


@pytest.mark.parametrize("field", ["^NOBODY", "PAT^NOBODY", "^DN0812-0007/1"])
async def test_what_nobody_ordered_is_told_at_once(tmp_path: Path, field: str) -> None:
    async with laboratory(tmp_path, ORDER) as lab:
        told = await lab.ask(field)
        assert [line[:1] for line in told.decode().split("\r")[:-1]] == ["H", "L"]
        assert end(told) == "L|1|I"
        assert await lab.waiting() == ["o-1"]


async def test_results_are_no_orders_and_who_gets_none_is_told_so(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER) as lab:
        assert end(await lab.ask("^DN0812-0007", "F")) == "L|1|I"
    async with laboratory(tmp_path, orders="none") as lab:
        assert end(await lab.ask()) == "L|1|I"
        assert await lab.waiting() == ["o-1"]


async def test_the_result_of_what_was_ordered_ends_the_order(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER) as lab:
        assert specimens(await lab.ask()) == ["DN0812-0007"]
        await lab.until_waiting()
        assert await lab.device.deliver(records()) == ACK * 8
        assert end(await lab.ask()) == "L|1|I"
        assert [entry["type"] for entry in await rows(lab.spool)] == ["lab.result.v1"], "a query is no event"


async def rows(spool: Spool) -> list[dict[str, str]]:
    return [json.loads(number_body(row.body, "e" * 16, row.seq)) for row in await every_row(spool)]


@pytest.mark.parametrize("answers", [[ACK] + [NAK] * 6, [ACK, ACK] + [NAK] * 6, [ACK, EOT]])
async def test_an_answer_that_was_not_taken_waits_for_the_next_query(
    tmp_path: Path, answers: Sequence[bytes]
) -> None:
    async with laboratory(tmp_path, *OTHERS) as lab:
        assert await lab.device.deliver(query("ALL")) == ACK * 4
        await lab.device.receive(answers=answers)
        assert await lab.waiting() == [each.order for each in OTHERS]
        if EOT in answers:
            return  # it wants the line for fifteen seconds
        assert end(await lab.ask("ALL")) == "L|1|F"
        await lab.until_waiting()


async def test_a_line_that_is_lost_in_an_answer_leaves_the_orders(tmp_path: Path) -> None:
    async with laboratory(tmp_path, *OTHERS) as lab:
        assert await lab.device.deliver(query("ALL")) == ACK * 4
        assert await lab.device.reader.readexactly(1) == ENQ
        lab.device.writer.write(ACK)
        await lab.device.reader.readuntil(b"\r\n")
        lab.device.writer.close()
        lab.device = await Device.dial(lab.port)
        assert len(specimens(await lab.ask("ALL"))) == 2 * len(OTHERS)
        await lab.until_waiting()


async def test_a_session_of_the_machines_own_comes_first(tmp_path: Path) -> None:
    """Contention: both have said ENQ, and it has a result before it listens to us."""
    async with laboratory(tmp_path, ORDER) as lab:
        assert await lab.device.deliver(query()) == ACK * 4
        assert await lab.device.reader.readexactly(1) == ENQ
        lab.device.writer.write(ENQ)
        assert await lab.device.deliver(records(specimen="OTHER")) == ACK * 8
        assert specimens(await lab.device.receive()) == ["DN0812-0007"]
        await lab.until_waiting()


async def test_a_query_in_the_middle_of_an_answer_is_answered_itself(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER, *OTHERS) as lab:
        assert await lab.device.deliver(query("ALL")) == ACK * 4
        assert await lab.device.reader.readexactly(1) == ENQ
        lab.device.writer.write(ACK)
        await lab.device.reader.readuntil(b"\r\n")
        assert await lab.device.say(ENQ) == EOT, "the answer is given up"
        assert await lab.device.reader.readexactly(1) == ACK
        for at, text in enumerate(query(), 1):
            assert await lab.device.say(frame(at, text)) == ACK
        lab.device.writer.write(EOT)
        assert specimens(await lab.device.receive()) == ["DN0812-0007"]
        await lab.until_waiting(*(each.order for each in OTHERS))


async def test_a_query_that_is_taken_back_is_not_answered(tmp_path: Path) -> None:
    """Both in one session of the machine: the answer had no time to begin."""
    both = [*query(), b"H|@^\\|M3||LAB^GeneXpert^6.4\r", b"Q|1|||||||||||A\r", b"L|1|N\r"]
    async with laboratory(tmp_path, ORDER) as lab:
        assert await lab.device.deliver(both) == ACK * 7
        assert await lab.device.deliver(records(specimen="OTHER")) == ACK * 8
        lab.device.writer.write_eof()
        assert await lab.device.reader.read() == b""
        assert await lab.waiting() == ["o-1"]


async def test_an_answer_that_comes_too_late_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine was busy until it had given its query up; what it asks next is answered alone."""
    monkeypatch.setattr(astm_line, "ANSWER_SECONDS", 0.01)
    async with laboratory(tmp_path, ORDER, *OTHERS) as lab:
        assert await lab.device.deliver(query("ALL")) == ACK * 4
        assert await lab.device.reader.readexactly(1) == ENQ
        lab.device.writer.write(NAK)
        while any(task.get_name().startswith("answer[") for task in asyncio.all_tasks()):
            await lab.waiting()
        monkeypatch.undo()
        assert specimens(await lab.ask()) == ["DN0812-0007"]
        await lab.until_waiting(*(each.order for each in OTHERS))


async def test_over_a_line_that_damages_frames_each_order_is_told_once_it_is_whole(tmp_path: Path) -> None:
    async with laboratory(tmp_path, *OTHERS) as lab:
        assert await lab.device.deliver(query("ALL")) == ACK * 4
        told = await lab.device.receive(answers=[ACK, NAK, ACK, NAK, NAK, ACK])
        assert len(specimens(told)) == 2 * len(OTHERS)
        await lab.until_waiting()


@asynccontextmanager
async def with_lis(lis: bytes | NoAnswer | None) -> AsyncIterator[tuple[MemoryOutlet, Device]]:
    outlet = MemoryOutlet(lis=lis)
    outlet.place(ORDER)
    made = adapter(outlet)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        yield outlet, await Device.dial(made.config.port)


async def test_what_the_hospitals_own_system_says_goes_on_byte_for_byte() -> None:
    theirs = b"\rH|\\^&|||LIS\r\r\rP|1||HN-1||Hoa^Nguy\xe1\xbb\x85n\rO|1|S-1\nL|1|F\r\rC|%b\r" % (b"x" * 500)
    async with with_lis(theirs) as (outlet, device):
        assert await device.deliver(query()) == ACK * 4
        assert await device.receive() == theirs
    (asked,) = outlet.asked
    assert asked.raw == b"".join(query())
    assert asked.query
    assert outlet.handed == []


async def test_a_system_that_says_nothing_is_replaced_by_our_orders() -> None:
    async with with_lis(NoAnswer("line.closed")) as (outlet, device):
        assert await device.deliver(query()) == ACK * 4
        assert specimens(await device.receive()) == ["DN0812-0007"]
        await until(lambda: bool(outlet.handed), "handed over")
    assert outlet.handed == [ORDER]


async def test_new_and_withdrawn_orders_are_sent_unasked(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER, orders="download") as lab:
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
    async with laboratory(tmp_path, ORDER, orders="download") as lab:
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
    made = adapter(outlet, orders="download", **settings)
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
    async with downloading(nameless, profile="m2000") as (outlet, device):
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
        assert await machine.deliver(query()) == ACK * 4
        heard.put_nowait(await machine.receive())
        writer.close()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(PATIENCE_SECONDS), server:
        with pytest.raises(DeviceUnavailable, match="closed by the device"):
            await adapter(outlet, role="dial", port=port, orders="download").run()
    assert [end(heard.get_nowait()) for _ in range(2)] == ["L|1|N", "L|1|F"]


async def test_on_a_shared_port_orders_go_where_their_device_was_heard() -> None:
    port, outlets = free_port(), [MemoryOutlet(), MemoryOutlet()]
    members = [
        AstmTcp(config(id=f"x-{at}", port=port, match={"sender": sender}, orders="download"), outlets[at])
        for at, sender in enumerate(("LAB^*", "OTHER"))
    ]
    outlets[0].place(ORDER)
    task = asyncio.create_task(AstmTcp.run_shared(members))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            silent, other, lab = [await Device.dial(port) for _ in range(3)]
            foreign = [b"H|@^\\|M1||OTHER\r", b"Q|1|^DN0812-0007||||||||||O\r", b"L|1|N\r"]
            assert await other.deliver(foreign) == ACK * 4
            assert end(await other.receive()) == "L|1|I"
            assert await lab.deliver(records(specimen="S")) == ACK * 8
            assert specimens(await lab.receive()) == ["DN0812-0007"]
            for device in (silent, other, lab):
                assert await device.hang_up() == b""
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert (outlets[0].handed, outlets[1].handed) == ([ORDER], [])


async def test_nobodys_query_is_told_that_there_is_nothing() -> None:
    outlet = MemoryOutlet(lis=b"H|\\^&|secret\r")
    outlet.place(ORDER)
    made = adapter(outlet, match={"sender": "OTHER"})
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        device = await Device.dial(made.config.port)
        assert await device.deliver(query()) == ACK * 4
        assert end(await device.receive()) == "L|1|I"
    assert not outlet.asked


async def test_only_so_many_queries_are_answered_at_once() -> None:
    asked = [line for at in range(12) for line in query(f"^S{at}")]
    outlet = MemoryOutlet(waiting=[Order(f"o-{at}", f"S{at}", ("COV2",)) for at in range(12)])
    made = adapter(outlet)
    async with asyncio.timeout(PATIENCE_SECONDS), running(made):
        device = await Device.dial(made.config.port)
        assert await device.deliver(asked) == ACK * 37
        told = [specimens(await device.receive()) for _ in range(8)]
        assert await device.deliver(records()) == ACK * 8
    assert len({each for found in told for each in found}) == 8
