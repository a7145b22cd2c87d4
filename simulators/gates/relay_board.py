"""Simulated relays that are reached by HTTP: who opens which gate is counted, and whoever waits is told."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field

MOST_HEAD_BYTES = 8192
OPEN = "open"


@dataclass
class RelayBoard:
    """``/<gate>/open``, by any method; they close by themselves. ``port`` 0: any free one."""

    host: str = "127.0.0.1"
    port: int = 0
    pulses: Counter[str] = field(default_factory=Counter)
    _opened: dict[str, asyncio.Event] = field(default_factory=dict)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=MOST_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def forget(self, gate: str) -> None:
        """From now on a new pulse is waited for."""
        self._event(gate).clear()

    async def opens(self, gate: str, seconds: float) -> bool:
        """Whether the gate opens within this time, or has since ``forget``."""
        try:
            async with asyncio.timeout(seconds):
                await self._event(gate).wait()
        except TimeoutError:
            return False
        return True

    def _event(self, gate: str) -> asyncio.Event:
        return self._opened.setdefault(gate, asyncio.Event())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                self._heard(head.split(b" ", 2)[1].decode("latin-1"))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
                await writer.drain()
        writer.close()

    def _heard(self, path: str) -> None:
        _, _, rest = path.partition("/")
        gate, _, action = rest.partition("/")
        if action == OPEN:
            self.pulses[gate] += 1
            self._event(gate).set()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0
