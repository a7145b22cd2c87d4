"""``gate_http``: terminals that push (ZKTeco, Hikvision), gates of one's own that post JSON, and pictures.

A terminal's own door is its own affair: what it tells of is decided about here, counted and shown; a relay of
ours opens for what happens now, never for what a terminal has kept while it was cut off.
"""

from typing import ClassVar

from adapters.qr_gates.gate_adapter import GateAdapter
from adapters.qr_gates.gate_http_config import GateHttpConfig
from adapters.qr_gates.gate_http_door import GateDoor
from hub.contract import DeviceConfig, Outlet
from hub.streams import serve_routes
from hub.streams.surroundings import surroundings


class GateHttp(GateAdapter[GateHttpConfig]):
    """One terminal."""

    Config: ClassVar[type[DeviceConfig]] = GateHttpConfig

    def __init__(self, config: GateHttpConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.door = GateDoor(self)

    async def run(self) -> None:
        """Serve its routes; raises DeviceUnavailable when somebody else has one."""
        paths = (self.config.path, *self.config.terminal_paths)
        book = surroundings().routes
        async with self.door.silence:
            await self.gate.run(lambda: serve_routes(book, dict.fromkeys(paths, self.door.take)))
