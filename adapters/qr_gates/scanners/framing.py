"""Codes out of a scanner's stream: a terminator (CR, LF, TAB, ETX) or a gap ends one, whatever was set up.

STX and an AIM identifier (ISO/IEC 15424: ``]Q1``) come off; the identifier is the frame's ``origin``. A ZIP
(DIVOC) holds every byte, so only a gap ends it.
"""

import re
from collections.abc import Iterator

from hub.contract import Frame, MalformedFrame

MOST_CODE_BYTES = 8192
_STX = b"\x02"
_TERMINATORS = re.compile(rb"[\r\n\t\x03]")
_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_ZIP = b"PK\x03\x04"


class ScannerCodec:
    """A gap that ends a code is ``idle_seconds`` of the pump: longer than a scanner pauses within one."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._is_too_long = False

    def feed(self, data: bytes) -> Iterator[Frame | MalformedFrame]:
        self._rest += data
        while True:
            found = self._terminator()
            if found and (self._is_too_long or found.start() <= MOST_CODE_BYTES):
                yield from self._ended(found.start(), found.end())
            elif not self._is_too_long and len(self._rest) > MOST_CODE_BYTES:
                yield self._cut()
            else:
                break
        if self._is_too_long:
            self._rest.clear()

    def flush(self) -> Iterator[Frame | MalformedFrame]:
        """A gap: what came is a code."""
        yield from self._ended(len(self._rest), len(self._rest))

    def close(self) -> Iterator[Frame | MalformedFrame]:
        """The line is gone: what came may be half a code."""
        left, self._rest = bytes(self._rest).strip(), bytearray()
        if left and not self._is_too_long:
            yield MalformedFrame(left, "scan.cut")
        self._is_too_long = False

    def reply(self, frame: Frame | MalformedFrame, *, accepted: bool) -> bytes:
        """Scanners ask for none."""
        return b""

    @property
    def pending(self) -> bool:
        return bool(self._rest)

    def _terminator(self) -> re.Match[bytes] | None:
        is_zip = not self._is_too_long and self._begins_zip()
        return None if is_zip else _TERMINATORS.search(self._rest)

    def _begins_zip(self) -> bool:
        """Also while it may still become one: the third byte of a ZIP is a terminator."""
        head = _unwrapped(bytes(self._rest[:16]))[0][: len(_ZIP)]
        return len(head) > 1 and _ZIP.startswith(head)

    def _ended(self, end: int, behind: int) -> Iterator[Frame]:
        code, is_whole = bytes(self._rest[:end]), not self._is_too_long
        del self._rest[:behind]
        self._is_too_long = False
        bare, symbology = _unwrapped(code)
        if not bare.startswith(_ZIP):
            bare, symbology = _unwrapped(code.rpartition(_STX)[2])
        if bare.strip() and is_whole:
            yield Frame(bare, origin=f"symbology {symbology}" if symbology else "")

    def _cut(self) -> MalformedFrame:
        """Longer than any code: told once, and the rest of it is thrown away."""
        begun = bytes(self._rest[:MOST_CODE_BYTES])
        del self._rest[: MOST_CODE_BYTES + 1]
        self._is_too_long = True
        return MalformedFrame(begun, "scan.too_long")


def _unwrapped(code: bytes) -> tuple[bytes, str]:
    """Without STX and AIM identifier; the identifier."""
    code = code.lstrip(_STX)
    symbology = _AIM.match(code)
    return (code[symbology.end() :], symbology[0].decode()) if symbology else (code, "")
