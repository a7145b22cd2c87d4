"""A relay board with HTTP calls for on and off, and a button whose state can be asked."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from hub.notify.settings import Channel, RelaySettings
from tests.notify.local_server import served


class Board:
    """``switched``: every call for on (True) or off, in order; ``asked``: how often for the button."""

    def __init__(self) -> None:
        self.switched: list[bool] = []
        self.asked = 0
        self.pressed = False
        self.status = 200
        self.changed = asyncio.Condition()
        self.port = 0

    @property
    def sounds(self) -> bool:
        return self.switched[-1:] == [True]

    def relay(self, **changes: Any) -> RelaySettings:
        url = f"http://127.0.0.1:{self.port}"
        return RelaySettings("http", on_url=f"{url}/on?key=secret", off_url=f"{url}/off", **changes)

    def channel(self, **changes: Any) -> Channel:
        return Channel("siren", "relay", relay=self.relay(**changes), timeout_seconds=5)

    def with_button(self, **changes: Any) -> Channel:
        url = f"http://127.0.0.1:{self.port}/button"
        return self.channel(button_url=url, button_text='"state":true', **changes)

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(met)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1].partition("?")[0]
            async with self.changed:
                if path == "/button":
                    self.asked += 1
                elif self.status == 200:
                    self.switched.append(path == "/on")
                self.changed.notify_all()
            body = b'{"id":0,"state":true}' if self.pressed else b'{"id":0,"state":false}'
            writer.write(f"HTTP/1.1 {self.status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        finally:
            writer.close()


def board() -> AbstractAsyncContextManager[Board]:
    return served(Board())
