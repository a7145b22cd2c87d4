"""What an edge answers on its local socket about its gates: one is opened by hand, without the hub."""

from hub.control import Answer, Handler
from hub.edge.audit import reason_of
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.events import format_time
from hub.runtime.edge_audited_commands import EdgeAuditedCommands, who_asks
from hub.runtime.gate_openings import GATE_OPEN, OPEN, GateOpenings, Opening
from hub.streams.clock import now_ms


class EdgeGateDesk:
    """The row of the audit is on disk before anything moves."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._commands = EdgeAuditedCommands(edge)
        self._openings = GateOpenings(edge.settings.keys.parent)

    def calls(self) -> dict[str, Handler]:
        return {"gate.open_here": self.open, "gate.openings_here": self._openings.newest}

    async def open(self, device: str, reason: str, by: str = "") -> Answer:
        """{outcome, reason, command} as GateDesk.open; ``by`` "": the account of this process."""
        told = reason_of(reason)
        outlet = self._edge.outlets.get(device)
        if outlet is None:
            raise OperatorError("gate.unknown")
        at_ms, name, who = now_ms(), self._commands.name(), who_asks(by)
        opening = Opening(format_time(at_ms), who, device, self._edge.settings.id, name, told)
        await self._openings.note(opening)
        await self._commands.note(device, who, GATE_OPEN, name, at_ms)
        return await self._commands.ask(outlet, OPEN, who, name, at_ms)
