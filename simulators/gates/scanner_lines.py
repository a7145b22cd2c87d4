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

UNSURE_SECONDS = 3.0  # so long a code may have lain in a buffer of a hub that died
MOST_UNSURE = 4096
TAKEN_SECONDS = 10.0  # so long a hub may take to read what is left and hang up
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
    """``name`` is shown to people; ``open`` gives its streams and raises OSError while nobody is there.

    ``lives`` changes whenever the line goes down or comes back. ``hangs_up``: an end of it can be told.
    """

    name: str
    open: Opens
    framing: Framing
    rng: random.Random = field(default_factory=random.Random)
    notice: Notice = lambda text: None
    hangs_up: bool = True
    counts: LineCounts = field(default_factory=LineCounts)
    lives: int = 0
    _writer: asyncio.StreamWriter | None = None
    _watch: asyncio.Task[bool] | None = None
    _unsure: deque[tuple[float, bytes]] = field(default_factory=lambda: deque(maxlen=MOST_UNSURE))
    _attempt: int = 0
    _down_at: float = 0.0

    async def reach(self) -> None:
        """As a scanner that is switched on: returns once somebody is there."""
        await self._send(None)

    async def show(self, code: bytes) -> None:
        """Returns when the bytes are on their way; waits while nobody is there."""
        self.counts.shown += 1
        self._unsure.append((monotonic(), code))
        await self._send(code)

    async def taken(self) -> None:
        """Until the other side has read everything; where it went away instead, who is unsure shows again."""
        while not await self._read_to_the_end():
            await self._send(None)

    async def close(self) -> None:
        """What is still on its way may be lost."""
        if self._watch is not None:
            self._watch.cancel()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._writer = None

    async def _read_to_the_end(self) -> bool:
        """Whether a hub that hears our end hangs up as well, and not because it dies."""
        if self._writer is None or self._watch is None or not self.hangs_up:
            return True
        if self._watch.done():
            return not self._unsure
        with contextlib.suppress(OSError):
            self._writer.write_eof()
        await asyncio.wait((self._watch,), timeout=TAKEN_SECONDS)
        return not self._watch.done() or self._watch.result()

    async def _send(self, code: bytes | None) -> None:
        while not await self._write(code):  # noqa: ASYNC110 - whether somebody is there is tried
            await asyncio.sleep(self._pause())

    async def _write(self, code: bytes | None) -> bool:
        """Whether the line took it; on a new one everybody who is unsure comes, with this one."""
        try:
            if self._writer is not None and not self._writer.is_closing():
                await self._put(code or b"")
                return True
            await self._connect()
            again = self._still_unsure()
            self.counts.again += max(0, len(again) - (code is not None))
            for each in again:
                await self._put(each)
        except OSError as error:
            self._lost(error)
            return False
        return True

    async def _put(self, code: bytes) -> None:
        assert self._writer is not None
        if not code:
            return
        whole = self.framing.wrapped(code)
        for piece in (whole,) if self.framing.silent else dribbled(self.rng, whole):
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

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """A hub says nothing to a scanner; its end is noticed here. False: the line broke."""
        try:
            while await reader.read(4096):
                pass
        except OSError:
            return False
        finally:
            self.lives += 1
            self._down_at = monotonic()
            writer.close()
        return True

    def _lost(self, error: OSError) -> None:
        if not self._attempt:
            self.notice(f"nobody at {self.name} ({type(error).__name__}), will try again")
        self._attempt += 1
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _still_unsure(self) -> list[bytes]:
        """Since shortly before the line went down; the newest at least: it was never sent."""
        since = self._down_at - UNSURE_SECONDS
        found = [code for at, code in self._unsure if at >= since] or [code for _, code in self._unsure][-1:]
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
