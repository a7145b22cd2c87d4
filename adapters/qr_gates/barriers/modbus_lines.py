"""The Modbus lines of an edge's gates: a serial line, and many a module, take one master only."""

from adapters.qr_gates.barriers.line_settings import LineSettings
from hub.streams.modbus_line import ModbusEndpoint, ModbusLine


class ModbusLines:
    """One of an edge: ``Outlet.shared(ModbusLines)``. Touches nothing before somebody asks."""

    def __init__(self) -> None:
        self._lines: dict[ModbusEndpoint, ModbusLine] = {}

    def line(self, settings: LineSettings) -> ModbusLine:
        """The same for all who name the same place; it waits as long as the first of them says."""
        place = ModbusEndpoint(
            settings.path, settings.baud, settings.parity, settings.host, settings.port, settings.framing
        )
        return self._lines.setdefault(place, ModbusLine(place, settings.timeout_seconds))
