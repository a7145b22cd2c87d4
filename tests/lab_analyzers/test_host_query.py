"""Host queries over real TCP: known, unknown and malformed, and orders that a machine takes or refuses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from adapters.lab_analyzers import hl7_mllp
from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from hub.contract import Order
from hub.errors import NoAnswer
from tests.background import background
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import PATIENCE_SECONDS, adapter, config, connect, framed, msa, oru, read_answer
from tests.ports import free_port

ORDER = Order("ORD-1", "S-1", ("94500-6",))
SECOND = Order("ORD-2", "S-2", ("95941-1",), "STAT")


def query(
    control: str, specimen: str, mode: str = "NE|AL", name: str = "WOS^Work Order Step^IHE_LABTF"
) -> bytes:
    return (
        f"MSH|^~\\&|M1|LAB|LIS|BV|20260801093000+0700||QBP^Q11^QBP_Q11|{control}|P|2.5.1"
        f"|||{mode}||UNICODE UTF-8|||LAB-27^IHE\rQPD|{name}|tag-{control}|{specimen}\r"
        "RCP|I||R^Real Time^HL70394\r"
    ).encode()


def orl(control: str, answered: str, *steps: str, code: str = "AA") -> bytes:
    """An ORL^O34; ``steps``: ORC-1 and OBR-2 joined by a blank."""
    header = (
        f"MSH|^~\\&|M1|LAB|LIS|BV|20260801093001+0700||ORL^O34^ORL_O42|{control}|P|2.5.1||||||UNICODE UTF-8"
    )
    named = [step.split() for step in steps]
    lines = [header, f"MSA|{code}|{answered}", *(f"ORC|{said}|{step}|||SC" for said, step in named), ""]
    return "\r".join(lines).encode()


def field(message: bytes, segment: str, number: int) -> str:
    """A field of the first segment of that name; empty when there is none."""
    for line in message.decode().split("\r"):
        if line.startswith(segment + "|"):
            fields = line.split("|")
            at = number - 1 if segment == "MSH" else number
            return fields[at] if at < len(fields) else ""
    return ""


def control_of(message: bytes) -> str:
    return field(message, "MSH", 10)


@dataclass
class Machine:
    """An analyzer on an open line."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def asks(self, raw: bytes) -> bytes:
        self.writer.write(framed(raw))
        return await read_answer(self.reader)

    async def says(self, raw: bytes) -> None:
        self.writer.write(framed(raw))
        await self.writer.drain()

    async def hears(self) -> bytes:
        return await read_answer(self.reader)


@asynccontextmanager
async def machine(outlet: MemoryOutlet, **settings: object) -> AsyncIterator[Machine]:
    device = adapter(outlet, **settings)
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        reader, writer = await connect(device.config.port)
        yield Machine(reader, writer)
        writer.close()


async def committed(outlet: MemoryOutlet, count: int) -> None:
    """Until so many orders are handed over."""
    while len(outlet.handed) < count:
        await outlet.queued.get()
        await asyncio.sleep(0)


async def test_a_known_specimen_gets_ok_and_then_its_order_which_is_handed_over_by_the_machines_ok() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER, SECOND)
    async with machine(outlet) as line:
        answer = await line.asks(query("Q1", "S-1"))
        assert msa(answer) == ("AA", "Q1")
        assert (field(answer, "QAK", 1), field(answer, "QAK", 2)) == ("tag-Q1", "OK")
        order = await line.hears()
        assert field(order, "MSH", 9) == "OML^O33^OML_O33"
        assert field(order, "MSH", 21) == "LAB-28^IHE"
        assert (field(order, "ORC", 1), field(order, "OBR", 2)) == ("NW", "ORD-1/94500-6")
        assert not outlet.handed
        await line.says(orl("A1", control_of(order), "OK ORD-1/94500-6"))
        await committed(outlet, 1)
    assert outlet.handed == [ORDER]
    assert outlet.waiting == [SECOND]
    assert [entry.frame.raw for entry in outlet.committed if entry.frame] == [
        query("Q1", "S-1"),
        orl("A1", control_of(order), "OK ORD-1/94500-6"),
    ]
    assert not outlet.quarantined
    assert not any(entry.problems for entry in outlet.committed)


