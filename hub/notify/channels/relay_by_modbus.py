"""A relay at a Modbus coil, its button at a discrete input: RTU on a serial line of its own, or TCP."""

from collections.abc import Callable
from typing import TypeVar

from hub.errors import DeviceUnavailable
from hub.notify.channels.parcel import NO_ANSWER
from hub.notify.channels.relay_line import RelayFault
from hub.notify.settings import RelaySettings
from hub.streams.modbus_frames import (
    MOST_TENTHS,
    OFF,
    ON,
    READ_INPUT,
    WRITE_COIL,
    ModbusFault,
    Question,
    confirmed,
    input_state,
)
from hub.streams.modbus_line import ModbusEndpoint, ModbusLine

T = TypeVar("T")


class ModbusRelay:
    """The line stays open between two questions, and is opened anew after any fault."""

    def __init__(self, relay: RelaySettings, seconds: float) -> None:
        self.has_button = relay.button_input is not None
        self._relay = relay
        endpoint = ModbusEndpoint(relay.path, relay.baud, relay.parity, relay.host, relay.port)
        self._line = ModbusLine(endpoint, seconds)

    async def switch(self, energised: bool) -> None:
        timer = self._relay.timer_coil
        if energised and timer is not None:
            # Function 5 with a time, as Waveshare's and like boards have it ("flash on", in tenths).
            tenths = min(int(self._relay.pulse_seconds * 10), MOST_TENTHS)
            await self._ask(WRITE_COIL, timer, tenths, confirmed)
        else:
            await self._ask(WRITE_COIL, self._relay.coil, ON if energised else OFF, confirmed)

    async def pressed(self) -> bool:
        if self._relay.button_input is None:
            return False
        return await self._ask(READ_INPUT, self._relay.button_input, 1, input_state)

    async def close(self) -> None:
        await self._line.close()

    async def _ask(self, function: int, address: int, value: int, read: Callable[[Question, bytes], T]) -> T:
        try:
            return await self._line.ask(self._relay.slave, function, address, value, read)
        except ModbusFault as fault:
            raise RelayFault(str(fault)) from fault
        except DeviceUnavailable as error:
            raise RelayFault(NO_ANSWER) from error
