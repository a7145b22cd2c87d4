"""A relay at a Modbus coil, its button at a discrete input: RTU on a serial line of its own, or TCP."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from hub.errors import DeviceUnavailable
from hub.notify.channels.parcel import NO_ANSWER
from hub.notify.channels.relay_line import RelayFault
from hub.notify.modbus_coil import (
    LONGEST_FRAME,
    MOST_TENTHS,
    OFF,
    ON,
    READ_INPUT,
    WRITE_COIL,
    ModbusFault,
    Question,
    confirmed,
    input_state,
    is_late,
    length_of,
)
from hub.notify.settings import RelaySettings
from hub.streams import SerialEndpoint, open_serial
from hub.streams.pump import Connection

T = TypeVar("T")


class ModbusRelay:
    """The line stays open between two questions, and is opened anew after any fault."""

    def __init__(self, relay: RelaySettings, seconds: float) -> None:
        self.has_button = relay.button_input is not None
        self._relay = relay
        self._seconds = seconds
        self._line: Connection | None = None
        self._transaction = 0
        self._one = asyncio.Lock()

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
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def _ask(self, function: int, address: int, value: int, read: Callable[[Question, bytes], T]) -> T:
        async with self._one:
            self._transaction = (self._transaction + 1) & 0xFFFF
            question = Question(
                "tcp" if self._relay.host else "rtu",
                self._relay.slave,
                function,
                address,
                value,
                self._transaction,
            )
            try:
                async with asyncio.timeout(self._seconds):
                    return read(question, await self._answer(question))
            except ModbusFault as fault:
                await self.close()
                raise RelayFault(str(fault)) from fault
            except (OSError, DeviceUnavailable) as error:
                await self.close()
                raise RelayFault(NO_ANSWER) from error

    async def _answer(self, question: Question) -> bytes:
        line = await self._open()
        line.writer.write(question.frame())
        await line.writer.drain()
        known = b""
        while True:
            data = await line.reader.read(LONGEST_FRAME)
            if not data:
                raise ConnectionError
            known += data
            while (length := length_of(question, known)) is not None and len(known) >= length:
                reply, known = known[:length], known[length:]
                if not is_late(question, reply):
                    return reply
            if len(known) > LONGEST_FRAME:
                raise ModbusFault("modbus.other")

    async def _open(self) -> Connection:
        if self._line is None:
            relay = self._relay
            if relay.host:
                reader, writer = await asyncio.open_connection(relay.host, relay.port, limit=LONGEST_FRAME)
                self._line = Connection(reader, writer, relay.host)
            else:
                self._line = await open_serial(SerialEndpoint(relay.path, relay.baud, parity=relay.parity))
        return self._line
