"""Commands from the bus: each ends in a command.result.v1, also when it came too late (design 5)."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec

from hub.edge.command_shelf import CommandShelf
from hub.errors import NotCommitted, OperatorError
from hub.events import parse_time
from hub.payloads import CommandOutcome, CommandResult
from hub.wire import Command

MOST_REMEMBERED = 1000  # ids of commands that came; they live for ten seconds

log = logging.getLogger(__name__)


Action = Callable[[Command], Awaitable[str]]
"""Does it and gives a line for the result; raises OperatorError when it cannot be done."""

_decode = msgspec.json.Decoder(Command).decode


class Commands:
    """``report`` stores the result; ``actions`` of this edge itself by name, all others are for a device.

    ``shelf_of``: where the commands of a device wait; None: there is no such device.
    """

    def __init__(
        self,
        actions: dict[str, Action],
        report: Callable[[CommandResult], Awaitable[object]],
        now_ms: Callable[[], int],
        shelf_of: Callable[[str], CommandShelf | None] = lambda _: None,
    ) -> None:
        self._actions = actions
        self._report = report
        self._now_ms = now_ms
        self._shelf_of = shelf_of
        self._came: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, body: bytes, device: str = "") -> None:
        """``device``: the level of its topic."""
        try:
            command = _decode(body)
            expired = parse_time(command.expires) < self._now_ms()
        except (msgspec.DecodeError, ValueError):
            log.warning("bad command on the bus")
            return
        if expired:
            await self._report(CommandResult(command.id[:64], "expired"))
        elif self._is_new(command):
            ended = await self._do(command, device)
            if ended:
                await self._report(CommandResult(command.id[:64], *ended))

    def _is_new(self, command: Command) -> bool:
        """A broker may bring the same one twice: it is done, and answered, once."""
        if command.id in self._came:
            log.info("command came again", extra={"command": command.id[:64]})
            return False
        self._came[command.id] = None
        if len(self._came) > MOST_REMEMBERED:
            self._came.popitem(last=False)
        return True

    async def _do(self, command: Command, device: str) -> tuple[CommandOutcome, str] | None:
        """None: the device has it, and answers by itself."""
        action, shelf = self._actions.get(command.action), self._shelf_of(device)
        try:
            if action:
                return "done", await action(command)
            if shelf is None:
                return "refused", "no such action here"
            shelf.put(command)
            return None
        except OperatorError as error:
            return "refused", str(error)
        except NotCommitted as error:
            return "failed", str(error)
