"""A serial line whose cable is pulled and put back: a pair of pseudo terminals that socat holds."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from adapters.lab_analyzers.astm_serial import AstmSerial, AstmSerialConfig
from hub.errors import DeviceUnavailable
from hub.streams import SerialEndpoint, open_serial
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.astm.device import ACK, ENQ, PATIENCE_SECONDS, Device, frames, records

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed"),
]


@asynccontextmanager
async def cable(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Both ends, until the cable is pulled."""
    ends = (str(folder / "analyzer"), str(folder / "by-id"))
    socat = await asyncio.create_subprocess_exec(
        "socat", "-d", "-d", *(f"pty,raw,echo=0,link={end}" for end in ends), stderr=asyncio.subprocess.PIPE
    )
    try:
        assert socat.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            await socat.stderr.readuntil(b"starting data transfer loop")
        yield ends
    finally:
        with suppress(ProcessLookupError):
            socat.terminate()
        await socat.wait()


async def plugged(path: str) -> Device:
    """The analyzer's end; it asks until somebody answers, as analyzers do."""
    connection = await open_serial(SerialEndpoint(path))
    device = Device(connection.reader, connection.writer)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            device.writer.write(ENQ)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    assert await device.reader.readexactly(1) == ACK
                    return device


async def test_a_cable_that_is_pulled_and_put_back(tmp_path: Path) -> None:
    outlet = MemoryOutlet()
    path = str(tmp_path / "by-id")
    settings = {"id": "x", "site": "bv", "kind": "astm_serial", "path": path, "profile": "genexpert"}
    adapter = AstmSerial(AstmSerialConfig.model_validate(settings), outlet)
    with pytest.raises(DeviceUnavailable, match="cannot be opened"):
        await adapter.run()

    async with cable(tmp_path) as ends:
        running = asyncio.create_task(adapter.run())
        device = await plugged(ends[0])
        for each in frames(records())[:3]:
            assert await device.say(each) == ACK
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(DeviceUnavailable, match="is gone"):
            await running
    device.writer.close()
    assert [kept.reason for kept in outlet.quarantined] == ["astm.line_closed"]
    assert not outlet.facts

    async with cable(tmp_path) as ends:
        running = asyncio.create_task(adapter.run())
        device = await plugged(ends[0])
        assert await device.deliver(records()) == ACK * 8
        running.cancel()
        await asyncio.wait([running])
        device.writer.close()
    assert len(outlet.facts) == 1
    assert outlet.states == [("ONLINE", "")]
