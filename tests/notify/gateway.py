"""A gateway that takes webhooks: what it was sent, and what it answers."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.notify.local_server import served

Answer = Callable[[int], int]  # the number of the call, from 0, to a status


def _accepted(call: int) -> int:
    return 204


class Gateway:
    """``bodies`` that were accepted, ``keys`` of all calls; ``answer`` may be changed."""

    def __init__(self) -> None:
        self.answer: Answer = _accepted
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.calls = 0
        self.changed = asyncio.Condition()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=secret"

    async def until(self, met: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(met)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            status = self.answer(self.calls)
            async with self.changed:
                self.calls += 1
                self.keys.append(fields.get("idempotency-key", ""))
                if 200 <= status < 300 and body:
                    self.bodies.append(json.loads(body))
                self.changed.notify_all()
            if status:
                writer.write(
                    f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                await writer.drain()
        finally:
            writer.close()


def gateway() -> AbstractAsyncContextManager[Gateway]:
    return served(Gateway())
