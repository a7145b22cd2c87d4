"""What people want of a camera: judge its picture now, take that for its reference, log in again."""

from contextlib import suppress
from typing import TYPE_CHECKING

from hub.contract import DeviceCommand, Outlet
from hub.errors import NotCommitted
from hub.streams import now_ms

if TYPE_CHECKING:
    from adapters.cameras.camera import Camera

CHECK, REFERENCE, LOGIN = "check_now", "accept_reference", "retry_login"
LATEST_MS = 4_102_444_800_000  # the year 2100
CHECK_SECONDS = 6.0  # a command lives ten: its answer must be on its way by then


class CameraCommands:
    """Of one camera; each command is answered once."""

    def __init__(self, camera: "Camera", outlet: Outlet) -> None:
        self._camera = camera
        self._outlet = outlet

    async def obey(self) -> None:
        """Until cancelled."""
        async for command in self._outlet.commands():
            try:
                await self._do(command)
            except NotCommitted:
                with suppress(NotCommitted):  # it stays open then, and its edge ends it once it can be told
                    await command.failed("not_stored")

    async def _do(self, command: DeviceCommand) -> None:
        if now_ms() > command.expires_ms:
            await command.expired()
            return
        match command.action:
            case "check_now":
                await self._check(command)
            case "accept_reference" if await self._camera.accept():
                await command.done()
            case "accept_reference":
                await command.refused("no_picture")
            case "retry_login":
                await self._camera.retry()
                await command.done()
            case "maintenance":
                await self._maintain(command)
            case _:
                await command.refused("command.unknown")

    async def _maintain(self, command: DeviceCommand) -> None:
        """``until``: Unix ms; 0: it is over."""
        until_ms = command.args.get("until")
        if type(until_ms) is not int or not 0 <= until_ms < LATEST_MS:
            await command.refused("command.bad_args")
            return
        await self._camera.maintain(until_ms)
        await command.done()

    async def _check(self, command: DeviceCommand) -> None:
        """``judged``, or only asked for where no keyframe came so soon."""
        if self._camera.is_locked:
            await command.refused("locked_out")
        elif self._camera.is_only_asked:
            await command.refused("no_picture")
        elif await self._camera.checked_within(CHECK_SECONDS):
            await command.done("judged")
        else:
            await command.done("asked")
