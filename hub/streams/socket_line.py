"""One TCP connection as bytes to read and to write, for half the work of asyncio's streams."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

MOST_UNREAD_BYTES = 128 * 1024  # then the peer has to wait


class SocketLine(asyncio.Protocol):
    """Reader and writer of one connection; ``made`` is told once it stands.

    What came before a loss is read before the loss is raised.
    """

    def __init__(self, made: "Callable[[SocketLine], None]") -> None:
        loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self._made = made
        self._loop = loop
        self._chunks: deque[bytes] = deque()
        self._unread = 0
        self._waiting: asyncio.Future[None] | None = None
        self._ended = False
        self._error: Exception | None = None
        self._is_reading = True
        self._writable: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = loop.create_future()

    # What its owner calls.

    async def read(self, count: int) -> bytes:
        """At most ``count`` bytes as soon as there are some; b"": the peer sends no more. Raises OSError."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        chunk = self._chunks.popleft()
        if len(chunk) > count:
            self._chunks.appendleft(chunk[count:])
            chunk = chunk[:count]
        self._unread -= len(chunk)
        if not self._is_reading and self._unread < MOST_UNREAD_BYTES:
            self._is_reading = True
            self.transport.resume_reading()
        return chunk

    def exception(self) -> Exception | None:
        """Why the line was lost; None: it stands, or ended in an orderly way."""
        return self._error

    def write(self, data: bytes) -> None:
        """Send, or keep until the peer takes it."""
        self.transport.write(data)

    async def drain(self) -> None:
        """Wait until the peer takes more; raises OSError where the line was lost."""
        if self._error is not None:
            raise self._error
        if self._writable is not None:
            await asyncio.shield(self._writable)

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def close(self) -> None:
        self.transport.close()

    async def wait_closed(self) -> None:
        await self._closed

    def get_extra_info(self, name: str) -> Any:
        return self.transport.get_extra_info(name)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._made(self)

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._unread += len(data)
        if self._unread > MOST_UNREAD_BYTES and self._is_reading:
            self._is_reading = False
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """The peer sends no more, and may still read."""
        self._ended = True
        self._wake()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._error = error
        self._wake()
        self.resume_writing()
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
