"""A hub process as the API sees it: a real Unix socket, one JSON object a line each way."""

import asyncio
import json
from pathlib import Path
from typing import Any

METRICS = "# TYPE epihub_edge_events_waiting gauge\nepihub_edge_events_waiting 12\n"
HEALTH: dict[str, Any] = {
    "status": "ok",
    "components": {"broker": {"state": "ok", "reason": ""}, "sink": {"state": "ok", "reason": ""}},
}


class FakeHub:
    """Answers ``call`` with what ``answers`` holds; remembers what it was asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {
            "metrics": {"text": METRICS},
            "health": HEALTH,
            "replay": {"outcome": "done", "reason": "", "events": 2},
        }
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self.path.unlink(missing_ok=True)
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        self.asked.append(asked)
        writer.write(json.dumps(self.answers[asked["call"]]).encode() + b"\n")
        await writer.drain()
        writer.close()


class LineControl:
    """The client's side; raises OSError when nobody listens."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.write(json.dumps({"call": name, **arguments}).encode() + b"\n")
            told: dict[str, Any] = json.loads(await reader.readline())
        finally:
            writer.close()
        return told
