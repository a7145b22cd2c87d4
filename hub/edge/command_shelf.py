"""Commands that wait for one device, and those that it has and has not answered."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from hub.contract import DeviceCommand
from hub.errors import NotCommitted, OperatorError
from hub.events import parse_time
from hub.payloads import CommandOutcome, CommandResult
from hub.wire import Command

MOST_WAITING = 8  # of one device; more is nobody at a button
ANSWER_GRACE_MS = 2000  # after its life: what was begun in time may end a little later
LONGEST_REASON = 200

log = logging.getLogger(__name__)
Report = Callable[[CommandResult], Awaitable[object]]


class CommandShelf:
    """``report`` returns when a result is on disk, or raises NotCommitted. ``is_heard``: its device asks."""

    def __init__(self, report: Report, now_ms: Callable[[], int]) -> None:
        self._report = report
        self._now_ms = now_ms
        self._waiting: asyncio.Queue[DeviceCommand] = asyncio.Queue(MOST_WAITING)
        self._open: dict[str, DeviceCommand] = {}
        self._handed: set[str] = set()
        self._asked: dict[str, asyncio.Future[CommandResult]] = {}
        self.is_heard = False

    def put(self, command: Command) -> None:
        """For the device, which answers it; raises OperatorError when it takes none."""
        if not self.is_heard:
            raise OperatorError("command.not_taken")
        if self._waiting.full():
            raise OperatorError("command.too_many")
        self._waiting.put_nowait(self._of(command))

    async def ask(self, command: Command) -> CommandResult:
        """The same, and how it ended, at the latest some seconds after its life."""
        ended: asyncio.Future[CommandResult] = asyncio.get_running_loop().create_future()
        self.put(command)
        self._asked[command.id] = ended
        try:
            return await ended
        finally:
            del self._asked[command.id]

    async def commands(self) -> AsyncIterator[DeviceCommand]:
        """Until the caller stops."""
        self.is_heard = True
        while True:
            command = await self._waiting.get()
            if command.id in self._open and command.expires_ms >= self._now_ms():
                self._handed.add(command.id)
                yield command
            else:
                await self._end(command, "expired", "")

    async def expire(self) -> None:
        """End what nobody took, or nobody answered, in its time."""
        now_ms = self._now_ms()
        for command in tuple(self._open.values()):
            if command.id not in self._handed and command.expires_ms < now_ms:
                await self._end(command, "expired", "")
            elif command.expires_ms + ANSWER_GRACE_MS < now_ms:
                await self._end(command, "failed", "command.unanswered")

    def _of(self, command: Command) -> DeviceCommand:
        async def answer(outcome: CommandOutcome, reason: str) -> None:
            await self._end(taken, outcome, reason)

        expires_ms = parse_time(command.expires)
        taken = DeviceCommand(
            command.id[:64], command.action, command.by, expires_ms, answer, dict(command.args)
        )
        self._open[taken.id] = taken
        return taken

    async def _end(self, command: DeviceCommand, outcome: CommandOutcome, reason: str) -> None:
        """Once; while it cannot be stored it stays open."""
        if self._open.get(command.id) is not command:
            return
        del self._open[command.id]
        result = CommandResult(command.id, outcome, reason[:LONGEST_REASON])
        try:
            await self._report(result)
        except NotCommitted:
            self._open[command.id] = command
            raise
        self._handed.discard(command.id)
        asked = self._asked.get(command.id)
        if asked and not asked.done():
            asked.set_result(result)
