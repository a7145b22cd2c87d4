"""What a machine that asks for orders is told, over a real line and from a real spool."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.lab_analyzers import astm_line
from hub.contract import Order
from hub.errors import NoAnswer
from hub.events import number_body
from hub.spool import Spool
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
    frame,
    records,
)
from tests.lab_analyzers.astm.laboratory import ORDER, OTHERS, end, laboratory, query, specimens
from tests.spool.parts import every_row


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


async def test_a_model_that_takes_no_orders_is_told_that_there_are_none(tmp_path: Path) -> None:
    """Whatever it asks, and though its results name the test."""
    ordered = Order("o-1", "DN0812-0007", ("HI2CAP96",))
    async with laboratory(tmp_path, ordered, profile="cobas-taqman") as lab:
        assert end(await lab.ask()) == "L|1|I"
        assert end(await lab.ask("ALL")) == "L|1|I"
        assert await lab.waiting() == ["o-1"]
    with pytest.raises(ValueError, match="takes no orders unasked"):
        config(profile="cobas-taqman", orders="download")


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
