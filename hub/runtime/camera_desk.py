"""What a hub answers on its local socket about cameras: one is asked to do something, by command, audited."""

from collections.abc import Callable

from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.runtime.audited_commands import AuditedCommands
from hub.runtime.camera_actions import ACTIONS, CAMERA_KINDS, CAMERAS, UNKNOWN, audited_as
from hub.runtime.hub import Hub
from storage.contract import StoreReader


class CameraDesk:
    """Answers for one running hub."""

    def __init__(self, hub: Hub, open_reader: Callable[[], StoreReader]) -> None:
        self._commands = AuditedCommands(hub, open_reader, CAMERA_KINDS, CAMERAS)

    def calls(self) -> dict[str, Handler]:
        return {"camera.ask": self.ask}

    async def ask(self, device: str, action: str, by: str) -> Answer:
        """{outcome, reason, command} as AuditedCommands.send. Raises OperatorError: nothing was sent."""
        camera = await self._commands.find(device)
        if camera is None or action not in ACTIONS:
            raise OperatorError(UNKNOWN)
        command = self._commands.name()
        await self._commands.note(camera, by, audited_as(action), command)
        return await self._commands.send(camera, ACTIONS[action], by, command)
