"""What a hub answers on its local socket about gates: one is opened by hand, by command, audited before.

Who, which gate and when is an event in the log; why he did it is free text, so it stands in a file beside
the store alone (design 4) and never on the bus.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.edge.audit import NOT_KEPT, reason_of
from hub.errors import OperatorError, StoreUnavailable
from hub.events import format_time
from hub.payloads import Audited
from hub.runtime.gate_openings import GATE_OPEN, OPEN, GateOpenings, Opening
from hub.runtime.hub import Hub, NoAnswer
from hub.sink.born import born
from storage.contract import Row, StoreReader

GATES = "gates"  # the device of such events: gates themselves are spoken for by their edges
GATE_KINDS = "gate_"


class GateDesk:
    """``folder``: where the audit file stands."""

    def __init__(self, hub: Hub, open_reader: Callable[[], StoreReader], folder: Path) -> None:
        self._hub = hub
        self._open_reader = open_reader
        self._openings = GateOpenings(folder)

    def calls(self) -> dict[str, Handler]:
        return {"gate.open": self.open, "gate.openings": self._openings.newest}

    async def open(self, device: str, by: str, reason: str) -> Answer:
        """{outcome, reason, command}: as the gate answered; "away": nobody did, and the command has expired.

        Raises OperatorError: nothing was sent.
        """
        told = reason_of(reason)
        gate = await self._gate(device)
        command = secrets.token_hex(8)
        await self._note(gate, by, command, told)
        try:
            ended = await self._hub.command(gate["site"], gate["edge"], device, OPEN, {}, by, command)
        except NoAnswer as error:
            return {"outcome": "away", "reason": str(error), "command": command}
        return {"outcome": ended.outcome, "reason": ended.reason, "command": command}

    async def _note(self, gate: Row, by: str, command: str, reason: str) -> None:
        """On disk, in the file and in the log, before anything is sent."""
        at_ms, device = now_ms(), gate["device"]
        await self._openings.note(Opening(format_time(at_ms), by, device, gate["edge"], command, reason))
        event = born(gate["site"], Audited(by, GATE_OPEN, device, command), command, at_ms, GATES)
        try:
            await self._hub.bear([event])
        except StoreUnavailable as error:
            raise OperatorError(f"{NOT_KEPT}; nothing is done") from error

    async def _gate(self, device: str) -> Row:
        reader = self._open_reader()
        await reader.open()
        try:
            rows = await reader.devices()
        finally:
            await reader.close()
        for row in rows:
            if row["device"] == device and str(row.get("kind") or "").startswith(GATE_KINDS):
                return row
        raise OperatorError("gate.unknown")
