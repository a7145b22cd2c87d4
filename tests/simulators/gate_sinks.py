"""What stands in for a hub where scanners are tried: it hears codes, hangs up when told, answers pushes."""

import asyncio
import json
import re
import socket
import struct
from base64 import b64decode
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_ENDS = re.compile(rb"[\r\n\t\x03]+")
_HEAD = re.compile(rb"\x02?(\](?:Q1))?")


def bare(code: bytes) -> bytes:
    """Without STX and AIM identifier."""
    return _HEAD.sub(b"", code, count=1)


@dataclass
class CodeSink:
    """A listener that dialling scanners find; ``heard`` counts whole codes by where they came from.

    ``dies_after``: so many bytes; what else was on its way is lost, as when a process is killed.
    """

    port: int = 0
    heard: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    dies_after: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def start(self) -> "CodeSink":
        self._server = await asyncio.start_server(self.hear, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        """Nobody listens any more, and who was there is cut off."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def until(self, count: int) -> None:
        """So many codes were heard."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.heard.total() >= count)

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        peer, rest = str(writer.get_extra_info("peername")[0]), b""
        with suppress(OSError):
            while data := await reader.read(self.dies_after or 65536):
                *whole, rest = _ENDS.split(rest + data)
                await self._took(peer, [bare(code) for code in whole if code])
                if self.dies_after:
                    _reset(writer)
        writer.close()

    async def _took(self, peer: str, codes: list[bytes]) -> None:
        async with self.changed:
            self.heard.update((peer, code) for code in codes)
            self.changed.notify_all()


def _reset(writer: asyncio.StreamWriter) -> None:
    """The other side hears a reset, whatever was read."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass
class PushSink:
    """An API for terminals; ``refusals``: so many requests get 503 first, after their body was read."""

    port: int = 0
    refusals: int = 0
    scans: list[tuple[str, bytes, str]] = field(default_factory=list)
    requests: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> "PushSink":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                self.requests += 1
                status = "503 Busy" if self.requests <= self.refusals else "200 OK"
                if status == "200 OK":
                    self._took(head.split(" ", 2)[1], body)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nOK".encode())
                await writer.drain()
        writer.close()

    def _took(self, path: str, body: bytes) -> None:
        if path.startswith("/iclock/"):
            serial = path.partition("SN=")[2].partition("&")[0]
            lines = [line.split("\t") for line in body.decode().splitlines()]
            self.scans += [(serial, pin.encode(), at) for pin, at, *_ in lines]
            return
        said: dict[str, Any] = json.loads(body)
        self.scans.append((path.rpartition("/")[2], b64decode(said["code_base64"]), said["time"]))
