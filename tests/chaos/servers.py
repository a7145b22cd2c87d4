"""A server and clients for the proxy, in this process and on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from hub.chaos.faults import Faults, parse
from hub.chaos.line import Line
from hub.chaos.proxy import Address, Proxy

SECONDS = 10.0


class Echo:
    """Sends back what it gets; ``received`` has it, a byte string for each connection."""

    def __init__(self) -> None:
        self.received: list[bytearray] = []
        self.more = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = bytearray()
        self.received.append(mine)
        try:
            while data := await reader.read(65536):
                mine += data
                self.more.set()
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            pass  # reset: what came before is what counts
        finally:
            writer.close()

    async def until(self, count: int) -> None:
        """Until so many bytes have come on the newest connection."""
        async with asyncio.timeout(SECONDS):
            while not self.received or len(self.received[-1]) < count:
                self.more.clear()
                await self.more.wait()


@asynccontextmanager
async def proxied(words: str = "") -> AsyncIterator[tuple[Proxy, Echo]]:
    """A proxy with these faults in front of an echo."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    to = Address(*server.sockets[0].getsockname())
    proxy = Proxy(Line(Random(1), parse(words, Faults()).faults), Address("127.0.0.1", 0), to)
    running = asyncio.create_task(proxy.run())
    try:
        await proxy.listening
        yield proxy, echo
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.close()


async def dial(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*proxy.listening.result())


async def exchange(proxy: Proxy, data: bytes) -> bytes:
    """What comes back for ``data``, to the end of the stream."""
    reader, writer = await dial(proxy)
    async with asyncio.timeout(SECONDS):
        writer.write(data)
        writer.write_eof()
        answer = await reader.read()
    writer.close()
    return answer
