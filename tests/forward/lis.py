"""A LIS over MLLP that takes messages and misbehaves as told; shares no code with the sender."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
Fault = str
"""AA, AE, AR, CA, then-AA, foreign, half, silent, close, late, noise, bare, twice."""


def control_of(message: bytes) -> bytes:
    return message.split(b"\r", 1)[0].split(b"|")[9]


def answer(code: str, control: bytes) -> bytes:
    return (
        VT + b"MSH|^~\\&|LIS||||20210805||ACK|1|P|2.5.1\rMSA|" + code.encode() + b"|" + control + CR + FS + CR
    )


@dataclass
class Lis:
    """``faults``: what the next messages meet, in order; then AA. ``taken``: all that came, repeats too.

    ``to_query``: what the next host queries are told, without framing; b"": nothing, None: the line
    is closed. ``asked``: they.
    """

    faults: list[Fault] = field(default_factory=list)
    to_query: list[bytes | None] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while True:
                block = await reader.readuntil(FS + CR)
                assert block.startswith(VT)
                await self._take(block[1:-2], writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def say(self, message: bytes) -> None:
        """Something that nobody asked for, on the newest line."""
        self._writers[-1].write(VT + message + FS + CR)

    async def _take(self, message: bytes, writer: asyncio.StreamWriter) -> None:
        if b"\rQPD|" in message:
            self.asked.append(message)
            told = self.to_query.pop(0)
            if told:
                writer.write(VT + told + FS + CR)
            if told is None:
                writer.close()
            async with self._changed:
                self._changed.notify_all()
            return
        fault = self.faults.pop(0) if self.faults else "AA"
        self.taken.append(message)
        control = control_of(message)
        if fault in ("AA", "then-AA", "noise", "bare", "twice"):
            self.accepted.append(message)
        async with self._changed:
            self._changed.notify_all()
        for part in self._parts(fault, control):
            writer.write(part)
            await writer.drain()
        if fault == "close":
            writer.close()

    @staticmethod
    def _parts(fault: Fault, control: bytes) -> list[bytes]:
        match fault:
            case "AA" | "AE" | "AR" | "CA":
                return [answer(fault, control)]
            case "then-AA":
                return [answer("CA", control), answer("AA", control)]
            case "foreign":
                return [answer("AA", b"another")]
            case "half":
                return [answer("AA", control)[:-9]]
            case "noise":
                return [b"hello\r\n", answer("AA", control)]
            case "bare":
                return [VT + b"MSA|AA|" + control + FS]
            case "twice":
                return [answer("AA", control), answer("AA", control)]
        return []


@asynccontextmanager
async def running(*faults: Fault) -> AsyncIterator[Lis]:
    lis = Lis(list(faults))
    await lis.start()
    try:
        yield lis
    finally:
        await lis.stop()
