"""What switches a relay and asks its button; one module for each way, imported when it is used."""

from typing import Protocol

from hub.notify.settings import RelaySettings

HEX = "hex:"


class RelayFault(Exception):
    """The relay did not do it; the text is a code of ours: no_answer, http.500, modbus.exception_2 …"""


class RelayLine(Protocol):
    """``has_button``: whether somebody can acknowledge there."""

    has_button: bool

    async def switch(self, energised: bool) -> None:
        """On for ``pulse_seconds`` where the relay has a timer, else until it is off; raises RelayFault."""
        ...

    async def pressed(self) -> bool:
        """Whether the button is pressed now, or was since this was asked last; raises RelayFault."""
        ...

    async def close(self) -> None:
        """May be called again; the next switch opens it anew."""
        ...


def line_of(relay: RelaySettings, ca_file: str, seconds: float) -> RelayLine:
    """``seconds``: how long one step may take."""
    match relay.by:
        case "modbus":
            from hub.notify.channels.relay_by_modbus import ModbusRelay

            return ModbusRelay(relay, seconds)
        case "mqtt":
            from hub.notify.channels.relay_by_mqtt import MqttRelay

            return MqttRelay(relay, ca_file, seconds)
        case "http":
            from hub.notify.channels.relay_by_http import HttpRelay

            return HttpRelay(relay, ca_file, seconds)
        case "serial":
            from hub.notify.channels.relay_by_serial import SerialRelay

            return SerialRelay(relay, seconds)


def bytes_of(text: str) -> bytes:
    """``hex:A00101A2``, or the text itself."""
    return bytes.fromhex(text.removeprefix(HEX)) if text.startswith(HEX) else text.encode()
