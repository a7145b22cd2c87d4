"""A real spool under ``astm_tcp``: killed between two frames, full, and asked the same twice."""

import asyncio
import json
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hub.contract import Order
from hub.events import number_body
from hub.spool import Placing
from hub.streams import now_ms
from tests.conformance.adapter_contract import running
from tests.lab_analyzers.astm.device import (
    ACK,
    ENQ,
    NAK,
    PATIENCE_SECONDS,
    Device,
    adapter,
    frames,
    records,
)
from tests.lab_analyzers.astm.edge_process import outlet_on
from tests.ports import free_port
from tests.spool.parts import every_row, opened

RECORDS = records()


@asynccontextmanager
async def edge(path: Path, port: int) -> AsyncIterator[Process]:
    """A process of its own, dead by SIGKILL behind the body."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.lab_analyzers.astm.edge_process", str(path), str(port)
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def dialled(port: int) -> Device:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await Device.dial(port)


async def events(path: Path) -> list[dict[str, Any]]:
    async with opened(path) as spool:
        return [json.loads(number_body(row.body, "e" * 16, row.seq)) for row in await every_row(spool)]


@pytest.mark.slow
async def test_killed_behind_each_frame_what_was_acknowledged_is_quarantined(tmp_path: Path) -> None:
    """One session, killed behind its first frame, then behind its second …, and at last sent whole."""
    path, port = tmp_path / "spool.db", free_port()
    cut = [b"".join(RECORDS[:sent]) for sent in range(1, len(RECORDS))]
    for sent, raw in enumerate(cut, 1):
        async with edge(path, port):
            device = await dialled(port)
            for each in (ENQ, *frames(RECORDS)[:sent]):
                assert await device.say(each) == ACK
        async with opened(path) as spool:
            assert list((await spool.unfinished("xpert-1")).values()) == [raw]
    async with edge(path, port):
        assert await (await dialled(port)).deliver(RECORDS) == ACK * 8
    async with opened(path) as spool:
        assert await spool.unfinished("xpert-1") == {}
        entries = list(reversed(await spool.quarantine()))
        kept = [await spool.load_capture(bytes.fromhex(entry.capture)) for entry in entries]
        assert [capture.contents.raw for capture in kept] == cut
        assert {entry.reason for entry in entries} == {"astm.unfinished"}
    assert [event["type"] for event in await events(path)] == ["quarantine.v1"] * len(cut) + ["lab.result.v1"]


@pytest.mark.slow
async def test_killed_behind_the_last_acknowledgement_and_sent_again_is_one_event(tmp_path: Path) -> None:
    path, port = tmp_path / "spool.db", free_port()
    for _ in range(2):
        async with edge(path, port):
            device = await dialled(port)
            for each in (ENQ, *frames(RECORDS)):
                assert await device.say(each) == ACK
    assert [event["type"] for event in await events(path)] == ["lab.result.v1"]


@pytest.mark.slow
async def test_killed_in_an_answer_the_orders_are_there_for_the_next_query(tmp_path: Path) -> None:
    path, port = tmp_path / "spool.db", free_port()
    order = Order("o-1", "DN0812-0007", ("COV2",))
    query = [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", b"Q|1|ALL||||||||||O@N\r", b"L|1|N\r"]
    async with opened(path) as spool:
        await spool.orders.place([Placing(order, "bv", "", "lis")], now_ms())
    async with edge(path, port):
        device = await dialled(port)
        assert await device.deliver(query) == ACK * 4
        assert await device.reader.readexactly(1) == ENQ
        device.writer.write(ACK)
        assert b"DN0812-0007" in await device.reader.readuntil(b"\r\n")
    async with opened(path) as spool:
        assert await spool.orders.to_measure("bv", "xpert-1", None) == [order]
    async with edge(path, port):
        device, told = await dialled(port), b"DN0812-0007"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while b"DN0812-0007" in told:  # until it is noted that the device has it
                assert await device.deliver(query) == ACK * 4
                told = await device.receive()
    async with opened(path) as spool:
        assert await spool.orders.to_measure("bv", "xpert-1", None) == []
        assert await spool.orders.to_measure("bv", "xpert-1", "DN0812-0007") == [order]


async def test_a_full_spool_keeps_the_device_waiting(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        made = adapter(outlet_on(spool))
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            device = await Device.dial(made.config.port)
            spool.books.full = True
            assert await device.say(ENQ) == NAK
            spool.books.full = False
            assert await device.say(ENQ) == ACK
            assert await device.say(frames(RECORDS)[0]) == ACK
            spool.books.full = True
            assert await device.say(frames(RECORDS)[1]) == NAK
            spool.books.full = False
            for each in frames(RECORDS)[1:]:
                assert await device.say(each) == ACK
        assert len(await every_row(spool)) == 1
        assert await spool.unfinished("xpert-1") == {}


async def test_a_session_sent_again_on_a_real_spool_is_one_event(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        made = adapter(outlet_on(spool))
        async with asyncio.timeout(PATIENCE_SECONDS), running(made):
            device = await Device.dial(made.config.port)
            for _ in range(3):
                assert await device.deliver(RECORDS) == ACK * 8
        assert len(await every_row(spool)) == 1
