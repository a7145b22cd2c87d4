"""Coils, discrete inputs and counters by Modbus (Application Protocol V1.1b3, 6.2 to 6.5). Pure.

As a master that asks one thing and waits for its reply; adapters of the cold chain read registers elsewhere.
"""

import struct
from functools import reduce
from typing import Literal, NamedTuple

READ_INPUT, READ_HOLDING, READ_REGISTER, WRITE_COIL = 2, 3, 4, 5
ON, OFF = 0xFF00, 0x0000
MOST_TENTHS = 0x7FFF
LONGEST_FRAME = 260
_EXCEPTION = 0x80
# MODBUS over Serial Line V1.02, 6.2.2: what each byte does to the check.
_STEPS = tuple(
    reduce(lambda check, _: check >> 1 ^ 0xA001 * (check & 1), range(8), byte) for byte in range(256)
)


class ModbusFault(Exception):
    """The text is a code of ours: modbus.exception_2, modbus.crc, modbus.other."""


class Question(NamedTuple):
    """``value``: what is written, or how many are read; ``transaction`` is of TCP only."""

    framing: Literal["rtu", "tcp"]
    slave: int
    function: int
    address: int
    value: int
    transaction: int = 0

    def frame(self) -> bytes:
        body = struct.pack(">BBHH", self.slave, self.function, self.address, self.value)
        if self.framing == "rtu":
            return body + crc(body)
        return struct.pack(">HHH", self.transaction, 0, len(body)) + body


def crc(body: bytes) -> bytes:
    """As it is sent: the low byte first."""
    check = reduce(lambda check, byte: check >> 8 ^ _STEPS[(check ^ byte) & 0xFF], body, 0xFFFF)
    return check.to_bytes(2, "little")


def length_of(question: Question, known: bytes) -> int | None:
    """How long the reply that begins with ``known`` will be; None: too early to say."""
    if question.framing == "tcp":
        return min(6 + int.from_bytes(known[4:6], "big"), LONGEST_FRAME) if len(known) >= 6 else None
    if len(known) < 3:
        return None
    if known[1] & _EXCEPTION:
        return 5
    return 8 if question.function == WRITE_COIL else 5 + known[2]


def is_late(question: Question, reply: bytes) -> bool:
    """An answer to what was asked before."""
    return question.framing == "tcp" and reply[:2] != question.transaction.to_bytes(2, "big")


def confirmed(question: Question, reply: bytes) -> None:
    """A coil was written: the reply says the same again. Raises ModbusFault."""
    body = _body(question, reply)
    if body != struct.pack(">HH", question.address, question.value):
        raise ModbusFault("modbus.other")


def input_state(question: Question, reply: bytes) -> bool:
    """The one input that was asked for. Raises ModbusFault."""
    body = _body(question, reply)
    if len(body) != 2 or body[0] != 1:
        raise ModbusFault("modbus.other")
    return bool(body[1] & 1)


def count_in(question: Question, reply: bytes) -> int:
    """The registers that were asked for as one number, the high word first. Raises ModbusFault."""
    body = _body(question, reply)
    if len(body) != 1 + 2 * question.value or body[0] != 2 * question.value:
        raise ModbusFault("modbus.other")
    return int.from_bytes(body[1:], "big")


def _body(question: Question, reply: bytes) -> bytes:
    """What stands behind the function."""
    if question.framing == "rtu":
        if len(reply) < 5 or crc(reply[:-2]) != reply[-2:]:
            raise ModbusFault("modbus.crc")
        unit = reply[:-2]
    else:
        if len(reply) < 8 or reply[2:4] != b"\0\0" or int.from_bytes(reply[4:6], "big") != len(reply) - 6:
            raise ModbusFault("modbus.other")
        unit = reply[6:]
    if len(unit) < 3 or unit[0] != question.slave or unit[1] & ~_EXCEPTION != question.function:
        raise ModbusFault("modbus.other")
    if unit[1] & _EXCEPTION:
        raise ModbusFault(f"modbus.exception_{unit[2]}")
    return unit[2:]
