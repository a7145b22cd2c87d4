"""The hub beside an edge, seen from the edge's process: whatever the store does, no ACK waits for it."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from hub.control import Answer, ControlClient, ControlUnavailable, Handler
from hub.errors import OperatorError
from hub.metrics import Sample, Snapshot
from hub.runtime.child import Child, ChildEnded
from hub.runtime.settings import READY, HubSettings
from hub.supervisor import Backoff, keep_running

ANSWER_SECONDS = 2.0
COMMAND_SECONDS = 15.0
HANDED_ON = (
    "replay", "discard", "alarm", "alarm_device", "calibrate", "calibrations", "lot.place",
    "notify.list", "notify.decide", "notify.test",
)  # fmt: skip


class HubBeside:
    """``run`` keeps the hub's process up; raises OperatorError when it refuses its first start."""

    def __init__(self, settings: HubSettings) -> None:
        self.child = Child(
            "hub", "hub.runtime.hub_process", [], msgspec.json.encode(settings), heard=self._heard
        )
        self.ready = asyncio.Event()
        self._control = ControlClient(Path(settings.socket))
        self._refusal = ""

    async def run(self) -> None:
        await keep_running(self._once, name="hub", retried=ChildEnded, backoff=Backoff(0.1, 10))

    async def figures(self) -> Snapshot:
        """Empty while the hub is away."""
        told = await self._ask("figures")
        return tuple(msgspec.convert(told.get("samples", ()), list[Sample]))

    async def components(self) -> dict[str, Any]:
        """As the hub's own health report names them; its process is ``hub`` beside ours."""
        told = await self._ask("health")
        parts = told.get("components") or {"hub": _AWAY}
        return {"hub" if name == "process" else name: part for name, part in parts.items()}

    def calls(self) -> dict[str, Handler]:
        """Commands to edges and what people do with alarms, handed on."""

        async def hand_on(name: str, /, **arguments: Any) -> Answer:
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    return await self._control.call(name, **arguments)
            except (ControlUnavailable, TimeoutError) as error:
                raise OperatorError("the hub's process is starting; try again") from error

        return {name: partial(hand_on, name) for name in HANDED_ON}

    async def _ask(self, name: str) -> Answer:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._control.call(name)
        except (ControlUnavailable, TimeoutError):
            return {}

    async def _once(self) -> None:
        self._refusal = ""
        try:
            await self.child.run()
        except ChildEnded as error:
            if self._refusal and not self.ready.is_set():
                raise OperatorError(self._refusal) from None
            raise ChildEnded(
                self._refusal or str(error)
            ) from None  # killed at its start, too: the edge goes on

    def _heard(self, line: str) -> None:
        if line == READY:
            self.ready.set()
        else:
            self._refusal = line


_AWAY = {"state": "down", "reason": "the hub's process is starting again"}
