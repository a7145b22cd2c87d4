"""A hub process as the API sees it: the real control socket, with answers of our own."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from hub.control import ControlClient, ControlUnavailable, Handler, serve_control

METRICS = "# TYPE epihub_spool_events_waiting gauge\nepihub_spool_events_waiting 12\n"
HEALTH: dict[str, Any] = {
    "status": "ok",
    "components": {
        "broker": {"state": "ok", "reason": ""},
        "store": {"state": "ok", "reason": "", "since": "2026-11-22T05:00:00.000Z"},
        "process": {"state": "ok", "reason": "", "loop_lag_ms": 7},
    },
}


class FakeHub:
    """Answers ``call`` with what ``answers`` holds; remembers the decisions it was asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {
            "metrics": {"text": METRICS},
            "health": HEALTH,
            "replay": {"outcome": "done", "reason": "", "events": 2},
            "discard": {"outcome": "done", "reason": "discarded", "events": 0},
        }
        self.desk: dict[str, Handler] = {}  # calls that something real answers
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        handlers: dict[str, Handler] = {
            "metrics": self._metrics,
            "health": self._health,
            "replay": self._replay,
            "discard": self._discard,
            **self.desk,
        }
        self._task = asyncio.create_task(serve_control(self.path, handlers))
        async with asyncio.timeout(60):
            await self._answers()

    async def _answers(self) -> None:
        """Return once somebody listens."""
        while True:
            with suppress(ControlUnavailable):
                await ControlClient(self.path).call("health")
                return
            await asyncio.sleep(0)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _metrics(self) -> dict[str, Any]:
        return dict(self.answers["metrics"])

    async def _health(self) -> dict[str, Any]:
        return dict(self.answers["health"])

    async def _replay(self, entry: str, by: str) -> dict[str, Any]:
        self.asked.append({"entry": entry, "by": by})
        return dict(self.answers["replay"])

    async def _discard(self, entry: str, by: str) -> dict[str, Any]:
        self.asked.append({"entry": entry, "by": by})
        return dict(self.answers["discard"])
