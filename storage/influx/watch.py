"""Whether a server was one process all the while: what it answered is on its disk half a minute later.

A connection ends with its process, so one that stays open and answers shows that it was not restarted.
It says so of whoever it ends at: behind a proxy only pings that the proxy cannot pass on tell of the server.
"""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from ssl import SSLContext
from time import monotonic
from urllib.parse import urlsplit

from hub.errors import ConfigError
from storage.influx.server import ServerAddress

PING_SECONDS = 5.0
# A ping takes no longer, nor a new connection where the last one's end was announced, or the server may have
# restarted. With PING_SECONDS far below the half minute after which an answer counts.
ANSWER_SECONDS = 10.0
RECONNECT_SECONDS = 1.0
LONGEST_HEAD = 16_384
# A proxy's words that nobody is behind it; 503 is also what a server says that has much to do.
NOBODY_BEHIND = frozenset({502, 504})
_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})\b")
_CLOSES = re.compile(rb"^connection:[^\r]*\bclose\b", re.IGNORECASE | re.MULTILINE)
_KEEPS = re.compile(rb"^connection:[^\r]*\bkeep-alive\b", re.IGNORECASE | re.MULTILINE)
_IDLE = re.compile(rb"^keep-alive:[^\r]*\btimeout=(\d{1,6})\b", re.IGNORECASE | re.MULTILINE)


class RestartWatch:
    """One connection that is kept open and pinged: if it ends unannounced, the server may have restarted.

    All instants are ``clock``'s, in seconds.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        ping_seconds: float = PING_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.address = address
        self.ping_seconds = ping_seconds
        self.clock = clock
        self.breaks = 0  # how often it may have restarted
        self.since: float | None = None  # since when it is the same process; None: nobody answers
        self.seen_at: float | None = None  # when that process last answered

    async def run(self) -> None:
        """Watch until cancelled, and connect again by itself.

        Whom it trusts is read each time: without its ``ca_file`` nobody answers, and nothing ends.
        """
        while True:
            with suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError, ConfigError):
                await self._watch(self.address.tls())
            if self.since is not None:
                self.breaks += 1
            self.since = self.seen_at = None
            await asyncio.sleep(min(RECONNECT_SECONDS, self.ping_seconds))

    async def _watch(self, tls: SSLContext | None) -> None:
        """Until something says that the server may have restarted, whatever it raises then."""
        connection = await _connect(self.address, tls, ANSWER_SECONDS)
        connected = self.clock()
        try:
            while True:
                asked = self.clock()
                stays = await connection.ping()
                self.since = connected if self.since is None else self.since
                self.seen_at = asked
                idle_seconds = connection.idle_seconds
                if not stays:
                    connection.close()
                    connection = await _connect(self.address, tls, RECONNECT_SECONDS)
                await connection.quiet(min(self.ping_seconds, idle_seconds / 2))
        finally:
            connection.close()


class _Connection:
    """``idle_seconds``: how long the server keeps it without a request, as far as it says."""

    def __init__(self, address: ServerAddress, reader: StreamReader, writer: StreamWriter) -> None:
        self.idle_seconds = float("inf")
        self._reader = reader
        self._writer = writer
        host = urlsplit(address.url).netloc
        self._ping = (
            f"HEAD {address.path}/ping HTTP/1.1\r\nHost: {host}\r\nUser-Agent: epihub\r\n\r\n".encode()
        )

    async def ping(self) -> bool:
        """Whether the connection stays open; raises what says that nobody is there."""
        async with asyncio.timeout(ANSWER_SECONDS):
            self._writer.write(self._ping)
            while True:  # HEAD: an answer is its head
                head = await self._reader.readuntil(b"\r\n\r\n")
                if (status := _status(head)) >= 200:
                    break
        if status in NOBODY_BEHIND:
            raise ConnectionError
        if told := _IDLE.search(head):
            self.idle_seconds = max(1.0, float(told[1]))
        return not _CLOSES.search(head) and (head.startswith(b"HTTP/1.1") or bool(_KEEPS.search(head)))

    async def quiet(self, seconds: float) -> None:
        """Return after so many; raises ConnectionError when it is closed before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._reader.read(1)
                raise ConnectionError  # its end, or an answer that nobody asked for

    def close(self) -> None:
        self._writer.transport.abort()


async def _connect(address: ServerAddress, tls: SSLContext | None, seconds: float) -> _Connection:
    async with asyncio.timeout(seconds):
        opened = await asyncio.open_connection(address.host, address.port, ssl=tls, limit=LONGEST_HEAD)
    return _Connection(address, *opened)


def _status(head: bytes) -> int:
    found = _STATUS.match(head)
    if found is None:
        raise ValueError("not HTTP")
    return int(found[2])
