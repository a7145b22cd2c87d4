"""Queries of HL7 2.3.1 (QRY^Q02) over a real line: told at once, a message a specimen, each with its ACK."""

import pytest

from hub.contract import Frame, Order
from hub.errors import NoAnswer
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import adapter, msa, oru
from tests.lab_analyzers.test_host_query import ORDER, committed, control_of, field, machine

SECOND = Order("ORD-2", "S-2", ("94533-7",))


def query(control: str, specimen: str) -> bytes:
    return (
        f"MSH|^~\\&|Mindray|BS-240|||20260801092955||QRY^Q02|{control}|P|2.3.1||||||ASCII|||\r"
        f"QRD|20260801092955|R|D|{control}|||RD|{specimen}|OTH|||T|\r"
        "QRF|BS-240|20260801000000|20260801092955|||RCT|COR|ALL||\r"
    ).encode()


def said(control: str, answered: str, code: str = "AA") -> bytes:
    header = f"MSH|^~\\&|Mindray|BS-240|||20260801093001||ACK^Q03|{control}|P|2.3.1||||||ASCII|||"
    return f"{header}\rMSA|{code}|{answered}|Message accepted|||0|\rERR|0|\r".encode()


async def test_a_known_specimen_is_told_ok_and_its_order_follows() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER, SECOND)
    async with machine(outlet) as line:
        answer = await line.asks(query("7", "S-1"))
        assert (field(answer, "MSH", 9), msa(answer), field(answer, "QAK", 2)) == (
            "QCK^Q02",
            ("AA", "7"),
            "OK",
        )
        order = await line.hears()
        assert (field(order, "MSH", 9), msa(order)) == ("DSR^Q03", ("AA", "7"))
        assert b"\rDSP|21||S-1\r" in order
        assert b"\rDSP|29||94500-6^^^\r" in order
        assert not outlet.handed
        await line.says(said("8", control_of(order)))
        await committed(outlet, 1)
    assert (outlet.handed, outlet.waiting) == ([ORDER], [SECOND])
    assert not any(entry.problems for entry in outlet.committed)


async def test_everything_comes_one_by_one_each_behind_the_acknowledgement_of_the_one_before() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER, SECOND)
    async with machine(outlet) as line:
        await line.asks(query("7", ""))
        first = await line.hears()
        await line.says(said("8", control_of(first)))
        second = await line.hears()
        await line.says(said("9", control_of(second)))
        await committed(outlet, 2)
    assert [field(each, "DSC", 1) for each in (first, second)] == ["1", ""]
    assert outlet.handed == [ORDER, SECOND]


async def test_what_nobody_ordered_is_told_at_once_and_nothing_follows() -> None:
    outlet = MemoryOutlet()
    async with machine(outlet) as line:
        assert field(await line.asks(query("7", "S-9")), "QAK", 2) == "NF"
        assert msa(await line.asks(oru("M1", "S-9"))) == ("AA", "M1")


async def test_an_order_that_it_refuses_waits_on() -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet) as line:
        await line.asks(query("7", "S-1"))
        await line.says(said("8", control_of(await line.hears()), "AR"))
        assert msa(await line.asks(oru("M1", "S-9"))) == ("AA", "M1")
        assert (outlet.refusals, outlet.handed) == ([ORDER], [])
        assert outlet.states[-1] == ("DEGRADED", "orders.refused")


@pytest.mark.parametrize("settings", [{"orders": "none"}, {"profile": "m2000"}])
async def test_who_gets_no_orders_is_told_so(settings: dict[str, str]) -> None:
    outlet = MemoryOutlet()
    outlet.place(ORDER)
    async with machine(outlet, **settings) as line:
        assert field(await line.asks(query("7", "S-1")), "QAK", 2) == "NF"


async def test_what_cannot_be_kept_is_told_and_asked_again() -> None:
    outlet = MemoryOutlet(refuse=True)
    outlet.place(ORDER)
    async with machine(outlet) as line:
        answer = await line.asks(query("7", "S-1"))
        assert (msa(answer), field(answer, "MSA", 6)) == (("AE", "7"), "207")
        outlet.refuse = False
        assert field(await line.asks(query("7", "S-1")), "QAK", 2) == "OK"


NOTHING = b"MSH|^~\\&|LIS||||1||QCK^Q02|1|P|2.3.1\rMSA|AA|7\rQAK|SR|NF\r"


@pytest.mark.parametrize("lis", [NOTHING, NoAnswer("x")])
async def test_the_hospitals_own_system_is_asked_first(lis: bytes | NoAnswer) -> None:
    outlet = MemoryOutlet(lis=lis)
    outlet.place(ORDER)
    async with machine(outlet) as line:
        answer = await line.asks(query("7", "S-1"))
    assert (answer == lis) is isinstance(lis, bytes)
    assert [asked.raw for asked in outlet.asked] == [query("7", "S-1")]


async def test_a_place_alone_is_for_the_hospitals_own_system_too() -> None:
    """Where a tube stands nobody here knows: there is no order where that system is silent."""
    raw = query("7", "S-1").replace(b"QRY^Q02", b"QBP^Q11")
    raw = raw.replace(b"QRD|20260801092955|R|D|7|||RD|S-1", b"QPD|WOS|T||R5|2")
    outlet = MemoryOutlet(lis=b"MSH|^~\\&|LIS||||1||RSP^K11|1|P|2.5.1\rMSA|AA|7\r")
    async with machine(outlet) as line:
        assert await line.asks(raw) == outlet.lis
    silent = MemoryOutlet()
    silent.place(ORDER)
    async with machine(silent) as line:
        assert msa(await line.asks(raw)) == ("AA", "7")
        none = await line.hears()
        assert (field(none, "ORC", 1), field(none, "SAC", 10), field(none, "SAC", 11)) == ("DC", "R5", "2")
    assert not silent.handed


@pytest.mark.parametrize("kind", ["QRY^Q01", "QRY^R02", "QRY"])
def test_other_queries_of_old_are_no_questions_for_orders(kind: str) -> None:
    raw = query("7", "S-1").replace(b"QRY^Q02", kind.encode())
    (problem,) = adapter(MemoryOutlet()).interpret(Frame(raw, "7"), 1_790_000_000_000).problems
    assert problem.reason == "hl7.unsupported_type"
