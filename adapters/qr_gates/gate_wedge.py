"""``gate_wedge``: scanners that call themselves keyboards.

Letters of Vietnamese do not survive their layout, so of a code with a name its number alone counts. A scanner
that can be set to a serial line (CDC) should be.
"""

from typing import ClassVar, Literal

from pydantic import Field

from adapters.qr_gates.gate_adapter import GateAdapter
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.scanner_line import read_scanner
from adapters.qr_gates.scanners.wedge import WedgeCodec
from hub.contract import DeviceConfig
from hub.errors import DeviceUnavailable
from hub.streams import open_keyboard


class GateWedgeConfig(GateSettings):
    """A gate whose scanner types what it reads, by the US layout."""

    kind: Literal["gate_wedge"]
    path: str = Field(
        pattern=r"^/\S+$",
        description="The scanner by its id: /dev/input/by-id/…-event-kbd; numbers change with every plug.",
    )
    gap_ms: int = Field(
        default=200,
        strict=True,
        ge=20,
        le=5000,
        description="A scanner that ends no code with Enter: silence that ends one.",
    )


class GateWedge(GateAdapter[GateWedgeConfig]):
    """One gate; its scanner is ours alone, or what people show would be typed at the console too."""

    Config: ClassVar[type[DeviceConfig]] = GateWedgeConfig

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the scanner is away."""
        await self.gate.run(self._serve)

    async def _serve(self) -> None:
        connection = await open_keyboard(self.config.path)
        try:
            self.gate.condition.line("ONLINE", "line_open")
            await read_scanner(connection, self.gate, self.config.gap_ms, WedgeCodec())
        finally:
            await connection.close()
        raise DeviceUnavailable(f"{self.config.path}: the scanner is gone")
