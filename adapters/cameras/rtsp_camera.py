"""``rtsp``: cameras, all of an edge watched by one monitor."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from adapters.cameras.camera_config import RtspConfig
from adapters.cameras.monitor import Monitor
from hub.contract import Adapter, DeviceConfig, Frame, Interpretation, MalformedFrame

if TYPE_CHECKING:
    from adapters.cameras.onvif.found_cameras import FoundCamera


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

    @staticmethod
    async def discover(seconds: float, interface: str) -> "tuple[FoundCamera, ...]":
        """Who is in the network: ``epihub camera discover``. Raises DeviceUnavailable."""
        from adapters.cameras.onvif.found_cameras import find_cameras

        return await find_cameras(seconds, interface)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        return Interpretation(problems=(MalformedFrame(frame.raw, "camera.no_message"),))
