"""Requests and replies (MODBUS Application Protocol V1.1b3, Serial Line V1.02, TCP Implementation V1.0b).

A master knows what it asked: a reply is read by its request, and whole as soon as its length is there.
"""

import re
import struct
from typing import Literal, NamedTuple, Self

from adapters.cold_chain.undecodable import Undecodable

Framing = Literal["rtu", "tcp"]
MOST_REGISTERS = 125  # of one request
LONGEST_RTU, LONGEST_TCP = 256, 260
_EXCEPTION = 0x80
_ORIGIN = re.compile(r"(rtu|tcp) ([0-9]{1,3}) ([34]) ([0-9]{1,5}) ([0-9]{1,3})")


class Request(NamedTuple):
    """``width`` registers from ``address`` (as in the frame, from 0) by function 3 (holding) or 4 (input)."""

    framing: Framing
    slave: int
    function: int
    address: int
    width: int

    def frame(self, transaction: int) -> bytes:
        """Its bytes; ``transaction`` is of TCP only."""
        body = struct.pack(">BBHH", self.slave, self.function, self.address, self.width)
        if self.framing == "rtu":
            return body + crc(body)
        return struct.pack(">HHH", transaction, 0, len(body)) + body

    def __str__(self) -> str:
        return f"{self.framing} {self.slave} {self.function} {self.address} {self.width}"

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Of what ``str`` gives; None for anything else."""
        found = _ORIGIN.fullmatch(written)
        if not found or not 0 < int(found[5]) <= MOST_REGISTERS:
            return None
        framing: Framing = "rtu" if found[1] == "rtu" else "tcp"
        return cls(framing, *(int(number) for number in found.groups()[1:]))


class ReplyReader:
    """Bytes of a line until the reply to ``request`` is whole; an adapter's echo of it is left out."""

    def __init__(self, request: Request, transaction: int = 0) -> None:
        self._request = request
        self._transaction = transaction
        self._echo = request.frame(transaction)
        self._bytes = bytearray()

    def feed(self, data: bytes) -> bytes | None:
        """The reply, None while it is not whole. What is no reply at all is given as it came."""
        self._bytes += data
        while True:
            if self._echo.startswith(self._bytes[: len(self._echo)]):
                if len(self._bytes) < len(self._echo):
                    return None
                del self._bytes[: len(self._echo)]
            length = self._length()
            if length is None or len(self._bytes) < length:
                return None
            reply = bytes(self._bytes[:length])
            del self._bytes[:length]
            if not self._is_late(reply):
                return reply

    @property
    def rest(self) -> bytes:
        """What came and was no whole reply."""
        return bytes(self._bytes)

    def _length(self) -> int | None:
        known = self._bytes
        if self._request.framing == "tcp":
            return min(6 + int.from_bytes(known[4:6], "big"), LONGEST_TCP) if len(known) >= 6 else None
        if len(known) < 3:
            return None
        return 5 if known[1] & _EXCEPTION else min(5 + known[2], LONGEST_RTU)

    def _is_late(self, reply: bytes) -> bool:
        """An answer to what was asked before: its transaction is another one."""
        return self._request.framing == "tcp" and reply[:2] != self._transaction.to_bytes(2, "big")


def registers(reply: bytes, request: Request) -> tuple[int, ...]:
    """What the reply says, unsigned; raises Undecodable, with the code of an exception as its place."""
    body = _body(reply, request.framing)
    if len(body) < 3 or body[0] != request.slave:
        raise Undecodable("cold.modbus_other", f"{len(reply)} bytes")
    if body[1] == request.function | _EXCEPTION and len(body) == 3:
        raise Undecodable("cold.modbus_exception", f"exception {body[2]}")
    if body[1] != request.function or body[2] != 2 * request.width or len(body) != 3 + body[2]:
        raise Undecodable("cold.modbus_other", f"{len(reply)} bytes")
    return struct.unpack(f">{request.width}H", body[3:])


def crc(body: bytes) -> bytes:
    """CRC-16/MODBUS, as it is sent: the low byte first."""
    value = 0xFFFF
    for byte in body:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def _body(reply: bytes, framing: Framing) -> bytes:
    """Slave, function and data."""
    if framing == "rtu":
        if len(reply) < 4 or crc(reply[:-2]) != reply[-2:]:
            raise Undecodable("cold.modbus_crc", f"{len(reply)} bytes")
        return reply[:-2]
    if len(reply) < 8 or reply[2:4] != b"\0\0" or int.from_bytes(reply[4:6], "big") != len(reply) - 6:
        raise Undecodable("cold.modbus_other", f"{len(reply)} bytes")
    return reply[6:]
