"""Cuts a byte stream into E1381 frames and control characters; any chunking gives the same.

STX, frame number, text, ETX or ETB, two digits of checksum, CR LF. Lenient in: the digits in lower
case, CR or LF alone, fillers (CR, LF, NUL, blanks) between frames, no checksum where the profile says
so. STX, ENQ or EOT inside a frame means that its sender began anew. Every byte is in a Frame, in a
Broken, or is a control character or a filler; of a frame over the limit the bytes up to it are kept.
Source: ASTM E1381-95 sections 6.3 and 6.5 (restricted characters: 6.6.2); LIS1-A 8.
"""

import re
from enum import Enum
from zlib import adler32

from msgspec import Struct

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
FRAME_MAX_BYTES = 64 * 1024  # LIS1-A allows 64,000; the longest seen is a Yumizen's of 26,600
NOISE_MAX_BYTES = 64 * 1024

_FILLER = b" \t\r\n\x00"
_BEGIN = re.compile(rb"[\x02\x04\x05\x06\x15]")
_END = re.compile(rb"[\x02\x03\x04\x05\x17]")
_WHOLE = re.compile(rb"\x02([0-7])([^\x02\x03\x04\x05\x17]*)([\x03\x17])([0-9A-Fa-f]{2})\r\n")
_LINE_END = b"\r\n"
_CHECKSUM_BYTES = 2
_SUMMED_BYTES = 256  # 256 of 255 are below 65,521, the modulus of Adler-32


class Control(bytes, Enum):
    """A control character between frames."""

    ENQ = ENQ
    EOT = EOT
    ACK = ACK
    NAK = NAK


_CONTROLS = {each.value: each for each in Control}


class Frame(Struct, frozen=True):
    """One frame: ``number`` 0 to 7, ``last`` when ETX ended it; ``intact`` by its checksum."""

    number: int
    text: bytes
    last: bool
    intact: bool


class Broken(Struct, frozen=True):
    """Bytes that are no frame, and why."""

    raw: bytes
    reason: str


Token = Frame | Broken | Control


def checksum(covered: bytes | memoryview) -> bytes:
    """Of frame number, text and ETX or ETB: their sum modulo 256, two hexadecimal digits (6.3.1.4)."""
    return b"%02X" % _sum(covered)


def _sum(covered: bytes | memoryview) -> int:
    """Modulo 256: the low half of Adler-32 is one more than the sum (RFC 1950, 9), and far faster."""
    if len(covered) <= _SUMMED_BYTES:
        return adler32(covered) - 1 & 0xFF
    starts = range(0, len(covered), _SUMMED_BYTES)
    return sum((adler32(covered[at : at + _SUMMED_BYTES]) & 0xFFFF) - 1 for at in starts) & 0xFF


def encode(number: int, text: bytes, *, last: bool, with_checksum: bool = True) -> bytes:
    """A frame as it goes out."""
    covered = b"%d%b%b" % (number, text, ETX if last else ETB)
    return STX + covered + (checksum(covered) if with_checksum else b"") + _LINE_END


class FrameReader:
    """One direction of one line."""

    def __init__(self, frame_max_bytes: int = FRAME_MAX_BYTES, *, with_checksum: bool = True) -> None:
        self._frame_max = frame_max_bytes
        self._behind_end = 1 + (_CHECKSUM_BYTES if with_checksum else 0)
        self._buffer = bytearray()
        self._searched = 0  # no mark stands before here

    @property
    def pending(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._buffer.startswith(STX)

    def feed(self, data: bytes) -> list[Token]:
        """What ``data`` completes."""
        if not self._buffer and (token := self._at_once(data)):
            return [token]
        self._buffer += data
        tokens: list[Token] = []
        while self._inside(tokens) if self.pending else self._between(tokens):
            pass
        return tokens

    def _at_once(self, data: bytes) -> Token | None:
        """What nearly every read is: nothing waits, and ``data`` is one control character or one frame."""
        if len(data) == 1:
            return _CONTROLS.get(data)
        match = _WHOLE.fullmatch(data) if self._behind_end > 1 and len(data) <= self._frame_max else None
        if match is None:
            return None
        number, text, end, sent = match.groups()
        with memoryview(data) as whole:
            intact = sent.upper() == checksum(whole[1 : match.end(3)])
        return Frame(int(number), text, end == ETX, intact)

    def close(self) -> list[Token]:
        """The line ended or the frame took too long: what is left."""
        left, self._buffer = bytes(self._buffer), bytearray()
        self._searched = 0
        if left.startswith(STX):
            return [Broken(left, "astm.cut_frame")]
        return _noise(left)

    def _between(self, tokens: list[Token]) -> bool:
        mark = _BEGIN.search(self._buffer, self._searched)
        begins = mark.start() if mark else len(self._buffer)
        if begins > NOISE_MAX_BYTES:
            tokens += _noise(self._take(NOISE_MAX_BYTES))
            self._searched = begins - NOISE_MAX_BYTES
            return True
        if mark is None:
            self._searched = begins
            return False
        begun = mark.group()  # before the buffer moves under it
        tokens += _noise(self._take(begins))
        if begun != STX:
            tokens.append(Control(self._take(1)))
        return True

    def _inside(self, tokens: list[Token]) -> bool:
        mark = _END.search(self._buffer, max(1, self._searched))
        end = mark.start() if mark else len(self._buffer)
        if end > self._frame_max + 2:  # STX and the number
            tokens.append(Broken(self._take(self._frame_max), "astm.too_large"))
            return True  # the rest stands between frames, where it is noise
        if mark is None:
            self._searched = end
            return False
        if mark.group() not in (ETX, ETB):
            tokens.append(Broken(self._take(end), "astm.cut_frame"))
            return True
        return self._complete(tokens, end)

    def _complete(self, tokens: list[Token], end: int) -> bool:
        """The byte behind the frame ends it: CR, a lone LF, or what the next frame begins with."""
        behind = end + self._behind_end
        if len(self._buffer) <= behind:
            self._searched = end
            return False
        tokens.append(_frame(self._take(behind), end))
        return True

    def _take(self, count: int) -> bytes:
        with memoryview(self._buffer) as whole:  # a slice of a bytearray would be a second copy
            taken = bytes(whole[:count])
        del self._buffer[:count]
        self._searched = 0
        return taken


def _frame(raw: bytes, end: int) -> Frame | Broken:
    number, text = raw[1:2], raw[2:end]
    if number not in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7"):
        return Broken(raw, "astm.frame_number")
    sent = raw[end + 1 :]
    with memoryview(raw) as whole:
        intact = not sent or sent.upper() == checksum(whole[1 : end + 1])
    return Frame(int(number), text, raw[end : end + 1] == ETX, intact)


def _noise(raw: bytes) -> list[Token]:
    return [Broken(raw, "astm.noise")] if raw.strip(_FILLER) else []
