"""A line-oriented codec and both ends of a stream, for tests of the transports."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hub.contract import Frame, MalformedFrame
from hub.errors import NotCommitted, StoreUnavailable
from hub.streams import Connection
from hub.streams.socket_line import SocketLine


class LineCodec:
    """A frame is a line; one that begins with ? is malformed; silence completes one that ends with ;"""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame | MalformedFrame]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield MalformedFrame(line, "line.odd") if line.startswith(b"?") else Frame(line)

    def flush(self) -> Iterator[Frame | MalformedFrame]:
        if self._rest.endswith(b";"):
            rest, self._rest = self._rest, b""
            yield Frame(rest)

    def close(self) -> Iterator[Frame | MalformedFrame]:
        rest, self._rest = self._rest, b""
        if rest:
            yield MalformedFrame(rest, "line.cut")

    def reply(self, frame: Frame | MalformedFrame, *, accepted: bool) -> bytes:
        return (b"ok " if accepted else b"no ") + frame.raw + b"\n"

    @property
    def pending(self) -> bool:
        return bool(self._rest)


@dataclass
class Acceptor:
    """Commits to a list; holds, refuses at the call or refuses when awaited, as the test says."""

    taken: list[Frame | MalformedFrame] = field(default_factory=list)
    committed: list[Frame | MalformedFrame] = field(default_factory=list)
    refused_at_once: dict[bytes, NotCommitted] = field(default_factory=dict)
    refused_later: dict[bytes, NotCommitted] = field(default_factory=dict)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.open.set()

    def __call__(self, frame: Frame | MalformedFrame) -> Awaitable[bytes]:
        self.taken.append(frame)
        self.came.put_nowait(frame.raw)
        if isinstance(frame, Frame) and frame.raw in self.refused_at_once:
            raise self.refused_at_once[frame.raw]
        return asyncio.ensure_future(self._commit(frame))

    async def _commit(self, frame: Frame | MalformedFrame) -> bytes:
        await self.open.wait()
        if isinstance(frame, Frame) and frame.raw in self.refused_later:
            raise self.refused_later[frame.raw]
        self.committed.append(frame)
        return LineCodec().reply(frame, accepted=True)

    @property
    def raws(self) -> list[bytes]:
        return [frame.raw for frame in self.committed]


FULL = StoreUnavailable("full")


async def read_line(connection: Connection) -> bytes:
    """Up to its end, or what came before the end of the stream."""
    line = b""
    while not line.endswith(b"\n") and (more := await connection.reader.read(1)):
        line += more
    return line


async def read_exactly(connection: Connection, count: int) -> bytes:
    """So many bytes, or what came before the end of the stream."""
    found = b""
    while len(found) < count and (more := await connection.reader.read(count - len(found))):
        found += more
    return found


async def read_rest(connection: Connection) -> bytes:
    """What comes until the end of the stream."""
    found = b""
    while more := await connection.reader.read(1 << 16):
        found += more
    return found


@asynccontextmanager
async def stream() -> AsyncIterator[tuple[Connection, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Our end as a Connection, and the device's reader and writer."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(lambda: SocketLine(lambda _: None), sock=ours)
    device_reader, device_writer = await asyncio.open_connection(sock=theirs)
    connection = Connection(line, line, "device")
    try:
        yield connection, device_reader, device_writer
    finally:
        device_writer.close()
        await connection.close()
