"""What an edge answers on its local socket about its cameras: one is asked for something, without the hub."""

from hub.control import Answer, Handler
from hub.edge.edge import Edge
from hub.errors import OperatorError
from hub.runtime.camera_actions import ACTIONS, CAMERA_KINDS, UNKNOWN, audited_as
from hub.runtime.edge_audited_commands import EdgeAuditedCommands, who_asks
from hub.streams.clock import now_ms


class EdgeCameraDesk:
    """Answers for one running edge."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._commands = EdgeAuditedCommands(edge)

    def calls(self) -> dict[str, Handler]:
        return {"camera.ask_here": self.ask}

    async def ask(self, device: str, action: str, by: str = "") -> Answer:
        """{outcome, reason, command} as CameraDesk.ask; ``by`` "": the account of this process."""
        outlet, known = self._edge.outlets.get(device), self._edge.book.devices.get(device)
        if outlet is None or known is None or known.kind != CAMERA_KINDS or action not in ACTIONS:
            raise OperatorError(UNKNOWN)
        at_ms, name, who = now_ms(), self._commands.name(), who_asks(by)
        await self._commands.note(device, who, audited_as(action), name, at_ms)
        return await self._commands.ask(outlet, ACTIONS[action], who, name, at_ms)
