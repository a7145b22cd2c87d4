"""The codec pump: bytes in, frames to the outlet, replies out in the order of the frames.

The one path from a frame to its reply leads through ``accept``, which gives the reply only after
the commit; so no reply can leave before it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from hub.contract import Codec, Frame, MalformedFrame
from hub.errors import EventTooLarge, NotCommitted

READ_BYTES = 64 * 1024
PIPELINED_FRAMES = 64  # frames of one connection that may wait for their commit at once
CLOSE_SECONDS = 0.5  # a peer that does not read what we flush; cancel ends within a second

Accept = Callable[[Frame | MalformedFrame], Awaitable[bytes]]
log = logging.getLogger(__name__)


class ByteReader(Protocol):
    """What asyncio.StreamReader has and we use."""

    async def read(self, n: int, /) -> bytes: ...

    def exception(self) -> Exception | None: ...


class ByteWriter(Protocol):
    """What asyncio.StreamWriter has and we use."""

    @property
    def transport(self) -> asyncio.WriteTransport: ...

    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...

    def is_closing(self) -> bool: ...

    def close(self) -> None: ...

    async def wait_closed(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """One open byte stream, like no other; ``peer`` is an address or a device path."""

    reader: ByteReader
    writer: ByteWriter
    peer: str

    async def close(self) -> None:
        """May be called again; shielded, because the waiter is the stream's own and not ours to cancel."""
        self.writer.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.shield(self.writer.wait_closed())
        except (OSError, TimeoutError):
            self.writer.transport.abort()


def _nothing() -> None:
    """Nobody asked to be told."""


async def pump(
    connection: Connection,
    codec: Codec,
    accept: Accept,
    *,
    idle_seconds: float = 0.2,
    frame_seconds: float = 60,
    resting: Callable[[], None] = _nothing,
) -> None:
    """Feed ``codec`` until the stream ends; a frame not whole after ``frame_seconds`` ends it too.

    ``resting`` is told whenever all that came is answered. ``accept`` queues the commit when called and
    gives the reply when awaited. When it raises
    NotCommitted the codec's negative reply is sent and the stream goes on. The one thing that
    is not answered is a peer that closed before it could be.
    """
    session = _Session(connection, codec, accept, idle_seconds, frame_seconds, resting)
    try:
        await session.run()
    except OSError as error:  # reset, timed out, or a serial adapter that was pulled (EIO)
        log.info("connection lost", extra={"peer": connection.peer, "reason": type(error).__name__})
        session.lost = True
        await session.answer(codec.close())


class _Session:
    def __init__(
        self,
        connection: Connection,
        codec: Codec,
        accept: Accept,
        idle_seconds: float,
        frame_seconds: float,
        resting: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.codec = codec
        self.accept = accept
        self.idle_seconds = idle_seconds
        self.frame_seconds = frame_seconds
        self.resting = resting
        self.frame_began: float | None = None
        self.silent = False
        self.lost = False

    async def run(self) -> None:
        while True:
            chunk = await self._read()
            if chunk is None:
                if await self._fell_silent():
                    return
                continue
            if not chunk:
                await self.answer(self.codec.close())
                return
            self.silent = False
            await self.answer(self.codec.feed(chunk))
            self._watch_frame()

    async def _read(self) -> bytes | None:
        """Bytes, b"" at the end of the stream, None when the line was silent in the middle of a frame."""
        self.resting()
        if not self.codec.pending:
            return await self.connection.reader.read(READ_BYTES)
        patience = self._remaining() if self.silent else min(self.idle_seconds, self._remaining())
        try:
            async with asyncio.timeout(patience) as deadline:
                return await self.connection.reader.read(READ_BYTES)
        except TimeoutError:
            if deadline.expired():
                return None
            raise  # ETIMEDOUT: the line itself is gone

    async def _fell_silent(self) -> bool:
        """Complete what silence completes; True when the frame took too long and the line is given up."""
        if self._remaining() <= 0:
            log.warning("frame took too long", extra={"peer": self.connection.peer})
            await self.answer(self.codec.close())
            return True
        self.silent = True
        await self.answer(self.codec.flush())
        self._watch_frame()
        return False

    def _watch_frame(self) -> None:
        if not self.codec.pending:
            self.frame_began = None
        elif self.frame_began is None:
            self.frame_began = asyncio.get_running_loop().time()

    def _remaining(self) -> float:
        if self.frame_began is None:
            return self.frame_seconds
        return max(0.0, self.frame_began + self.frame_seconds - asyncio.get_running_loop().time())

    async def answer(self, frames: Iterable[Frame | MalformedFrame]) -> None:
        waiting: list[tuple[Frame | MalformedFrame, Awaitable[bytes] | None]] = []
        for frame in frames:
            self.frame_began = None  # the next one's time starts with what is left of this chunk
            waiting.append((frame, self._accept(frame)))
            if len(waiting) == PIPELINED_FRAMES:
                await self._reply(waiting)
                waiting = []
        if waiting:
            await self._reply(waiting)

    def _accept(self, frame: Frame | MalformedFrame) -> Awaitable[bytes] | None:
        try:
            return self._queue(frame)
        except NotCommitted as error:
            log.warning("not committed", extra={"peer": self.connection.peer, "reason": str(error)})
            return None

    def _queue(self, frame: Frame | MalformedFrame) -> Awaitable[bytes]:
        try:
            return self.accept(frame)
        except EventTooLarge:
            return self.accept(_too_large(frame))

    async def _reply(self, waiting: list[tuple[Frame | MalformedFrame, Awaitable[bytes] | None]]) -> None:
        replies = [await self._committed(frame, reply) for frame, reply in waiting]
        if not self.lost and not self.connection.writer.is_closing():
            self.connection.writer.write(b"".join(replies))
            await self.connection.writer.drain()

    async def _committed(self, frame: Frame | MalformedFrame, reply: Awaitable[bytes] | None) -> bytes:
        if reply is None:
            return self.codec.reply(frame, accepted=False)
        try:
            return await reply
        except EventTooLarge:
            return await self._committed(frame, self._accept(_too_large(frame)))
        except NotCommitted as error:
            log.warning("not committed", extra={"peer": self.connection.peer, "reason": str(error)})
            return self.codec.reply(frame, accepted=False)


def _too_large(frame: Frame | MalformedFrame) -> MalformedFrame:
    return MalformedFrame(frame.raw, "event.too_large", control=frame.control, origin=frame.origin)
