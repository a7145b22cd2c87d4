"""One connection through the proxy: two ways, each a reader and a writer with a short queue between them."""

import asyncio
import socket
import struct
from typing import NamedTuple

from hub.chaos.faults import End, Way
from hub.chaos.line import Line

CHUNK_BYTES = 64 * 1024
QUEUED_CHUNKS = 16  # a megabyte a way: what a slow line holds; more waits with its sender
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST


class Chunk(NamedTuple):
    """What was read, and when it comes out; empty at the end of the stream."""

    at: float
    data: bytes


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Tunnel:
    """``run`` ends when both ways have ended, or at ``end``."""

    def __init__(self, line: Line, client: Stream, server: Stream) -> None:
        self.line = line
        self._streams = (client, server)
        self._sent_up = 0
        self._open: set[Way] = {"up", "down"}
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def end(self, how: End) -> None:
        if not self._ended.done():
            self._ended.set_result(how)

    async def run(self) -> None:
        (from_client, to_client), (from_server, to_server) = self._streams
        tasks = [
            *self._carry("up", from_client, to_server),
            *self._carry("down", from_server, to_client),
            asyncio.create_task(self._live()),
        ]
        how: End = "close"
        try:
            how = await self._ended
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for _, writer in self._streams:
                finish(writer, how)

    def _carry(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> list[asyncio.Task[None]]:
        queue: asyncio.Queue[Chunk] = asyncio.Queue(QUEUED_CHUNKS)
        return [
            asyncio.create_task(self._read(way, reader, queue)),
            asyncio.create_task(self._write(way, writer, queue)),
        ]

    async def _live(self) -> None:
        """A connection of a line with a lifetime is reset after half of it to one and a half."""
        while True:
            lifetime_ms = self.line.faults.lifetime_ms
            changed = asyncio.ensure_future(self.line.changed())
            seconds = lifetime_ms / 1000 * (0.5 + self.line.random.random()) if lifetime_ms else None
            done, _ = await asyncio.wait([changed], timeout=seconds)
            changed.cancel()
            if not done:
                self._fault("reset")
                return

    async def _read(self, way: Way, reader: asyncio.StreamReader, queue: asyncio.Queue[Chunk]) -> None:
        try:
            while data := await reader.read(CHUNK_BYTES):
                await queue.put(Chunk(self.line.arrival(way), data))
        except OSError:  # reset by its side: so is the other one, once the line lets it through
            await self.line.released(way)
            self.end("reset")
            return
        await queue.put(Chunk(self.line.arrival(way), b""))

    async def _write(self, way: Way, writer: asyncio.StreamWriter, queue: asyncio.Queue[Chunk]) -> None:
        missed = False
        try:
            while (chunk := await queue.get()).data:
                await self.line.due(chunk.at)
                missed = await self._deliver(way, writer, chunk.data, missed=missed)
            await self.line.due(chunk.at)
            await self.line.released(way)
            self._finish(way, writer, missed=missed)
        except OSError:
            self.end("reset")

    async def _deliver(self, way: Way, writer: asyncio.StreamWriter, data: bytes, *, missed: bool) -> bool:
        """Write ``data`` as the line lets it through; True when the other side has missed bytes."""
        while data and not self._ended.done():
            await self.line.released(way)
            if self.line.faults.swallows(way, self._sent_up):
                return True
            if missed:
                self._fault("reset")  # a stream with a hole in it would be no fault of any line
                return True
            piece, data = self._cut(way, data)
            await self.line.carried(way, len(piece))
            writer.write(piece)
            await writer.drain()
            self._count(way, len(piece))
        return missed

    def _cut(self, way: Way, data: bytes) -> tuple[bytes, bytes]:
        size = self.line.piece(way, len(data))
        limit = self.line.faults.allowance(self._sent_up) if way == "up" else None
        if limit:
            size = min(size, limit[0])
        return data[:size], data[size:]

    def _count(self, way: Way, size: int) -> None:
        self.line.counters.bytes[way] += size
        if way == "up":
            self._sent_up += size
            limit = self.line.faults.allowance(self._sent_up)
            if limit and limit[0] == 0:
                self._fault(limit[1])

    def _finish(self, way: Way, writer: asyncio.StreamWriter, *, missed: bool) -> None:
        self._open.discard(way)
        if missed:
            self._fault("reset")
        elif self._open and writer.can_write_eof():
            writer.write_eof()
        else:
            self.end("close")

    def _fault(self, how: End) -> None:
        if not self._ended.done():
            self.line.counters.ended += 1
        self.end(how)


def finish(writer: asyncio.StreamWriter, how: End) -> None:
    """End a connection: in good order, or with RST and whatever it had not sent yet thrown away."""
    if how == "close":
        writer.close()
        return
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
