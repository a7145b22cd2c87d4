"""A webhook's receiver that keeps what the oracle verifies: PyPI ``standardwebhooks``, not our own code."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# What it answers to a message: a status, by the id of the event and how often it came before.
Answers = Callable[[dict[str, Any], int], int]


def takes(event: dict[str, Any], before: int) -> int:
    return 204


@dataclass
class Receiver:
    """``effects``: events by id in the order of their first taking; ``seen``: how often each came."""

    secret: str = SECRET
    answers: Answers = takes
    effects: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    raw: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    server: asyncio.Server | None = None
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As when its machine goes."""
        assert self.server
        self.server.close()
        for writer in list(self.open):
            writer.transport.abort()
        await self.server.wait_closed()

    async def until(self, so: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not so():
                self.news.clear()
                await self.news.wait()

    async def until_effects(self, count: int) -> None:
        await self.until(lambda: len(self.effects) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                status = self._take(headers, body)
                writer.write(f"HTTP/1.1 {status} told\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        Webhook(self.secret).verify(body, headers)
        self.raw.append((headers, body))
        event = json.loads(body)
        name = headers["webhook-id"]
        status = self.answers(event, self.seen.get(name, 0))
        self.seen[name] = self.seen.get(name, 0) + 1
        if 200 <= status < 300:
            self.effects.setdefault(name, event)
        self.news.set()
        return status


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    await receiver.start()
    try:
        yield receiver
    finally:
        await receiver.stop()
