"""``gate_serial``: scanners on RS-232 or USB (CDC). A line that is pulled is opened again by its id."""

import logging
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from adapters.qr_gates.gate_adapter import GateAdapter
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.scanner_line import read_scanner
from adapters.qr_gates.scanners.line_speed import CARD_BYTES, CERTIFICATE_BYTES, line_ms, slow_for
from hub.contract import DeviceConfig
from hub.errors import DeviceUnavailable
from hub.streams import SerialEndpoint, open_serial

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]
log = logging.getLogger(__name__)


class GateSerialConfig(GateSettings):
    """A gate whose scanner is on a serial line."""

    kind: Literal["gate_serial"]
    path: str = Field(
        pattern=r"^/\S+$",
        description="The line, best by its id: /dev/serial/by-id/…; ttyUSB numbers change with every plug.",
    )
    baud: Baud = Field(
        default=115200,
        description="Bits a second, as the scanner is set; many come with 9600.",
    )
    bits: Literal[7, 8] = Field(default=8, description="Data bits.")
    parity: Literal["N", "E", "O"] = Field(default="N", description="None, even or odd.")
    stop_bits: Literal[1, 2] = Field(default=1, description="Stop bits.")
    flow: Literal["none", "rtscts", "xonxoff"] = Field(default="none", description="Flow control.")
    gap_ms: int = Field(
        default=100,
        strict=True,
        ge=20,
        le=5000,
        description="A scanner that sends no terminator: silence that ends a code.",
    )
    budget_ms: int = Field(
        default=150,
        strict=True,
        ge=10,
        le=10_000,
        description="A code that is on the line for longer is warned of: raise baud here and at the scanner.",
    )

    def endpoint(self) -> SerialEndpoint:
        return SerialEndpoint(self.path, self.baud, self.bits, self.parity, self.stop_bits, self.flow)


class GateSerial(GateAdapter[GateSerialConfig]):
    """One gate on a serial line of its own."""

    Config: ClassVar[type[DeviceConfig]] = GateSerialConfig

    async def run(self) -> None:
        """Until cancelled; raises DeviceUnavailable when the line is away."""
        await self.gate.run(self._serve)

    async def _serve(self) -> None:
        connection = await open_serial(self.config.endpoint())
        try:
            self._tell_open()
            await read_scanner(connection, self.gate, self.config.gap_ms)
        finally:
            await connection.close()
        raise DeviceUnavailable(f"{self.config.path}: the line is gone")

    def _tell_open(self) -> None:
        """A line that is too slow works, and people wait: said once each time it is opened."""
        config = self.config
        frame = (config.baud, config.bits, config.parity, config.stop_bits)
        slow = None if _has_no_speed(config.path) else slow_for(config.budget_ms, *frame)
        if slow is None:
            self.gate.condition.line("ONLINE", "line_open")
            return
        self.gate.condition.line("DEGRADED", f"line_slow_for_{slow}")
        log.warning(
            "serial line is slow",
            extra={
                "device": config.id,
                "baud": config.baud,
                "budget_ms": config.budget_ms,
                "card_ms": round(line_ms(CARD_BYTES, *frame)),
                "certificate_ms": round(line_ms(CERTIFICATE_BYTES, *frame)),
            },
        )


def _has_no_speed(path: str) -> bool:
    """USB CDC: the baud rate is only a word there."""
    return Path(path).resolve().name.startswith("ttyACM")
