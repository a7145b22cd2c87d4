"""One TCP connection as bytes: nothing is lost between a chunk and who reads it, and the peer has to wait."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.streams.socket_line import MOST_UNREAD_BYTES, SocketLine

LIMIT_SECONDS = 60
MUCH = bytes(range(256)) * 40_000


@asynccontextmanager
async def both_ends() -> AsyncIterator[tuple[SocketLine, SocketLine]]:
    loop = asyncio.get_running_loop()
    lines = []
    for end in socket.socketpair():
        _, line = await loop.create_connection(lambda: SocketLine(lambda _: None), sock=end)
        lines.append(line)
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            yield lines[0], lines[1]
    finally:
        for line in lines:
            line.close()
            await line.wait_closed()


async def read_all(line: SocketLine, count: int) -> bytes:
    found = bytearray()
    while more := await line.read(count):
        assert len(more) <= count
        found += more
    return bytes(found)


@given(chunks=st.lists(st.binary(min_size=1, max_size=50)), count=st.integers(1, 60))
def test_any_chunks_are_read_in_their_order_whatever_is_asked_for(chunks: list[bytes], count: int) -> None:
    async def read() -> bytes:
        line = SocketLine(lambda _: None)
        for chunk in chunks:
            line.data_received(chunk)
        line.eof_received()
        return await read_all(line, count)

    assert asyncio.run(read()) == b"".join(chunks)


async def test_a_peer_whose_bytes_nobody_reads_has_to_wait_and_loses_none() -> None:
    async with both_ends() as (ours, theirs):
        theirs.write(MUCH)
        sent = asyncio.ensure_future(theirs.drain())
        first = await ours.read(1)
        while ours._is_reading:  # noqa: ASYNC110 - until the loop has been told to read no more
            await asyncio.sleep(0)
        assert not sent.done()
        assert MOST_UNREAD_BYTES <= ours._unread < len(MUCH) // 4
        rest = asyncio.ensure_future(read_all(ours, 1 << 16))
        await sent
        theirs.close()
        assert first + await rest == MUCH


async def test_what_came_before_a_loss_is_read_before_it_is_raised() -> None:
    line = SocketLine(lambda _: None)
    line.data_received(b"whole")
    line.connection_lost(ConnectionResetError())
    assert await line.read(100) == b"whole"
    with pytest.raises(ConnectionResetError):
        await line.read(100)
    with pytest.raises(ConnectionResetError):
        await line.drain()
    assert isinstance(line.exception(), ConnectionResetError)


async def test_a_reader_that_is_cancelled_as_bytes_come_leaves_them_to_the_next() -> None:
    line = SocketLine(lambda _: None)
    reading = asyncio.create_task(line.read(100))
    await asyncio.sleep(0)
    line.data_received(b"bytes")
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await line.read(100) == b"bytes"


async def test_who_has_sent_all_may_still_read() -> None:
    async with both_ends() as (ours, theirs):
        theirs.write(b"question")
        theirs.transport.write_eof()
        assert await read_all(ours, 100) == b"question"
        ours.write(b"answer")
        assert await theirs.read(100) == b"answer"


async def test_a_writer_that_waits_is_told_of_the_loss() -> None:
    async with both_ends() as (ours, theirs):
        ours.write(MUCH)
        waiting = asyncio.ensure_future(ours.drain())
        await theirs.read(1)
        theirs.transport.abort()
        try:
            await waiting
        except OSError:
            return  # told at once
        assert ours.is_closing()
