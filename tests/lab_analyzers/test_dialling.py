"""A device that waits to be dialled: results by the line we open, and a device that is away."""

import asyncio

import pytest

from hub.errors import DeviceUnavailable
from tests.conformance.adapter_contract import PATIENCE_SECONDS
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import adapter, framed, msa, oru, read_answer
from tests.ports import free_port


async def test_results_come_by_the_line_that_we_dialled() -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(oru("M7")))
        answers.put_nowait(await read_answer(reader))
        writer.close()

    server = await asyncio.start_server(device, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outlet = MemoryOutlet()
    async with asyncio.timeout(PATIENCE_SECONDS), server:
        with pytest.raises(DeviceUnavailable, match="closed by the device"):
            await adapter(outlet, role="dial", port=port).run()
    assert msa(answers.get_nowait()) == ("AA", "M7")
    assert len(outlet.facts) == 1
    assert outlet.states == [("ONLINE", "")]


async def test_a_device_that_is_away_is_unavailable() -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(DeviceUnavailable):
            await adapter(MemoryOutlet(), role="dial", port=free_port()).run()


def test_a_line_that_we_dial_needs_no_list_of_peers() -> None:
    assert adapter(MemoryOutlet(), role="dial", host="10.9.8.7").config.host == "10.9.8.7"
    with pytest.raises(ValueError, match="peers"):
        adapter(MemoryOutlet(), host="10.9.8.7")
