"""HTTP/1.1 as receivers speak it, and as hostile ones do: every answer is bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from hub.feeds.answers import answer_of
from hub.feeds.http_line import MOST_BODY_BYTES, BrokenAnswer, HttpLine


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[HttpLine, list[int]]]:
    """One answer for each request, in their order; how many requests each connection brought."""
    left, brought = list(answers), list[int]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        brought.append(0)
        at = len(brought) - 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(2)
                brought[at] += 1
                writer.write(answer := left.pop(0))
                await writer.drain()
                if b"close" in answer or b"Content-Length" not in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line = HttpLine(urlsplit(f"http://127.0.0.1:{port}/a"), private=True, seconds=5)
    try:
        yield line, brought
    finally:
        await line.close()
        server.close()
        await server.wait_closed()


async def asked(line: HttpLine) -> tuple[int, bytes]:
    answer = await line.request("POST", "/a", {"X": "y"}, b"{}")
    return answer.status, answer.body


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_connections_are_kept_and_made_anew() -> None:
    closing = b"HTTP/1.1 204 No Content\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with answering(OK, OK, closing, OK) as (line, brought):
        assert [await asked(line) for _ in range(4)] == [(200, b"ok"), (200, b"ok"), (204, b""), (200, b"ok")]
        assert brought == [3, 1]


async def test_chunks_early_hints_and_until_the_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: Content-Length\r\n\r\n"
    chunked = head + b"2;a=b\r\nab\r\n1\r\nc\r\n0\r\nT: x\r\n\r\n"
    hinted = b"HTTP/1.1 103 Early\r\n\r\n" + OK
    async with answering(chunked, hinted, b"HTTP/1.0 200 OK\r\n\r\nall of it") as (line, _):
        assert [await asked(line) for _ in range(3)] == [(200, b"abc"), (200, b"ok"), (200, b"all of it")]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 2x0 a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST_BODY_BYTES + 10),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000,
        b"HTTP/1.1 100 a\r\n\r\n" * 6,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab close",
        b"",
    ],
)
async def test_what_is_no_answer_or_has_no_end(answer: bytes) -> None:
    async with answering(answer or b"close") as (line, _):
        try:
            status, body = await asked(line)
        except BrokenAnswer:
            return
        assert len(body) <= MOST_BODY_BYTES
        assert body == b"ab cl", status  # it had what it promised


async def test_no_header_is_smuggled() -> None:
    line = HttpLine(urlsplit("http://127.0.0.1:1/"), private=True, seconds=1)
    with pytest.raises((BrokenAnswer, OSError)):
        await line.request("POST", "/", {"X": "a\r\nY: b"}, b"")


def test_what_a_status_means() -> None:
    outcomes = {status: answer_of(status, "7").outcome for status in (200, 204, 302, 400, 401, 404, 410, 422)}
    assert list(outcomes.values()) == ["taken", "taken", "dead", "dead", "dead", "dead", "gone", "dead"]
    assert {answer_of(status).outcome for status in (408, 409, 425, 429, 500, 503)} == {"again"}
    assert answer_of(503, "7").retry_after_s == 7
    assert answer_of(503, "Wed, 21 Oct 2015 07:28:00 GMT").retry_after_s is None
