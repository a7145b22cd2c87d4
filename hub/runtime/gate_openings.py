"""The audit of gates that were opened by hand: who, which, when and why, in a file of this machine alone."""

from pathlib import Path

import msgspec

from hub.control import Answer
from hub.edge.audit import Trail

OPEN = "open"  # the action of the command
GATE_OPEN = "gate.open"  # the same in the audit
_FILE = "gate-openings.jsonl"


class Opening(msgspec.Struct, frozen=True):
    """``command``: its command.result.v1 says how it ended. ``reason`` is free text, it may name a person."""

    at: str
    by: str
    device: str
    edge: str
    command: str
    reason: str


class GateOpenings:
    """In ``folder``/audit."""

    def __init__(self, folder: Path) -> None:
        self._trail = Trail(folder / "audit" / _FILE, Opening)

    async def note(self, opening: Opening) -> None:
        """On disk when it returns; raises OperatorError, then nothing may be opened."""
        await self._trail.write(opening)

    async def newest(self, limit: int = 100) -> Answer:
        """{items}, the newest first."""
        return {"items": [msgspec.to_builtins(row) for row in await self._trail.newest(limit)]}
