"""Commands of people to devices: who wants what of which device is in the log before anything is sent."""

import secrets
from collections.abc import Callable

from hub.clock import now_ms
from hub.control import Answer
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError, StoreUnavailable
from hub.payloads import Audited
from hub.runtime.hub import Hub, NoAnswer
from hub.sink.born import born
from storage.contract import Row, StoreReader


class AuditedCommands:
    """To devices of one family: ``kinds`` is what their kinds begin with.

    ``speaker``: the device of the audit's events, for devices themselves are spoken for by their edges.
    """

    def __init__(self, hub: Hub, open_reader: Callable[[], StoreReader], kinds: str, speaker: str) -> None:
        self._hub = hub
        self._open_reader = open_reader
        self._kinds = kinds
        self._speaker = speaker

    async def find(self, device: str) -> Row | None:
        """What the store knows of it; None: there is no such device of this family."""
        reader = self._open_reader()
        await reader.open()
        try:
            rows = await reader.devices()
        finally:
            await reader.close()
        of_family = (row for row in rows if str(row.get("kind") or "").startswith(self._kinds))
        return next((row for row in of_family if row["device"] == device), None)

    @staticmethod
    def name() -> str:
        """A new id of a command."""
        return secrets.token_hex(8)

    async def note(self, row: Row, by: str, action: str, command: str) -> None:
        """In the log when it returns; raises OperatorError, then nothing may be sent."""
        audited = Audited(by, action, row["device"], command)
        try:
            await self._hub.bear([born(row["site"], audited, command, now_ms(), self._speaker)])
        except StoreUnavailable as error:
            raise OperatorError(f"{NOT_KEPT}; nothing is done") from error

    async def send(self, row: Row, action: str, by: str, command: str) -> Answer:
        """{outcome, reason, command}: as it answered; "away": nobody did, and the command has expired."""
        try:
            ended = await self._hub.command(row["site"], row["edge"], row["device"], action, {}, by, command)
        except NoAnswer as error:
            return {"outcome": "away", "reason": str(error), "command": command}
        return {"outcome": ended.outcome, "reason": ended.reason, "command": command}
