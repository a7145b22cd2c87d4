"""Lines of scanners that only speak: TCP in both roles, and serial. Nobody tells a scanner what was taken.

Who stood before a scanner when its line went down shows the code again as soon as it is back, as people do.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from simulators.gates.framing import GAP_SECONDS, Framing, dribbled
from simulators.lab.astm_sender import Streams, open_line

UNSURE_SECONDS = 3.0  # so long a code may still lie in a buffer of a hub that dies
MOST_UNSURE = 64
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0
Notice = Callable[[str], None]
Opens = Callable[[], Awaitable[Streams]]


@dataclass(slots=True)
class LineCounts:
    """``again``: shown again or sent again because nobody knew; ``refused``: taken for good by nobody."""

    shown: int = 0
    again: int = 0
    connected: int = 0
    refused: int = 0


def dialled_from(host: str, port: int, address: str) -> Opens:
    """Dials a hub, from this address of ours where one is named."""
    local = (address, 0) if address else None

    async def dial() -> Streams:
        return await asyncio.open_connection(host, port, local_addr=local)

    return dial


def serial_line(end: Path) -> Opens:
    """A serial line, 9600 8N1."""

    async def opened() -> Streams:
        return await open_line(str(end))

    return opened


@dataclass(slots=True)
class ScannerLine:
    """``name`` is shown to people; ``open`` gives its streams and raises OSError while nobody is there."""

    name: str
    open: Opens
    framing: Framing
    rng: random.Random = field(default_factory=random.Random)
    notice: Notice = lambda text: None
    counts: LineCounts = field(default_factory=LineCounts)
    lives: int = 0
    _writer: asyncio.StreamWriter | None = None
    _watch: asyncio.Task[None] | None = None
    _unsure: deque[tuple[float, bytes]] = field(default_factory=lambda: deque(maxlen=MOST_UNSURE))
    _attempt: int = 0

    async def show(self, code: bytes) -> None:
        """Returns when the bytes are on their way; waits while nobody is there."""
        self.counts.shown += 1
        self._unsure.append((monotonic(), code))
        while not await self._write(code):  # noqa: ASYNC110 - whether somebody is there is tried
            await asyncio.sleep(self._pause())

    async def close(self) -> None:
        """Everything that was written reaches the other side before the line goes down."""
        if self._watch is not None:
            self._watch.cancel()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._writer = None

    async def _write(self, code: bytes) -> bool:
        """Whether the line took it; after a loss those that were unsure come first, this one too."""
        try:
            if self._writer is None or self._writer.is_closing():
                await self._connect()
                again = self._still_unsure()
                self.counts.again += len(again) - 1
                for each in again:
                    await self._put(each)
            else:
                await self._put(code)
        except OSError as error:
            self._lost(error)
            return False
        return True

    async def _put(self, code: bytes) -> None:
        assert self._writer is not None
        for piece in dribbled(self.rng, self.framing.wrapped(code)):
            self._writer.write(piece)
            await self._writer.drain()
        if self.framing.silent:
            await asyncio.sleep(GAP_SECONDS)

    async def _connect(self) -> None:
        reader, self._writer = await self.open()
        self.counts.connected += 1
        self._attempt = 0
        self.lives += 1
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.create_task(self._hear(reader, self._writer), name=f"{self.name} hears")
        self.notice(f"connected to {self.name}")

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A hub says nothing to a scanner; its end is noticed here."""
        with contextlib.suppress(OSError):
            while await reader.read(4096):
                pass
        self.lives += 1
        writer.close()

    def _lost(self, error: OSError) -> None:
        if not self._attempt:
            self.notice(f"nobody at {self.name} ({type(error).__name__}), will try again")
        self._attempt += 1
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _still_unsure(self) -> list[bytes]:
        """The newest one at least: it was never sent."""
        since = monotonic() - UNSURE_SECONDS
        found = [code for at, code in self._unsure if at >= since] or [self._unsure[-1][1]]
        return list(dict.fromkeys(found))

    def _pause(self) -> float:
        return min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._attempt, 10), LONGEST_PAUSE_SECONDS)


@dataclass
class WaitingScanner:
    """A scanner that is a TCP server: ``open`` gives the connection of whoever dials it last."""

    host: str
    port: int
    _server: asyncio.Server | None = None
    _came: asyncio.Queue[Streams] = field(default_factory=asyncio.Queue)

    async def open(self) -> Streams:
        """Waits for a hub; raises OSError when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]
        return await self._came.get()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._came.put_nowait((reader, writer))
