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

from hub.events import number_body
from tests.conformance.adapter_contract import free_port, running
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
@pytest.mark.parametrize("sent", [1, 3, len(RECORDS) - 1])
async def test_killed_between_two_frames_what_was_acknowledged_is_quarantined(
    tmp_path: Path, sent: int
) -> None:
    path, port = tmp_path / "spool.db", free_port()
    async with edge(path, port):
        device = await dialled(port)
        for each in (ENQ, *frames(RECORDS)[:sent]):
            assert await device.say(each) == ACK
    async with opened(path) as spool:
        assert list((await spool.unfinished("xpert-1")).values()) == [b"".join(RECORDS[:sent])]
    async with edge(path, port):
        assert await (await dialled(port)).deliver(RECORDS) == ACK * 8
    async with opened(path) as spool:
        assert await spool.unfinished("xpert-1") == {}
        (entry,) = await spool.quarantine()
        capture = await spool.load_capture(bytes.fromhex(entry.capture))
        assert (entry.reason, capture.contents.raw) == ("astm.unfinished", b"".join(RECORDS[:sent]))
    assert [event["type"] for event in await events(path)] == ["quarantine.v1", "lab.result.v1"]


@pytest.mark.slow
async def test_killed_behind_the_last_acknowledgement_and_sent_again_is_one_event(tmp_path: Path) -> None:
    path, port = tmp_path / "spool.db", free_port()
    for _ in range(2):
        async with edge(path, port):
            device = await dialled(port)
            for each in (ENQ, *frames(RECORDS)):
                assert await device.say(each) == ACK
    assert [event["type"] for event in await events(path)] == ["lab.result.v1"]


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
