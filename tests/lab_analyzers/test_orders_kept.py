"""A query, its order and its result on a real edge: what is committed when, also when the edge is killed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.edge.edge import Edge
from hub.spool.order_rows import entry_by_number, order_by_number
from tests.background import background
from tests.conformance.adapter_contract import PATIENCE_SECONDS
from tests.fire.patience import until
from tests.forward.parts import edge_with, settings, the_forward
from tests.lab_analyzers.line import connect, msa, oru
from tests.lab_analyzers.ordering_edge import edge_at, place
from tests.lab_analyzers.test_host_query import Machine, control_of, field, orl, query
from tests.ports import free_port


async def state_of(edge: Edge, number: str = "ORD-1") -> str | None:
    found = await edge.spool._on_reader(lambda db: entry_by_number(db, number))
    return found.row.state if found else None


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Edge, Machine]]:
    port = free_port()
    edge = edge_at(folder, port)
    await edge.open()
    async with background(edge.run()):
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = Machine(*await connect(port))
            yield edge, line
            line.writer.close()


async def test_an_order_goes_from_placed_to_sent_to_resulted(tmp_path: Path) -> None:
    async with served(tmp_path) as (edge, line):
        await place(edge, "ORD-1")
        answer = await line.asks(query("Q1", "S-1"))
        assert field(answer, "QAK", 2) == "OK"
        order = await line.hears()
        assert await state_of(edge) == "PLACED"
        await line.says(orl("A1", control_of(order), "OK ORD-1/94500-6"))
        assert msa(await line.asks(oru("M0", "S-9"))) == ("AA", "M0")  # behind the commit of the answer
        assert await state_of(edge) == "SENT"
        await line.asks(query("Q2", "S-1"))
        again = await line.hears()
        assert field(again, "OBR", 2) == "ORD-1/94500-6"
        await line.says(orl("A2", control_of(again), "UA ORD-1/94500-6"))  # it has it already
        request = "OBR|1|ORD-1/94500-6|S-1|94500-6^SARS-CoV-2 RNA^LN"
        assert msa(await line.asks(oru("M1", "S-1", obr=request))) == ("AA", "M1")
        assert await state_of(edge) == "RESULTED"
        await line.asks(query("Q3", "S-1"))
        assert field(await line.hears(), "ORC", 1) == "DC"
        counters = edge.outlets["m-1"].counters
        assert (counters.queries_found, counters.queries_empty) == (2, 1)
        assert edge.book.devices["m-1"].said == ("ONLINE", "")


async def test_a_refused_order_stays_placed_and_the_device_is_degraded(tmp_path: Path) -> None:
    async with served(tmp_path) as (edge, line):
        await place(edge, "ORD-1")
        await line.asks(query("Q1", "S-1"))
        await line.says(orl("A1", control_of(await line.hears()), "UA ORD-1/94500-6"))
        assert msa(await line.asks(oru("M0", "S-9"))) == ("AA", "M0")
        assert await state_of(edge) == "PLACED"
        row = await edge.spool._on_reader(lambda db: order_by_number(db, "ORD-1"))
        assert row is not None
        assert (row.refused_by, edge.outlets["m-1"].counters.orders_refused) == ("m-1", 1)
        device = edge.book.devices["m-1"]
        assert (device.state, device.reason) == ("DEGRADED", "orders.refused")


async def started(folder: Path, port: int, number: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.lab_analyzers.ordering_edge", str(folder), str(port), number]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"open\n"
    return process


@pytest.mark.slow
async def test_killed_before_the_machine_said_ok_the_order_is_still_there(tmp_path: Path) -> None:
    port = free_port()
    async with asyncio.timeout(60):
        process = await started(tmp_path, port, "ORD-1")
        line = Machine(*await connect(port))
        await line.asks(query("Q1", "S-1"))
        first = await line.hears()
        process.kill()
        await process.wait()
        assert await line.reader.read() == b""
        process = await started(tmp_path, port, "-")
        try:
            line = Machine(*await connect(port))
            await line.asks(query("Q2", "S-1"))
            second = await line.hears()
            assert field(second, "OBR", 2) == field(first, "OBR", 2) == "ORD-1/94500-6"
            assert control_of(second) != control_of(first)
            await line.says(orl("A1", control_of(second), "OK ORD-1/94500-6"))
            assert msa(await line.asks(oru("M0", "S-9"))) == ("AA", "M0")
        finally:
            process.kill()
            await process.wait()
    edge = edge_at(tmp_path, port)
    await edge.open()
    try:
        assert await state_of(edge) == "SENT"
    finally:
        await edge.spool.close()


async def test_an_answer_to_an_order_is_owed_to_no_forward(tmp_path: Path) -> None:
    async with edge_with(tmp_path, settings(free_port(), queries=False)) as edge, asyncio.timeout(10):
        device = edge.adapters["pcr-1"]
        line = Machine(*await connect(device.config.port))
        await line.asks(query("Q1", "S-1"))
        none = await line.hears()
        await line.says(orl("A1", control_of(none)))
        assert msa(await line.asks(oru("M1"))) == ("AA", "M1")
        await until(lambda: the_forward(edge).book.waiting == 2, "query and result")
        line.writer.close()
