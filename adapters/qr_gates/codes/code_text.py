"""Bytes of a code to text: UTF-8 with or without BOM, CP1258, twice-encoded UTF-8; always NFC.

The letters of a code reach us through scanners that were set up by anybody. What had to be guessed is
flagged; a pseudonym never depends on how letters were composed.
"""

import unicodedata
from typing import NamedTuple

CP1258 = "charset.cp1258"
MOJIBAKE = "charset.mojibake"
_BOM = "\ufeff"
# What UTF-8 looks like after a reader that took it for CP1252; one sign alone may be meant.
_SIGNS = ("Ã", "Ä", "á»", "áº", "Æ")
_LEAST_SIGNS = 2


class CodeText(NamedTuple):
    """``flags``: how the charset had to be guessed."""

    text: str
    flags: tuple[str, ...] = ()


def text_of(raw: bytes) -> CodeText:
    """Never fails: bytes that are no UTF-8 are read as CP1258, Viet Nam's code page, and flagged."""
    flags: tuple[str, ...] = ()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return CodeText(unicodedata.normalize("NFC", raw.decode("cp1258", "replace")), (CP1258,))
    text = text.removeprefix(_BOM)
    mended = _decoded_once_more(text)
    if mended is not None:
        text, flags = mended, (MOJIBAKE,)
    return CodeText(unicodedata.normalize("NFC", text), flags)


def initials_of(name: str) -> str:
    """First letters of each word, at most four: "Nguyễn Thị Ánh Tuyết" is "NTÁT"."""
    return "".join(word[0].upper() for word in name.split()[-4:])


def _decoded_once_more(text: str) -> str | None:
    if sum(text.count(sign) for sign in _SIGNS) < _LEAST_SIGNS:
        return None
    try:
        return b"".join(_byte_of(letter) for letter in text).decode("utf-8")
    except UnicodeError:
        return None


def _byte_of(letter: str) -> bytes:
    """As Windows reads a byte: where CP1252 has no letter, the control character of that number."""
    return letter.encode("latin-1") if 0x80 <= ord(letter) < 0xA0 else letter.encode("cp1252")
