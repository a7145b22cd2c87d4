"""Calls to other servers: verified, bounded in size and time, and out of nobody's way."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hub.notify.channels.opening import sender_of
from hub.notify.channels.parcel import DELIVERED, Delivery, Parcel
from hub.notify.channels.webhook import Webhook
from hub.notify.settings import Channel, ChannelKind
from hub.notify.wording import Text
from hub.streams.blocking_calls import BlockingCalls
from tests.broker.certificates import Authority
from tests.notify.gateway import gateway
from tests.notify.local_server import server_tls

PARCEL = Parcel("1", "u-an", "", "7F3K", Text("a", "b", "c"))
HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
_MOVED = b"HTTP/1.1 307 x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def server(
    body: Callable[[int], bytes], tls: ssl.SSLContext | None = None, head: bytes = HEAD
) -> AsyncIterator[str]:
    """Answers with pieces of a body, until one is empty or the other side hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            pieces = 0
            while piece := body(pieces):
                writer.write(piece)
                await writer.drain()
                pieces += 1
                await asyncio.sleep(0)
        writer.close()

    served = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = served.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/"
    finally:
        served.close()


def webhook(url: str, seconds: float = 60, ca_file: Path | None = None) -> Webhook:
    return Webhook(Channel("w", "webhook", url=url, timeout_seconds=seconds, ca_file=str(ca_file or "")))


async def test_a_certificate_is_verified_by_the_authority_that_is_named(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    async with server(lambda piece: b"", server_tls(ours.issue(["127.0.0.1"]))) as url:
        assert await webhook(url, ca_file=ours.certificate).send(PARCEL) == DELIVERED
        for trusted in (None, other.certificate):
            assert await webhook(url, ca_file=trusted).send(PARCEL) == Delivery("again", "no_answer")


@pytest.mark.parametrize("kind", ["webhook", "apprise", "telegram"])
async def test_a_redirect_is_not_followed(kind: ChannelKind) -> None:
    async with gateway() as elsewhere:
        async with server(lambda piece: b"", head=_MOVED % elsewhere.url.encode()) as url:
            address = url.replace("http:", "json:") if kind == "apprise" else url
            channel = Channel("c", kind, url=address, base_url=url, token="1:secret", timeout_seconds=60)
            told = Parcel("1", "u-an", "5551234", "7F3K", Text("a", "b", "c"))
            assert (await sender_of(channel).send(told)).outcome != "delivered"
        assert elsewhere.calls == 0


async def test_an_answer_without_end_is_cut() -> None:
    async with server(lambda piece: b"x" * 65_536) as url:
        assert await webhook(url).send(PARCEL) == DELIVERED


async def test_an_answer_that_drips_is_given_up_and_its_thread_ends() -> None:
    async with server(lambda piece: b"x" if piece < 65_000 else b"") as url:
        hook = webhook(url, 0.05)
        assert await hook.send(PARCEL) == Delivery("again", "no_answer")
        async with asyncio.timeout(60):
            while any(each.name == "webhook[w]" for each in threading.enumerate()):
                await asyncio.to_thread(lambda: None)


async def test_calls_that_hang_are_counted_until_they_end() -> None:
    calls, end = BlockingCalls("hangs", 2), threading.Event()
    tries = (calls.call(0.01, end.wait) for _ in range(5))
    assert [type(each) for each in await asyncio.gather(*tries, return_exceptions=True)] == [TimeoutError] * 5
    assert sum(each.name == "hangs" for each in threading.enumerate()) == 2
    end.set()
    async with asyncio.timeout(60):
        while calls._running:
            await asyncio.to_thread(lambda: None)
    assert await calls.call(60, lambda: 7) == 7


async def test_what_a_call_raises_is_raised_where_it_is_awaited() -> None:
    with pytest.raises(ZeroDivisionError):
        await BlockingCalls("fails", 1).call(60, lambda: 1 // 0)