async def test_an_unknown_specimen_is_told_so_at_once() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet) as line:
        assert msa(await line.asks(query("Q1", "S-9"))) == ("AA", "Q1")
        none = await line.hears()
        assert (field(none, "ORC", 1), field(none, "SAC", 3)) == ("DC", "S-9")
        assert field(none, "OBR", 4) == ""
        await line.says(orl("A1", control_of(none)))
        answer = await line.asks(query("Q2", "S-9", name="ORD^Orders^99X").replace(b"LAB-27^IHE", b""))
        assert (field(answer, "QAK", 2), msa(answer)) == ("NF", ("AA", "Q2"))
    assert not outlet.handed


async def test_a_machine_that_says_nothing_to_no_order_is_not_waited_for() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet) as line:
        for number in range(3):
            await line.asks(query(f"Q{number}", "S-9"))
            assert field(await line.hears(), "ORC", 1) == "DC"
        await line.asks(query("Q9", "S-1"))
        assert field(await line.hears(), "OBR", 2) == "ORD-1/94500-6"


async def test_two_machines_on_a_port_get_their_own() -> None:
    port, outlets = free_port(), [MemoryOutlet(), MemoryOutlet()]
    outlets[0].place(ORDER)
    outlets[1].place(replace(ORDER, order="ORD-7"))
    senders = ("M1", "M2")
    members = [
        Hl7Mllp(config(id=name.lower(), port=port, match={"sender": name}), outlet)
        for name, outlet in zip(senders, outlets, strict=True)
    ]
    async with background(Hl7Mllp.run_shared(members)):
        async with asyncio.timeout(PATIENCE_SECONDS):
            lines = [Machine(*await connect(port)) for _ in senders]
            for name, line in zip(senders, lines, strict=True):
                await line.says(query("Q1", "S-1").replace(b"|M1|", f"|{name}|".encode()))
            for line, step in zip(lines, ("ORD-1/94500-6", "ORD-7/94500-6"), strict=True):
                assert field(await line.hears(), "QAK", 2) == "OK"
                assert field(await line.hears(), "OBR", 2) == step
                line.writer.close()


async def test_accept_acknowledgement_goes_before_the_answer() -> None:
    outlet = MemoryOutlet()
    async with machine(outlet) as line:
        assert msa(await line.asks(query("Q1", "S-9", "AL|AL"))) == ("CA", "Q1")
        answer = await line.hears()
        assert (field(answer, "MSH", 9), msa(answer)) == ("RSP^K11^RSP_K11", ("AA", "Q1"))


async def test_a_malformed_query_is_the_machines_fault_and_kept_with_its_place() -> None:
    outlet = MemoryOutlet()
    async with machine(outlet) as line:
        answer = await line.asks(query("Q1", ""))
        assert (msa(answer), field(answer, "QAK", 2)) == (("AE", "Q1"), "AE")
        assert field(answer, "ERR", 2) == "QPD^1^3"
        assert msa(await line.asks(oru("M1"))) == ("AA", "M1")
    problems = [(problem.reason, problem.place) for e in outlet.committed for problem in e.problems]
    assert problems == [("hl7.no_specimen", "QPD-3")]


async def test_a_query_that_cannot_be_kept_gets_ae_and_no_order_and_is_answered_later() -> None:
    outlet = MemoryOutlet(refuse=True)
    outlet.place(ORDER)
    async with machine(outlet) as line:
        answer = await line.asks(query("Q1", "S-1"))
        assert (msa(answer), field(answer, "QAK", 2)) == (("AE", "Q1"), "AE")
        assert "not_committed" in field(answer, "ERR", 3)
        outlet.refuse = False
        assert msa(await line.asks(query("Q1", "S-1"))) == ("AA", "Q1")
        assert field(await line.hears(), "OBR", 2) == "ORD-1/94500-6"


