"""Commands of people to devices of this edge, without the hub: the audit is on disk before anything moves."""

import asyncio
import os
import secrets

from hub.control import Answer
from hub.edge.audit import NOT_KEPT
from hub.edge.edge import Edge
from hub.edge.encoder import note
from hub.edge.outlet import DeviceOutlet
from hub.errors import NotCommitted, OperatorError
from hub.events import format_time
from hub.payloads import Audited
from hub.wire import Command

LIFE_SECONDS = 10.0  # design 5: of anything that moves
ANSWER_SECONDS = LIFE_SECONDS + 5


def who_asks(by: str) -> str:
    """``by`` "": the account of this process."""
    return by or f"uid {os.getuid()}"


class EdgeAuditedCommands:
    """The hub learns of each with all else that this edge tells."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    @staticmethod
    def name() -> str:
        """A new id of a command."""
        return secrets.token_hex(8)

    async def note(self, device: str, by: str, action: str, command: str, at_ms: int) -> None:
        """In the spool when it returns; raises OperatorError, then nothing may be done."""
        audited = Audited(by, action, device, command)
        try:
            await self._edge.spool.commit([note(self._edge.origin, audited, command, at_ms)])
        except NotCommitted as error:
            raise OperatorError(f"{NOT_KEPT}; nothing is done") from error

    @staticmethod
    async def ask(outlet: DeviceOutlet, action: str, by: str, command: str, at_ms: int) -> Answer:
        """{outcome, reason, command}: as the device answered; "away": it did not."""
        expires = format_time(at_ms + round(LIFE_SECONDS * 1000))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                asked = Command(command, format_time(at_ms), expires, by, action, {})
                ended = await outlet.shelf.ask(asked)
        except OperatorError as error:
            return {"outcome": "refused", "reason": str(error), "command": command}
        except TimeoutError:
            return {"outcome": "away", "reason": "the device does not answer", "command": command}
        return {"outcome": ended.outcome, "reason": ended.reason, "command": command}
