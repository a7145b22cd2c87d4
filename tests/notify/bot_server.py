"""A service of bots: Telegram's getUpdates with offsets, or Zalo's without; real HTTP."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.notify.local_server import served

TOKEN = "123456:AAsecret-token"
Message = dict[str, Any]


def telegram_message(chat: int, text: str, kind: str = "private") -> Message:
    return {"message_id": 1, "chat": {"id": chat, "type": kind}, "date": 1, "text": text}


def zalo_message(chat: str, text: str) -> Message:
    return {"message_id": "a", "chat": {"id": chat, "chat_type": "PRIVATE"}, "date": 1, "text": text}


class BotServer:
    """``sent`` messages; ``updates`` wait; ``refuses`` gives (status, body) for a method, or None."""

    def __init__(self, *, numbered: bool) -> None:
        self.numbered = numbered
        self.sent: list[dict[str, Any]] = []
        self.updates: list[tuple[int, Message]] = []
        self.offsets: list[int | None] = []
        self.polls = 0
        self.refuses: Callable[[str], tuple[int, bytes] | None] = lambda method: None
        self.changed = asyncio.Condition()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def say(self, number: int, message: Message) -> None:
        async with self.changed:
            self.updates.append((number, message))
            self.changed.notify_all()

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(met)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            asked = json.loads(await reader.readexactly(int(fields["content-length"])))
            status, body = await self._answer(path, asked)
            writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        finally:
            writer.close()

    async def _answer(self, path: str, asked: dict[str, Any]) -> tuple[int, bytes]:
        token, _, method = path.removeprefix("/bot").partition("/")
        if token != TOKEN:
            return _refusal(401)
        async with self.changed:
            if refusal := self.refuses(method):
                self.polls += method == "getUpdates"
                self.changed.notify_all()
                return refusal
            if method == "sendMessage":
                self.sent.append(asked)
                self.changed.notify_all()
                return _good({"message_id": 1})
            return await self._updates(asked)

    async def _updates(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        """As the services say of theirs."""
        self.polls += 1
        self.offsets.append(asked.get("offset"))
        if self.numbered and "offset" in asked:
            self.updates = [each for each in self.updates if each[0] >= asked["offset"]]
        self.changed.notify_all()
        await self.changed.wait_for(lambda: bool(self.updates))
        if self.numbered:
            return _good([{"update_id": number, "message": message} for number, message in self.updates])
        _, message = self.updates.pop(0)
        return _good({"event_name": "message.text.received", "message": message})


def _good(result: Any) -> tuple[int, bytes]:
    return 200, json.dumps({"ok": True, "result": result}).encode()


def _refusal(code: int) -> tuple[int, bytes]:
    return code, json.dumps({"ok": False, "error_code": code, "description": "no"}).encode()


def bot_server(*, numbered: bool = True) -> AbstractAsyncContextManager[BotServer]:
    return served(BotServer(numbered=numbered))
