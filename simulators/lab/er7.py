"""Writing HL7 v2 ER7 text: escapes, fields and segments (HL7 v2.5.1 chapter 2.5 and 2.7)."""

from collections.abc import Mapping

ENCODING_CHARACTERS = "^~\\&"
_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
    | {chr(code): f"\\X{code:02X}\\" for code in range(0x20)}
)


def escape(text: str) -> str:
    """Free text as it may stand in a component; delimiters and control characters become escapes."""
    return text.translate(_ESCAPES)


def components(*texts: str) -> str:
    """One field of escaped components, trailing empty ones left out."""
    return "^".join(escape(text) for text in texts).rstrip("^")


def repetitions(*fields: str) -> str:
    """A repeating field of fields that are ER7 already."""
    return "~".join(fields)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """A segment from ER7 fields by their number; numbers left out are empty. Not for MSH."""
    last = max(fields, default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def header(fields: Mapping[int, str]) -> str:
    """MSH, whose field 1 is the separator itself; ``fields`` starts with number 3."""
    rest = segment("", {number - 2: text for number, text in fields.items()})
    return f"MSH|{ENCODING_CHARACTERS}{rest}"


def message(segments: list[str]) -> bytes:
    """UTF-8 bytes, every segment ended by CR."""
    return "".join(f"{text}\r" for text in segments).encode("utf-8")
