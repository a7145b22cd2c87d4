"""A relay with HTTP calls of its own, on a real server."""

import asyncio
from typing import Any

from adapters.qr_gates.barriers.relay_settings import RelaySettings
from tests.qr_gates.barriers.modules import Watched


class WebRelay(Watched):
    """``calls``: method, target and body of each request; ``status`` is what it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.status = 200
        self.wants = ""  # of a user, who then says it the second time
        self.port = 0
        self.said = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0
        )
        body = (await reader.readexactly(length)).decode()
        if self.wants and "\r\nauthorization:" not in head.lower():
            await self._refuse(writer)
            return
        lines = head.split("\r\n")
        self.said = next((line for line in lines if line.lower().startswith("authorization:")), "")
        self.calls.append(" ".join([*head.split(" ")[:2], *([body] if body else [])]))
        self.tell()
        writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def _refuse(self, writer: asyncio.StreamWriter) -> None:
        """In two kinds, the weaker one first."""
        basic, wants = "WWW-Authenticate: Basic realm=x", f"WWW-Authenticate: {self.wants}"
        for line in ("HTTP/1.1 401 x", basic, wants, "Content-Length: 0", ""):
            writer.write(f"{line}\r\n".encode())
        await writer.drain()
        writer.close()

    def relay(self, **changes: Any) -> RelaySettings:
        url = f"http://127.0.0.1:{self.port}"
        return RelaySettings.model_validate(
            {"by": "http", "url": url, "pulse_ms": 100, "timeout_seconds": 10} | changes
        )
