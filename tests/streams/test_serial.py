"""A serial line over a pseudo terminal, on both event loops: uvloop once took it for a closed pipe."""

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import pytest
import uvloop

from hub.errors import DeviceUnavailable
from hub.streams import SerialEndpoint, open_serial

Run = Callable[[Awaitable[None]], None]


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    device, ours = os.openpty()
    tty.setraw(device)
    yield device, os.ttyname(ours)
    os.close(ours)
    os.close(device)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.param
    return found


def test_bytes_go_both_ways(line: tuple[int, str], run: Run) -> None:
    device, path = line

    async def talk() -> None:
        connection = await open_serial(SerialEndpoint(path, baud=115200))
        os.write(device, b"\x05")
        async with asyncio.timeout(60):
            assert await connection.reader.read(1) == b"\x05"
        connection.writer.write(b"\x06")
        await connection.writer.drain()
        assert os.read(device, 10) == b"\x06"
        await connection.close()

    run(talk())


def test_a_long_answer_is_sent_whole(line: tuple[int, str], run: Run) -> None:
    device, path = line
    answer = bytes(range(1, 201)) * 500

    async def talk() -> None:
        connection = await open_serial(SerialEndpoint(path))
        connection.writer.write(answer)
        loop = asyncio.get_running_loop()
        received = b""
        async with asyncio.timeout(60):
            while len(received) < len(answer):
                received += await loop.run_in_executor(None, os.read, device, 65536)
        assert received == answer
        await connection.close()

    run(talk())


def test_a_pulled_cable_ends_the_stream(run: Run) -> None:
    device, ours = os.openpty()

    async def talk() -> None:
        connection = await open_serial(SerialEndpoint(os.ttyname(ours)))
        os.close(ours)
        os.close(device)
        async with asyncio.timeout(60):
            with suppress(OSError):  # some kernels say EIO, some say the end
                assert await connection.reader.read(10) == b""
        assert connection.writer.is_closing()
        await connection.close()

    run(talk())


def test_an_absent_line_is_unavailable(run: Run) -> None:
    async def talk() -> None:
        with pytest.raises(DeviceUnavailable, match="cannot be opened"):
            await open_serial(SerialEndpoint("/dev/epihub-no-such-line"))

    run(talk())
