"""A broker that says exactly what a test tells it to, over a real socket."""

import asyncio
import ssl
from types import TracebackType
from typing import Self

CONNACK = b"\x20\x02\x00\x00"
SESSION_PRESENT = b"\x20\x02\x01\x00"


class Peer:
    """The broker's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def packet(self) -> tuple[int, bytes]:
        """First byte and body of the next packet of the client."""
        first = (await self.reader.readexactly(1))[0]
        length = shift = 0
        while True:
            byte = (await self.reader.readexactly(1))[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return first, await self.reader.readexactly(length)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def vanish(self) -> None:
        self.writer.transport.abort()


class ScriptedBroker:
    """Listens on a free loopback port; ``peer`` gives the connections one after the other."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._all: list[Peer] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for peer in self._all:
            peer.vanish()
        self._server.close()
        await self._server.wait_closed()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self._all.append(peer)
        self._peers.put_nowait(peer)

    async def peer(self, answer: bytes = CONNACK) -> Peer:
        """The next connection, after its CONNECT was answered by ``answer``."""
        peer = await self._peers.get()
        first, _ = await peer.packet()
        assert first == 0x10
        await peer.send(answer)
        return peer
