"""AT commands of a GSM modem in text mode (3GPP TS 27.005 and 27.007), bytes in and replies out. No I/O.

One command at a time. What the modem says unasked (rings, new messages, registrations) between two commands
is dropped: messages are asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST_LINE = 2048
MOST_LINES = 1000
END_OF_TEXT, ESCAPE = b"\x1a", b"\x1b"
PROMPT = b"> "
_ERROR = re.compile(r"\+(CM[SE]) ERROR: *(\d{1,5})\Z")
_LISTED = re.compile(r'\+CMGL: *(\d{1,5}) *, *"[^"]*" *, *"([^"]{1,40})"')
_HEX = re.compile(r"(?:[0-9A-Fa-f]{4})+\Z")


class ModemFault(Exception):
    """What came is no conversation; the text is a code of ours."""


class Reply(NamedTuple):
    """How a command ended: ``ok``, ``prompt``, ``error``, ``cms.331`` or ``cme.10``; lines before the end."""

    end: str
    lines: tuple[str, ...] = ()


class Incoming(NamedTuple):
    """A message in the modem's store; texts in UCS-2 are decoded."""

    slot: int
    number: str
    text: str


@dataclass(slots=True)
class Dialogue:
    """``begin`` gives what to send; ``feed`` the reply once it is whole."""

    _waiting: bool = False
    _echo: bytes = b""
    _buffer: bytearray = field(default_factory=bytearray)
    _lines: list[str] = field(default_factory=list)

    def begin(self, command: str) -> bytes:
        """What came before belongs to nothing."""
        self._waiting, self._echo = True, command.encode("ascii")
        self._buffer.clear()
        self._lines.clear()
        return self._echo + b"\r"

    def text(self, sms: str) -> bytes:
        """After the prompt: the words of a message; they have no control characters."""
        self._waiting, self._echo = True, b""
        return sms.encode("ascii") + END_OF_TEXT

    def feed(self, data: bytes) -> Reply | None:
        """Raises ModemFault for more than any modem says."""
        if not self._waiting:
            return None
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            if reply := self._line(line):
                return reply
        if bytes(self._buffer).lstrip(b"\r") == PROMPT:
            return self._ended("prompt")
        if len(self._buffer) > LONGEST_LINE:
            raise ModemFault("modem.line_too_long")
        return None

    def _line(self, raw: bytes) -> Reply | None:
        if raw.strip() == self._echo.strip() or not raw.strip():
            return None
        line = raw.decode("latin-1")
        if line == "OK":
            return self._ended("ok")
        if line == "ERROR":
            return self._ended("error")
        if failed := _ERROR.match(line):
            return self._ended(f"{failed[1].lower()}.{failed[2]}")
        if len(line) > LONGEST_LINE or len(self._lines) >= MOST_LINES:
            raise ModemFault("modem.too_much")
        self._lines.append(line)
        return None

    def _ended(self, end: str) -> Reply:
        self._waiting = False
        self._buffer.clear()
        return Reply(end, tuple(self._lines))


def incoming(lines: Sequence[str]) -> list[Incoming]:
    """The messages of AT+CMGL; lines that belong to none are left out."""
    found: list[Incoming] = []
    for line in lines:
        if listed := _LISTED.match(line):
            found.append(Incoming(int(listed[1]), listed[2], ""))
        elif found:
            last = found[-1]
            found[-1] = last._replace(text=f"{last.text}\n{line}" if last.text else line)
    return [each._replace(text=_readable(each.text)) for each in found]


def _readable(text: str) -> str:
    """Words with marks come as UCS-2 in hexadecimal digits."""
    if not _HEX.match(text):
        return text
    return bytes.fromhex(text).decode("utf-16-be", "replace")
