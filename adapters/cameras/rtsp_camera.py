"""``rtsp``: cameras, all of an edge watched by one monitor."""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Self

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.monitor import Monitor
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame


class RtspCamera(Adapter[RtspConfig]):
    """One camera. It sends pictures, no messages: nothing of it is captured, so nothing is interpreted."""

    Config: ClassVar[type[DeviceConfig]] = RtspConfig

    async def run(self) -> None:
        await self.run_shared([self])

    def link(self) -> Hashable:
        return "cameras"

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Until cancelled; a camera that is away is told as its state, and the monitor tries it again."""
        await Monitor([(member.config, member.outlet) for member in members]).run()

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation(problems=(MalformedFrame(frame.raw, "camera.no_message"),))
