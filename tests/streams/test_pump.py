"""The pump: bytes in, frames out, each reply after its commit and in the order of the frames."""

import asyncio
import errno
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.contract import Frame, MalformedFrame
from hub.errors import EventTooLarge
from hub.streams import pump
from hub.streams.pump import PIPELINED_FRAMES
from hub.streams.socket_line import SocketLine
from tests.streams.lines import FULL, Acceptor, LineCodec, stream


async def talk(
    chunks: Sequence[bytes], accept: Acceptor, *, idle_seconds: float = 0.2, frame_seconds: float = 60
) -> bytes:
    """Send, close the device's sending side, and give what came back until our side closed."""
    async with stream() as (connection, reader, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(
            pump(connection, LineCodec(), accept, idle_seconds=idle_seconds, frame_seconds=frame_seconds)
        )
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        await pumping
        await connection.close()
        return await reader.read()


lines = st.lists(st.binary(max_size=5).map(lambda raw: raw.replace(b"\n", b"")), max_size=8)


@given(lines, st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_cut_gives_the_same_frames_and_replies(raws: list[bytes], cuts: list[int]) -> None:
    data = b"".join(raw + b"\n" for raw in raws)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[begin:end] for begin, end in pairwise(places)]

    async def cut() -> tuple[list[bytes], bytes]:
        accept = Acceptor()
        answer = await talk([chunk for chunk in chunks if chunk], accept)
        return accept.raws, answer

    assert asyncio.run(cut()) == (raws, b"".join(b"ok " + raw + b"\n" for raw in raws))


async def test_no_reply_leaves_before_its_commit() -> None:
    accept = Acceptor()
    accept.open.clear()
    async with stream() as (connection, reader, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(pump(connection, LineCodec(), accept))
        writer.write(b"a\nb\n")
        assert [await accept.came.get(), await accept.came.get()] == [b"a", b"b"], "both are queued at once"
        reply = asyncio.ensure_future(reader.readline())
        await asyncio.sleep(0)
        assert not reply.done()
        accept.open.set()
        assert (await reply, await reader.readline()) == (b"ok a\n", b"ok b\n")
        writer.close()
        await pumping


async def test_more_frames_than_may_wait_at_once_keep_their_order() -> None:
    raws = [b"%d" % number for number in range(3 * PIPELINED_FRAMES + 5)]
    accept = Acceptor()
    answer = await talk([b"\n".join(raws) + b"\n"], accept)
    assert accept.raws == raws
    assert answer == b"".join(b"ok " + raw + b"\n" for raw in raws)


async def test_commits_that_wait_are_bounded() -> None:
    accept = Acceptor()
    accept.open.clear()
    async with stream() as (connection, _, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(pump(connection, LineCodec(), accept))
        writer.write(b"x\n" * 500)
        for _ in range(PIPELINED_FRAMES):
            await accept.came.get()
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(accept.taken) == PIPELINED_FRAMES
        pumping.cancel()


@pytest.mark.parametrize("at_once", [True, False])
async def test_frame_that_is_not_committed_gets_a_negative_reply_and_the_line_goes_on(at_once: bool) -> None:
    accept = Acceptor()
    refused = accept.refused_at_once if at_once else accept.refused_later
    refused[b"b"] = FULL
    assert await talk([b"a\nb\nc\n"], accept) == b"ok a\nno b\nok c\n"
    assert accept.raws == [b"a", b"c"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_frame_too_large_for_the_bus_is_quarantined(at_once: bool) -> None:
    accept = Acceptor()
    refused = accept.refused_at_once if at_once else accept.refused_later
    refused[b"b"] = EventTooLarge("an event is over 256 KiB")
    assert await talk([b"a\nb\nc\n"], accept) == b"ok a\nok b\nok c\n"
    assert MalformedFrame(b"b", "event.too_large") in accept.committed


async def test_frame_too_large_that_cannot_be_kept_either_gets_a_negative_reply() -> None:
    class Full(Acceptor):
        def __call__(self, frame: Frame | MalformedFrame) -> object:  # type: ignore[override]
            if isinstance(frame, MalformedFrame):
                raise FULL
            raise EventTooLarge("an event is over 256 KiB")

    assert await talk([b"a\nb\n"], Full()) == b"no a\nno b\n"


async def test_malformed_frames_are_accepted_too() -> None:
    accept = Acceptor()
    assert await talk([b"?x\ny\n"], accept) == b"ok ?x\nok y\n"
    assert accept.committed == [MalformedFrame(b"?x", "line.odd"), Frame(b"y")]


async def test_end_of_the_stream_gives_every_byte_that_is_left() -> None:
    accept = Acceptor()
    assert await talk([b"a\nhalf"], accept) == b"ok a\nok half\n"
    assert accept.committed[1] == MalformedFrame(b"half", "line.cut")


async def test_silence_completes_what_it_completes() -> None:
    accept = Acceptor()
    async with stream() as (connection, reader, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(pump(connection, LineCodec(), accept, idle_seconds=0.01))
        writer.write(b"weight 12;")
        assert await reader.readline() == b"ok weight 12;\n"
        writer.write(b"half")
        writer.write_eof()
        assert await reader.readline() == b"ok half\n"
        await pumping
    assert accept.committed == [Frame(b"weight 12;"), MalformedFrame(b"half", "line.cut")]


async def test_frame_that_takes_too_long_is_kept_and_ends_the_line() -> None:
    accept = Acceptor()
    async with stream() as (connection, _, writer), asyncio.timeout(60):
        writer.write(b"a\nnever whole")
        await pump(connection, LineCodec(), accept, idle_seconds=0.01, frame_seconds=0.05)
    assert accept.committed == [Frame(b"a"), MalformedFrame(b"never whole", "line.cut")]


async def test_drops_that_keep_coming_do_not_make_it_longer() -> None:
    accept = Acceptor()
    async with stream() as (connection, _, writer), asyncio.timeout(60):

        async def drip() -> None:
            while True:
                writer.write(b".")
                await asyncio.sleep(0.005)

        dripping = asyncio.create_task(drip())
        await pump(connection, LineCodec(), accept, idle_seconds=0.01, frame_seconds=0.1)
        dripping.cancel()
    assert len(accept.committed) == 1


async def test_line_that_says_nothing_may_be_silent_for_ever() -> None:
    accept = Acceptor()
    async with stream() as (connection, reader, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(
            pump(connection, LineCodec(), accept, idle_seconds=0.001, frame_seconds=0.001)
        )
        done, _ = await asyncio.wait([pumping], timeout=0.05)
        assert not done
        writer.write(b"a\n")
        assert await reader.readline() == b"ok a\n"
        writer.close()
        await pumping


@pytest.mark.parametrize("code", [errno.EIO, errno.ETIMEDOUT, errno.ECONNRESET])
@pytest.mark.parametrize("rest", [b"", b"half"])
async def test_line_that_breaks_ends_the_pump_and_keeps_the_bytes(code: int, rest: bytes) -> None:
    """A USB adapter that is pulled gives EIO, a cable that is pulled ETIMEDOUT."""
    accept = Acceptor()
    async with stream() as (connection, _, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(pump(connection, LineCodec(), accept, idle_seconds=60))
        writer.write(b"a\n" + rest)
        await accept.came.get()
        cast(SocketLine, connection.reader).connection_lost(OSError(code, "line"))
        await pumping
    assert accept.raws == ([b"a", rest] if rest else [b"a"])


async def test_peer_that_vanished_gets_no_reply_and_its_frames_are_kept() -> None:
    accept = Acceptor()
    accept.open.clear()
    async with stream() as (connection, _, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(pump(connection, LineCodec(), accept))
        writer.write(b"a\nb\n")
        await accept.came.get()
        writer.transport.abort()
        accept.open.set()
        await pumping
    assert accept.raws == [b"a", b"b"]


@pytest.mark.slow
async def test_peer_that_does_not_read_holds_nobody_up_at_the_end() -> None:
    accept = Acceptor()
    async with stream() as (connection, _, writer), asyncio.timeout(60):
        pumping = asyncio.create_task(pump(connection, LineCodec(), accept))
        writer.write((b"x" * 60_000 + b"\n") * 50)
        async with asyncio.timeout(60):
            while connection.writer.transport.get_write_buffer_size() == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        pumping.cancel()
        async with asyncio.timeout(1):
            await asyncio.wait([pumping])
            await connection.close()
