"""A Modbus line with one master: a question, its reply, and a line that is opened anew after any fault."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from hub.errors import DeviceUnavailable
from hub.streams.modbus_frames import (
    LONGEST_FRAME,
    WRITE_COIL,
    ModbusFault,
    Question,
    is_late,
    length_of,
)
from hub.streams.pump import Connection
from hub.streams.serial import SerialEndpoint, open_serial

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModbusEndpoint:
    """``path``: a serial line, RTU. ``host``: TCP; ``framing`` rtu for a server that only passes bytes on."""

    path: str = ""
    baud: int = 9600
    parity: Literal["N", "E", "O"] = "N"
    host: str = ""
    port: int = 502
    framing: Literal["tcp", "rtu"] = "tcp"

    @property
    def spoken(self) -> Literal["tcp", "rtu"]:
        return "rtu" if self.path else self.framing


class ModbusLine:
    """One question at a time; ``seconds``: how long one may take, the opening of the line included."""

    def __init__(self, endpoint: ModbusEndpoint, seconds: float) -> None:
        self.endpoint = endpoint
        self._seconds = seconds
        self._line: Connection | None = None
        self._transaction = 0
        self._one = asyncio.Lock()

    async def ask(
        self, slave: int, function: int, address: int, value: int, read: Callable[[Question, bytes], T]
    ) -> T:
        """What ``read`` makes of the reply; raises ModbusFault for a reply that says no or is none,
        DeviceUnavailable when nobody answers.
        """
        async with self._one:
            self._transaction = (self._transaction + 1) & 0xFFFF
            question = Question(self.endpoint.spoken, slave, function, address, value, self._transaction)
            is_whole = False
            try:
                async with asyncio.timeout(self._seconds):
                    answer = read(question, await self._answer(question))
                is_whole = True
                return answer
            except (OSError, DeviceUnavailable) as error:
                raise DeviceUnavailable("modbus.no_answer") from error
            finally:
                if not is_whole:  # on a serial line nothing tells a late reply from that to the next question
                    self._abort()

    async def close(self) -> None:
        """May be called again; the next question opens it anew."""
        async with self._one:
            line, self._line = self._line, None
            if line is not None:
                await line.close()

    def _abort(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.writer.transport.abort()

    async def _answer(self, question: Question) -> bytes:
        line = await self._open()
        line.writer.write(question.frame())
        await line.writer.drain()
        known = b""
        while True:
            data = await line.reader.read(LONGEST_FRAME)
            if not data:
                raise ConnectionError
            known = _without_echo(question, known + data)
            while (length := length_of(question, known)) is not None and len(known) >= length:
                reply, known = known[:length], known[length:]
                if not is_late(question, reply):
                    return reply
            if len(known) > LONGEST_FRAME:
                raise ModbusFault("modbus.other")

    async def _open(self) -> Connection:
        if self._line is None:
            place = self.endpoint
            if place.host:
                reader, writer = await asyncio.open_connection(place.host, place.port, limit=LONGEST_FRAME)
                self._line = Connection(reader, writer, place.host)
            else:
                self._line = await open_serial(SerialEndpoint(place.path, place.baud, parity=place.parity))
        return self._line


def _without_echo(question: Question, known: bytes) -> bytes:
    """Some RS-485 adapters give back what was sent; the reply to a written coil is the same bytes anyway."""
    if question.framing == "tcp" or question.function == WRITE_COIL:
        return known
    return known.removeprefix(question.frame())
