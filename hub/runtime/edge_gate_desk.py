"""What an edge answers on its local socket about its gates: one is opened by hand, without the hub."""

import asyncio
import os
import secrets

from hub.control import Answer, Handler
from hub.edge.audit import NOT_KEPT, reason_of
from hub.edge.edge import Edge
from hub.edge.encoder import note
from hub.errors import NotCommitted, OperatorError
from hub.events import format_time
from hub.payloads import Audited
from hub.runtime.gate_openings import GATE_OPEN, OPEN, GateOpenings, Opening
from hub.streams.clock import now_ms
from hub.wire import Command

LIFE_SECONDS = 10.0  # design 5: of anything that moves
ANSWER_SECONDS = LIFE_SECONDS + 5


class EdgeGateDesk:
    """The row of the audit is on disk before anything moves."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._openings = GateOpenings(edge.settings.keys.parent)

    def calls(self) -> dict[str, Handler]:
        return {"gate.open_here": self.open, "gate.openings_here": self._openings.newest}

    async def open(self, device: str, reason: str, by: str = "") -> Answer:
        """{outcome, reason, command} as GateDesk.open; ``by`` "": the account of this process."""
        told = reason_of(reason)
        outlet = self._edge.outlets.get(device)
        if outlet is None:
            raise OperatorError("gate.unknown")
        at_ms, name, who = now_ms(), secrets.token_hex(8), by or f"uid {os.getuid()}"
        at, expires = format_time(at_ms), format_time(at_ms + round(LIFE_SECONDS * 1000))
        await self._openings.note(Opening(at, who, device, self._edge.settings.id, name, told))
        await self._note(Audited(who, GATE_OPEN, device, name), at_ms)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                ended = await outlet.shelf.ask(Command(name, at, expires, who, OPEN, {}))
        except OperatorError as error:
            return {"outcome": "refused", "reason": str(error), "command": name}
        except TimeoutError:
            return {"outcome": "away", "reason": "the gate does not answer", "command": name}
        return {"outcome": ended.outcome, "reason": ended.reason, "command": name}

    async def _note(self, audited: Audited, at_ms: int) -> None:
        """The hub learns of it with all else that this edge tells."""
        try:
            await self._edge.spool.commit([note(self._edge.origin, audited, audited.command, at_ms)])
        except NotCommitted as error:
            raise OperatorError(f"{NOT_KEPT}; nothing is done") from error
