"""Modbus TCP as a gateway with many slaves speaks it: their registers, or that one does not answer.

Frames after the Modbus messaging on TCP/IP guide 1.0b: transaction, protocol 0, length, unit, request.
A slave whose unit measured nothing for long (silent, without mains, its line down) does not answer; then the
gateway says so, exception 11.
"""

import asyncio
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from simulators.cold_chain.unit_lines import LineCounts
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Message

FIRST_REGISTER = 1
HEADER_BYTES, LONGEST_BYTES = 7, 254
READ_FUNCTIONS = frozenset({3, 4})
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_RESPONSE = 1, 2, 3, 11
STALE_INTERVALS = 2.5


@dataclass(slots=True)
class _Slave:
    """``registers``: from the first one on; ``until``: when they are too old, in seconds of ``now``."""

    registers: bytes
    until: float


@dataclass(slots=True)
class ModbusSlaves:
    """``taken`` of the counts: requests that were answered with values."""

    host: str
    port: int
    now: Callable[[], float] = time.monotonic
    counts: LineCounts = field(default_factory=LineCounts)
    _slaves: dict[int, _Slave] = field(default_factory=dict)
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; raises OSError. Port 0 takes a free one, which ``port`` then is."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def send(self, plan: UnitPlan, message: Message) -> None:
        """What the slave of ``plan`` has measured; what is empty came too late."""
        if message.body:
            self.counts.sent += 1
            seconds = STALE_INTERVALS * plan.every_minutes * 60
            self._slaves[plan.slave] = _Slave(message.body, self.now() + seconds)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    transaction, protocol, length, unit = struct.unpack(
                        ">HHHB", await reader.readexactly(HEADER_BYTES)
                    )
                    if protocol != 0 or not 2 <= length <= LONGEST_BYTES:
                        return
                    answer = self.answer(unit, await reader.readexactly(length - 1))
                    writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
                    await writer.drain()
        finally:
            writer.close()

    def answer(self, unit: int, request: bytes) -> bytes:
        """The answer to a request, without its header."""
        slave = self._slaves.get(unit)
        if slave is None or slave.until < self.now():
            return _exception(request[0], NO_RESPONSE)
        if request[0] not in READ_FUNCTIONS:
            return _exception(request[0], ILLEGAL_FUNCTION)
        if len(request) != 5:
            return _exception(request[0], ILLEGAL_VALUE)
        address, count = struct.unpack(">HH", request[1:])
        first = 2 * (address - FIRST_REGISTER)
        if count < 1 or first < 0 or first + 2 * count > len(slave.registers):
            return _exception(request[0], ILLEGAL_ADDRESS)
        self.counts.taken += 1
        return bytes([request[0], 2 * count]) + slave.registers[first : first + 2 * count]


def _exception(function: int, code: int) -> bytes:
    return bytes([function | 0x80, code])
