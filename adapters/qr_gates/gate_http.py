"""``gate_http``: terminals that push (ZKTeco, Hikvision), gates of one's own that post JSON, and pictures.

A terminal's own door is its own affair: what it tells of is decided about here, counted and shown; a relay of
ours opens for what happens now, never for what a terminal has kept while it was cut off.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import ClassVar

from adapters.qr_gates.dialects import hikvision, plain, zkteco, zkteco_access
from adapters.qr_gates.dialects.told_scan import NoScan, Told, Unintelligible
from adapters.qr_gates.gate_adapter import GateAdapter
from adapters.qr_gates.gate_http_config import GateHttpConfig
from adapters.qr_gates.gate_http_door import GateDoor
from hub.contract import DeviceConfig, Frame, Interpretation, MalformedFrame, Outlet
from hub.streams import serve_routes
from hub.streams.surroundings import surroundings


def _zkteco(raw: bytes) -> ModuleType:
    """Which of the two protocols a line is of."""
    return zkteco_access if b"time=" in raw else zkteco


# What is kept of each dialect, by the first word of its origin.
MESSAGES: Mapping[str, Callable[[bytes, GateHttpConfig], list[Told]]] = {
    "plain": lambda raw, config: [plain.told(raw, config.timezone)],
    "zkteco": lambda raw, config: _zkteco(raw).told(raw, config.serial, config.timezone),
    "hikvision": lambda raw, config: hikvision.told(raw, "", config.timezone),
}


class GateHttp(GateAdapter[GateHttpConfig]):
    """One terminal."""

    Config: ClassVar[type[DeviceConfig]] = GateHttpConfig

    def __init__(self, config: GateHttpConfig, outlet: Outlet) -> None:
        super().__init__(config, outlet)
        self.door = GateDoor(self)

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """A code, or a part of a message that told of none when it came; both may be understood today."""
        dialect = frame.origin.partition(" ")[0]
        if dialect not in MESSAGES:
            return super().interpret(frame, received_ms)
        found = [self._meaning(each, frame, received_ms) for each in self._told(dialect, frame.raw)]
        facts = tuple(fact for each in found for fact in each.facts)
        return Interpretation(facts, tuple(problem for each in found for problem in each.problems))

    def _told(self, dialect: str, raw: bytes) -> list[Told]:
        try:
            return MESSAGES[dialect](raw, self.config)
        except Unintelligible as error:
            return [NoScan(raw, error.reason, error.place)]

    def _meaning(self, told: Told, frame: Frame, received_ms: int) -> Interpretation:
        if isinstance(told, NoScan):
            problem = MalformedFrame(told.raw, told.reason, told.place, origin=frame.origin)
            return Interpretation(problems=(problem,))
        time_ms = received_ms if told.device_ms is None else told.device_ms
        return super().interpret(Frame(told.code, origin=f"scan {time_ms}"), received_ms)

    async def run(self) -> None:
        """Serve its routes; raises DeviceUnavailable when somebody else has one."""
        paths = (self.config.path, *self.config.terminal_paths)
        book = surroundings().routes
        async with self.door.silence:
            await self.gate.run(lambda: serve_routes(book, dict.fromkeys(paths, self.door.take)))
