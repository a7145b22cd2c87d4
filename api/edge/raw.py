"""Raw bytes for eyes: text in which nothing is invisible, and hex. Pure."""

import re
import unicodedata

MOST_SHOWN_BYTES = 64 * 1024
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})  # control, direction, no character at all
# ISO 646 names: hardly a font has the pictures of U+2400.
_C0 = (
    *("NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI"),
    *("DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS"),
    "US",
)
_DELETE = 0x7F
_LINE_END = re.compile("⟨CR⟩⟨LF⟩|⟨CR⟩|⟨LF⟩")
_WIDTH = 16


def visible_text(raw: bytes) -> str:
    """Every control by its name ⟨CR⟩, what is no UTF-8 as \\xNN, what hides or turns text as ⟨U+NNNN⟩.

    A line ends after CR, LF or CRLF, so that segments stand below each other.
    """
    return _LINE_END.sub(r"\g<0>\n", "".join(map(_visible, raw.decode("utf-8", "backslashreplace"))))


def hex_dump(raw: bytes) -> str:
    """Offset, sixteen bytes, and their printable ASCII, a line each sixteen."""
    return "\n".join(_line(raw, start) for start in range(0, len(raw), _WIDTH))


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return f"⟨{_C0[code]}⟩"
    if unicodedata.category(character) in _HIDDEN:
        return f"⟨U+{code:04X}⟩"
    return character


def _line(raw: bytes, start: int) -> str:
    part = raw[start : start + _WIDTH]
    digits = " ".join(f"{byte:02x}" for byte in part)
    text = "".join(chr(byte) if 0x20 <= byte < _DELETE else "·" for byte in part)
    return f"{start:08x}  {digits:<{_WIDTH * 3 - 1}}  {text}"
