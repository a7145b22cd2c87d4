"""A port that listens, refuses, or swallows whoever knocks."""

import asyncio
import socket
import ssl
from collections.abc import Callable

_BACKLOG = 512


class Door:
    """``port`` 0: any, and the same one after each ``reopen``."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self.host = host
        self.port = port
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._make: Callable[[], asyncio.Protocol] | None = None
        self._hole: list[socket.socket] = []
        self._opening: asyncio.Task[None] | None = None

    async def open(self, make: Callable[[], asyncio.Protocol]) -> None:
        """Raises OSError."""
        self._make = make
        await self._listen()

    async def _listen(self) -> None:
        assert self._make is not None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._make, self.host, self.port, ssl=self._tls, backlog=_BACKLOG, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self, *, black_hole: bool = False) -> None:
        """Nobody is let in: refused, or (Linux) left without any answer, as behind a dead router."""
        self._fill()
        if self._server is not None:
            self._server.close()
            self._server = None
        if black_hole:
            self._dig()

    def reopen(self) -> None:
        """In a moment; nothing where it is open."""
        if self._server is None:
            self._fill()
            self._opening = asyncio.get_running_loop().create_task(self._listen(), name="door")

    async def opened(self) -> None:
        """After ``reopen``: it listens. Raises OSError."""
        if self._opening is not None:
            await self._opening

    async def close(self) -> None:
        """For good."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        self.shut()

    def _dig(self) -> None:
        """A queue of one that nobody empties: further SYNs are dropped."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.host, self.port))
        listening.listen(0)
        self._hole = [listening]
        for _ in range(2):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex((self.host, self.port))
            self._hole.append(waiting)

    def _fill(self) -> None:
        for each in self._hole:
            each.close()
        self._hole = []
