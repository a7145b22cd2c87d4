"""What the ledger says of the service of cameras, told to their edges: a maintenance is a state of theirs.

By command, in the background, again and again until it was heard or the window is over.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.service import Services
from hub.alarms.incidents.states import Kind
from hub.clock import now_ms
from hub.errors import OperatorError, StoreUnavailable
from hub.payloads import CommandResult
from hub.runtime.camera_actions import CAMERA_KINDS
from storage.contract import Row, StoreReader

ACTION = "maintenance"
HUB = "hub"
AGAIN_SECONDS = 60.0
TOGETHER = 16
# One that has no end is told for so long, and once more when the hub starts.
OPEN_MS = 31 * 86_400_000
Command = Callable[[str, str, str, str, dict[str, int], str], Awaitable[CommandResult]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    """``until_ms`` 0: it is over."""

    until_ms: int
    by: str


@dataclass(slots=True)
class CameraMaintenance:
    """``command``: site, edge, device, action, args, by; raises OperatorError when nobody answers.

    ``services``: what stands when the hub starts, which is told once more; raises StoreUnavailable.
    """

    command: Command
    services: Callable[[], Awaitable[Services]]
    open_reader: Callable[[], StoreReader]
    again_seconds: float = AGAIN_SECONDS
    _wishes: dict[str, _Wish] = field(default_factory=dict)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, entries: Sequence[Entry]) -> None:
        """Entries of the ledger, just made."""
        for entry in entries:
            if entry.kind is Kind.OUT_OF_SERVICE:
                until = entry.detail.get("until")
                until_ms = until if isinstance(until, int) else entry.at_ms + OPEN_MS
                self._wishes[entry.device] = _Wish(until_ms, entry.actor)
            elif entry.kind is Kind.IN_SERVICE:
                self._wishes[entry.device] = _Wish(0, entry.actor)
            else:
                continue
            self._asked.set()

    async def run(self) -> None:
        """Until cancelled."""
        remembered = False
        while True:
            self._asked.clear()
            remembered = remembered or await self._remembered()
            await self._tell_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.again_seconds if self._wishes or not remembered else None):
                    await self._asked.wait()

    async def _remembered(self) -> bool:
        """What was heard meanwhile is newer."""
        try:
            services = await self.services()
        except StoreUnavailable:
            return False
        for device, window in services.out.items():
            until_ms = now_ms() + OPEN_MS if window.until_ms is None else window.until_ms
            self._wishes.setdefault(device, _Wish(until_ms, HUB))
        return True

    async def _tell_all(self) -> None:
        if not self._wishes:
            return
        try:
            cameras = await self._cameras()
        except StoreUnavailable:
            return
        some = asyncio.Semaphore(TOGETHER)
        async with asyncio.TaskGroup() as tasks:
            for device, wish in list(self._wishes.items()):
                if device in cameras and (not wish.until_ms or wish.until_ms > now_ms()):
                    tasks.create_task(self._tell(some, cameras[device], wish), name=f"maintenance[{device}]")
                else:
                    self._heard(device, wish)

    async def _tell(self, some: asyncio.Semaphore, row: Row, wish: _Wish) -> None:
        async with some:
            args = {"until": wish.until_ms}
            place = row["site"], row["edge"], row["device"]
            try:
                ended = await self.command(*place, ACTION, args, wish.by or HUB)
            except OperatorError as error:  # it is asked again
                log.info("maintenance not heard", extra={"device": row["device"], "reason": str(error)})
                return
        if ended.outcome != "expired":
            self._heard(row["device"], wish)

    def _heard(self, device: str, wish: _Wish) -> None:
        if self._wishes.get(device) is wish:
            del self._wishes[device]

    async def _cameras(self) -> dict[str, Row]:
        """Those that the store knows. Raises StoreUnavailable."""
        reader = self.open_reader()
        await reader.open()
        try:
            rows = await reader.devices()
        finally:
            await reader.close()
        return {row["device"]: row for row in rows if row.get("kind") == CAMERA_KINDS}