async def test_a_query_sent_again_gets_the_same_answer_and_the_same_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within the same second: the time is part of the message, and its control id comes from it."""
    monkeypatch.setattr(hl7_mllp, "now_ms", lambda: 1_790_000_000_000)
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet) as line:
        await line.asks(query("Q1", "S-1"))
        first = await line.hears()
        await line.says(orl("A1", control_of(first), "OK ORD-1/94500-6"))
        await committed(outlet, 1)
        again = await line.asks(query("Q1", "S-1"))
        assert (msa(again), field(again, "QAK", 2)) == (("AA", "Q1"), "OK")
        assert control_of(await line.hears()) == control_of(first)


async def test_what_the_machine_cannot_accept_stays_and_the_device_tells_of_it() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet) as line:
        await line.asks(query("Q1", "S-1"))
        order = await line.hears()
        await line.says(orl("A1", control_of(order), "UA ORD-1/94500-6"))
        assert msa(await line.asks(oru("M1"))) == ("AA", "M1")
        assert outlet.states[-1] == ("DEGRADED", "orders.refused")
        assert outlet.waiting == [ORDER]
        await line.asks(query("Q2", "S-1"))
        await line.says(orl("A2", control_of(await line.hears()), "OK ORD-1/94500-6"))
        await committed(outlet, 1)
        assert msa(await line.asks(oru("M2"))) == ("AA", "M2")
        assert outlet.states[-1] == ("ONLINE", "")


async def test_one_order_is_outstanding_and_the_answers_of_queries_do_not_wait() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER, SECOND)
    async with machine(outlet) as line:
        line.writer.write(framed(query("Q1", "S-1")) + framed(query("Q2", "S-2")))
        seen = [await line.hears() for _ in range(3)]
        assert [field(message, "MSH", 9)[:3] for message in seen] == ["RSP", "OML", "RSP"]
        await line.says(orl("A1", control_of(seen[1]), "OK ORD-1/94500-6"))
        second = await line.hears()
        assert field(second, "OBR", 2) == "ORD-2/95941-1"
        assert field(second, "TQ1", 9) == "S^^HL70485"
        await line.says(orl("A2", control_of(second), "OK ORD-2/95941-1"))
        await committed(outlet, 2)
    assert outlet.handed == [ORDER, SECOND]


async def test_a_line_that_ends_before_the_machine_said_ok_leaves_the_order_where_it_is() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet) as line:
        await line.asks(query("Q1", "S-1"))
        await line.hears()
    assert outlet.waiting == [ORDER]
    async with machine(outlet) as line:  # another process, in effect: nothing is remembered
        await line.asks(query("Q2", "S-1"))
        assert field(await line.hears(), "OBR", 2) == "ORD-1/94500-6"


async def test_answers_nobody_waits_for_are_kept_and_answered_by_nobody() -> None:
    outlet = MemoryOutlet()
    async with machine(outlet) as line:
        await line.says(orl("A1", "never-sent", "OK ORD-1/94500-6"))
        assert msa(await line.asks(oru("M1"))) == ("AA", "M1")
    problems = [(problem.reason, problem.place) for e in outlet.committed for problem in e.problems]
    assert problems == [("hl7.late_answer", "MSA-2")]
    assert not outlet.handed


async def test_a_test_that_nobody_named_is_not_sent_and_told() -> None:
    outlet = MemoryOutlet()
    outlet.place(Order("ORD-3", "S-3", ("LOCAL-1", "94500-6")))
    async with machine(outlet) as line:
        await line.asks(query("Q1", "S-3"))
        order = await line.hears()
        assert order.count(b"\rOBR|") == 1
        await line.says(orl("A1", control_of(order), "OK ORD-3/94500-6"))
        await committed(outlet, 1)
    problems = [(problem.reason, problem.place) for e in outlet.committed for problem in e.problems]
    assert problems == [("order.unknown_test", "test LOCAL-1")]


async def test_a_device_that_takes_no_orders_is_told_that_there_are_none() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet, orders="none") as line:
        await line.asks(query("Q1", "S-1"))
        assert field(await line.hears(), "ORC", 1) == "DC"
    assert not outlet.asked


async def test_the_hospitals_own_system_answers_where_it_is_asked() -> None:
    passed = b"MSH|^~\\&|LIS|BV|M1|LAB|20260801||RSP^K11^RSP_K11|7|P|2.5.1\rMSA|AA|Q1\rQAK|tag-Q1|OK\r"
    outlet = MemoryOutlet(lis=passed)
    outlet.place(ORDER)
    async with machine(outlet) as line:
        assert await line.asks(query("Q1", "S-1")) == passed
        outlet.lis = NoAnswer("the line is down")
        assert msa(await line.asks(query("Q2", "S-1"))) == ("AA", "Q2")
        assert field(await line.hears(), "OBR", 2) == "ORD-1/94500-6"
        outlet.lis = passed + b"\x1c\r"  # would end our block: not passed on
        await line.says(orl("A1", "x"))
        assert field(await line.asks(query("Q3", "S-9")), "MSH", 9) == "RSP^K11^RSP_K11"
    assert [frame.control for frame in outlet.asked] == ["Q1", "Q2", "Q3"]


GENEXPERT = (
    "MSH|^~\\&|ICU^GeneXpert^6.5||LIS||20260801093000||{kind}|{control}|P|2.5\r"
    "QPD|{name}|tag|{asked}\rRCP|I\r"
)


def genexpert(control: str, asked: str = "ALL") -> bytes:
    kind, name = ("Z01", "Z01^REQUEST TEST ORDERS") if asked == "ALL" else ("Z03", "Z03^HOST QUERY")
    text = GENEXPERT.format(kind=f"QBP^{kind}^QBP_{kind}", control=control, name=name, asked=asked)
    return text.encode()


async def test_orders_that_stand_in_an_answer_are_handed_over_when_the_machine_goes_on() -> None:
    outlet = MemoryOutlet()
    outlet.place(Order("1", "S-1", ("COV2",)), Order("2", "S-2", ("MTB",)))
    async with machine(outlet, profile="genexpert") as line:
        answer = await line.asks(genexpert("Q1"))
        assert (field(answer, "MSH", 9), answer.count(b"\rOBR|")) == ("RSP^Z02", 2)
        assert not outlet.handed
        assert (await line.asks(genexpert("Q2"))).count(b"\rOBR|") == 0
        assert [order.order for order in outlet.handed] == ["1", "2"]
        assert b"\rOBR|1|||MTB|" in await line.asks(genexpert("Q3", "|S-2"))


@pytest.mark.parametrize("cancel", [True, False])
async def test_an_answer_that_the_machine_did_not_get_hands_nothing_over(cancel: bool) -> None:
    outlet = MemoryOutlet()
    outlet.place(Order("1", "S-1", ("COV2",)))
    async with machine(outlet, profile="genexpert") as line:
        await line.asks(genexpert("Q1"))
        cancelled = (
            genexpert("X1").replace(b"QBP^Z01^QBP_Z01", b"QCN^J01^QCN_J01").replace(b"QPD|", b"QID|tag|")
        )
        again = await line.asks(cancelled if cancel else genexpert("Q1"))
        assert msa(again)[0] == "AA"
        assert not outlet.handed
        assert (await line.asks(genexpert("Q2"))).count(b"\rOBR|") == (1 if cancel else 0)


async def test_a_machine_that_hangs_up_orderly_has_read_its_answer() -> None:
    outlet = MemoryOutlet()
    outlet.place(Order("1", "S-1", ("COV2",)))
    async with machine(outlet, profile="genexpert") as line:
        await line.asks(genexpert("Q1"))
        line.writer.write_eof()
        await committed(outlet, 1)
    assert [order.order for order in outlet.handed] == ["1"]


async def test_an_order_that_genexpert_cannot_use_is_told_as_what_it_is() -> None:
    """301-2002: an ORU^R32 whose order was cancelled, with an error in its note."""
    outlet = MemoryOutlet()
    refusal = (
        b"MSH|^~\\&|ICU^GeneXpert^6.5||LIS||20260801093000||ORU^R32^ORU_R30|R1|P|2.5|||AL|NE\r"
        b"PID|1\rORC|OC|1|||||||20260801093000\rOBR|1|||COV2|||||||||||||||||||||X\r"
        b"NTE|1|L|Error^InvalidTestData^Test unknown\rTQ1|||||||||R\rSPM|1|S-1^||ORH|||||||P\r"
    )
    async with machine(outlet, profile="genexpert") as line:
        assert msa(await line.asks(refusal)) == ("CA", "R1")
    problems = [(problem.reason, problem.place) for e in outlet.committed for problem in e.problems]
    assert problems == [("hl7.order_refused", "segment 4")]
    assert outlet.refusals == []


async def test_an_order_that_genexpert_gives_back_waits_again() -> None:
    """Behind our answer, which it had read: its next message hands the order over and gives it back."""
    outlet = MemoryOutlet()
    outlet.place(Order("1", "S-1", ("COV2",)), Order("2", "S-2", ("COV2",)))
    refusal = (
        b"MSH|^~\\&|ICU^GeneXpert^6.5||LIS||20260801093000||ORU^R32^ORU_R30|R1|P|2.5|||AL|NE\r"
        b"PID|1\rORC|OC|1|||||||20260801093000\rOBR|1|||COV2|||||||||||||||||||||X\r"
        b"NTE|1|L|Error^InvalidTestData^Test unknown\rTQ1|||||||||R\rSPM|1|S-1^||ORH|||||||P\r"
    )
    async with machine(outlet, profile="genexpert") as line:
        await line.asks(genexpert("Q1"))
        assert msa(await line.asks(refusal)) == ("CA", "R1")
        assert [order.order for order in outlet.refusals] == ["1"]
        assert [order.order for order in outlet.handed] == ["2"]
        assert outlet.states[-1] == ("DEGRADED", "orders.refused")
