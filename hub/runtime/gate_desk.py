"""What a hub answers on its local socket about gates: one is opened by hand, by command, audited before.

Who, which gate and when is an event in the log; why he did it is free text, so it stands in a file beside
the store alone (design 4) and never on the bus.
"""

from collections.abc import Callable
from pathlib import Path

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.edge.audit import reason_of
from hub.errors import OperatorError
from hub.events import format_time
from hub.runtime.audited_commands import AuditedCommands
from hub.runtime.gate_openings import GATE_OPEN, OPEN, GateOpenings, Opening
from hub.runtime.hub import Hub
from storage.contract import StoreReader

GATES = "gates"  # the device of such events
GATE_KINDS = "gate_"


class GateDesk:
    """``folder``: where the audit file stands."""

    def __init__(self, hub: Hub, open_reader: Callable[[], StoreReader], folder: Path) -> None:
        self._commands = AuditedCommands(hub, open_reader, GATE_KINDS, GATES)
        self._openings = GateOpenings(folder)

    def calls(self) -> dict[str, Handler]:
        return {"gate.open": self.open, "gate.openings": self._openings.newest}

    async def open(self, device: str, by: str, reason: str) -> Answer:
        """{outcome, reason, command} as AuditedCommands.send. Raises OperatorError: nothing was sent."""
        told = reason_of(reason)
        gate = await self._commands.find(device)
        if gate is None:
            raise OperatorError("gate.unknown")
        command = self._commands.name()
        opening = Opening(format_time(now_ms()), by, device, gate["edge"], command, told)
        await self._openings.note(opening)
        await self._commands.note(gate, by, GATE_OPEN, command)
        return await self._commands.send(gate, OPEN, by, command)
