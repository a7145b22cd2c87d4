"""A process beside an edge, seen from the edge's: whatever becomes of it, no ACK waits."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from hub.control import Answer, ControlClient, ControlUnavailable, Handler
from hub.errors import OperatorError
from hub.metrics import Sample, Snapshot
from hub.runtime.child import Child, ChildEnded
from hub.runtime.settings import READY
from hub.supervisor import Backoff, keep_running

ANSWER_SECONDS = 2.0
COMMAND_SECONDS = 15.0


class BesideSettings(Protocol):
    """What a process beside is told, at the least: the socket at which it answers."""

    @property
    def socket(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """``called`` names it to people; ``handed_on`` are the calls that it answers for us.

    ``needed``: when it refuses its first start, there is no point in going on.
    """

    name: str
    module: str
    called: str
    handed_on: Iterable[str]
    needed: bool = True


class ProcessBeside:
    """``settings`` go by stdin. ``run`` keeps it up; raises OperatorError when one that is needed refuses."""

    def __init__(self, beside: Beside, settings: BesideSettings) -> None:
        self.child = Child(beside.name, beside.module, [], msgspec.json.encode(settings), heard=self._heard)
        self.ready = asyncio.Event()
        self._beside = beside
        self._control = ControlClient(Path(settings.socket))
        self._refusal = ""

    async def run(self) -> None:
        backoff = Backoff(0.1, 10)
        await keep_running(self._once, name=self._beside.name, retried=ChildEnded, backoff=backoff)

    async def figures(self) -> Snapshot:
        """Empty while it is away."""
        told = await self._ask("figures")
        return tuple(msgspec.convert(told.get("samples", ()), list[Sample]))

    async def components(self) -> dict[str, Any]:
        """As its own health report names them; its process has its name beside ours."""
        told = await self._ask("health")
        away = {"state": "down", "reason": f"{self._beside.called} is starting again"}
        parts = told.get("components") or {"process": away}
        return {self._beside.name if name == "process" else name: part for name, part in parts.items()}

    def calls(self) -> dict[str, Handler]:
        """What is handed on to it."""

        async def hand_on(name: str, /, **arguments: Any) -> Answer:
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    return await self._control.call(name, **arguments)
            except (ControlUnavailable, TimeoutError) as error:
                raise OperatorError(f"{self._beside.called} is starting; try again") from error

        return {name: partial(hand_on, name) for name in self._beside.handed_on}

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
            if self._refusal and self._beside.needed and not self.ready.is_set():
                raise OperatorError(self._refusal) from None
            # Killed at its start, too: the edge goes on.
            raise ChildEnded(self._refusal or str(error)) from None

    def _heard(self, line: str) -> None:
        if line == READY:
            self.ready.set()
        else:
            self._refusal = line
