"""``gate_http``: terminals that push (ZKTeco, Hikvision), gates of one's own that post JSON, and pictures.

A terminal's own door is its own affair: what it tells of is decided about here, counted and shown; a relay of
ours opens for what happens now, never for what a terminal has kept while it was cut off.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from adapters.qr_gates.dialects import hikvision, plain, zkteco
from adapters.qr_gates.dialects.told_scan import NoScan, Told, Unintelligible
from adapters.qr_gates.gate_adapter import GateAdapter
from adapters.qr_gates.gate_http_config import GateHttpConfig
from adapters.qr_gates.gate_http_door import GateDoor
from hub.contract import DeviceConfig, Fact, Frame, Interpretation, MalformedFrame, Outlet
from hub.streams import serve_routes
from hub.streams.surroundings import surroundings

# What is kept of each dialect, by the first word of its origin.
MESSAGES: Mapping[str, Callable[[bytes, GateHttpConfig], list[Told]]] = {
    "plain": lambda raw, config: [plain.told(raw, config.timezone)],
    "zkteco": lambda raw, config: zkteco.told(raw, config.serial, config.timezone),
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
        try:
            told = MESSAGES[dialect](frame.raw, self.config)
        except Unintelligible as error:
            told = [NoScan(frame.raw, error.reason, error.place)]
        facts: tuple[Fact, ...] = ()
        problems: tuple[MalformedFrame, ...] = ()
        for each in told:
            if isinstance(each, NoScan):
                problems += (MalformedFrame(each.raw, each.reason, each.place, origin=frame.origin),)
                continue
            time_ms = received_ms if each.device_ms is None else each.device_ms
            found = super().interpret(Frame(each.code, origin=f"scan {time_ms}"), received_ms)
            facts, problems = facts + found.facts, problems + found.problems
        return Interpretation(facts, problems)

    async def run(self) -> None:
        """Serve its routes; raises DeviceUnavailable when somebody else has one."""
        paths = (self.config.path, *self.config.terminal_paths)
        book = surroundings().routes
        async with self.door.silence:
            await self.gate.run(lambda: serve_routes(book, dict.fromkeys(paths, self.door.take)))
