"""The projector beside a hub, in a process of its own: nothing waits for what a time-series server does."""

from typing import Any

from hub.runtime.process_beside import Beside, ProcessBeside
from hub.runtime.projector_settings import ProjectorSettings

CALLED = "the projector's process"
HANDED_ON = ("projection.states",)


class ProjectorBeside(ProcessBeside):
    """A hub stores without it, too: while it is away, nothing is down."""

    def __init__(self, settings: ProjectorSettings) -> None:
        projector = Beside("projector", "hub.runtime.projector_process", CALLED, HANDED_ON, needed=False)
        super().__init__(projector, settings)

    async def components(self) -> dict[str, Any]:
        told = await super().components()
        return {name: never_down(part) for name, part in told.items()}


def never_down(part: dict[str, Any]) -> dict[str, Any]:
    """A component without which a hub works on."""
    return part | {"state": "degraded"} if part["state"] == "down" else part
