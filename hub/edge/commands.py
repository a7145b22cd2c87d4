"""Commands from the bus: each ends in a command.result.v1, also when it came too late (design 5)."""

import logging
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from hub.errors import NotCommitted, OperatorError
from hub.events import parse_time
from hub.payloads import CommandResult
from hub.wire import Command

log = logging.getLogger(__name__)


Action = Callable[[Command], Awaitable[str]]
"""Does it and gives a line for the result; raises OperatorError when it cannot be done."""

_decode = msgspec.json.Decoder(Command).decode


class Commands:
    """``report`` stores the result; ``actions`` by name."""

    def __init__(
        self,
        actions: dict[str, Action],
        report: Callable[[CommandResult], Awaitable[object]],
        now_ms: Callable[[], int],
    ) -> None:
        self._actions = actions
        self._report = report
        self._now_ms = now_ms

    async def __call__(self, body: bytes) -> None:
        try:
            command = _decode(body)
            expired = parse_time(command.expires) < self._now_ms()
        except (msgspec.DecodeError, ValueError):
            log.warning("bad command on the bus")
            return
        if expired:
            await self._report(CommandResult(command.id[:64], "expired"))
            return
        outcome, reason = await self._do(command)
        await self._report(CommandResult(command.id[:64], outcome, reason))

    async def _do(self, command: Command) -> tuple[Literal["done", "refused", "failed"], str]:
        action = self._actions.get(command.action)
        if action is None:
            return "refused", "no such action here"
        try:
            return "done", await action(command)
        except OperatorError as error:
            return "refused", str(error)
        except NotCommitted as error:
            return "failed", str(error)
