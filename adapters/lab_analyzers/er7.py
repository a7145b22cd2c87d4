"""A lazy reader of HL7 v2 messages in ER7 encoding.

The header is read from bytes alone, for routing and for the answer; the message is decoded once,
cut into lines, and fields are cut only where somebody asks. Everything is bounded, because a
sender chooses the delimiters and may send 16 MiB of them.
Source: HL7 2.5.1 chapter 2: 2.5.4 delimiters, 2.7 escape sequences, 2.15.9 MSH.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from adapters.lab_analyzers.charsets import decode

MAX_CONTROL_CHARACTERS = 199  # MSH-10 is ST(199) since HL7 2.7
MAX_SEGMENTS = 20_000  # a cobas 4800 run of 96 wells has about 1,200
NULL = '""'  # "delete what you have", as against empty: "not sent" (2.5.3)

_MAX_FIELDS = 40  # beyond the last field read anywhere (MSH-21); the rest stays in one piece
_MAX_REPETITIONS = 32
_MAX_COMPONENTS = 12
_MAX_ESCAPED_CHARACTERS = 4096  # no value that is read is longer; pictures and documents are not read
_MAX_HEADER_BYTES = 64 * 1024  # MSH without its CR may be the whole of a message; no header is so long
_BEFORE_MSH = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x00]*(?=MSH)")  # a byte order mark, blank lines
_ENCODING_CHARACTERS = (4, 5)  # five since 2.7: "#" marks truncation


class Delimiters(NamedTuple):
    """MSH-1 and MSH-2, one character each."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


STANDARD = Delimiters("|", "^", "~", "\\", "&")


class Fault(NamedTuple):
    """Why a message cannot be identified; ``control`` is MSH-10 where it could be read all the same."""

    reason: str
    place: str
    control: bytes = b""
    delimiters: Delimiters | None = None


class Header:
    """The MSH segment, fields as bytes; MSH-1 is the separator itself, so MSH-n is at n - 1."""

    __slots__ = ("_fields", "delimiters")

    def __init__(self, fields: list[bytes], delimiters: Delimiters) -> None:
        self._fields = fields
        self.delimiters = delimiters

    def raw(self, number: int) -> bytes:
        """MSH-``number`` as it came, empty when it was not sent."""
        return self._fields[number - 1] if number <= len(self._fields) else b""

    def text(self, number: int, component: int = 1) -> str:
        """A component of MSH-``number``; bytes above 127 as Latin-1, which loses none."""
        whole = self.raw(number).decode("latin-1")
        parts = whole.split(self.delimiters.component, _MAX_COMPONENTS)
        text = parts[component - 1].strip() if component <= len(parts) else ""
        return "" if text == NULL else text

    @property
    def control(self) -> str:
        """MSH-10, verbatim and bounded."""
        return self.raw(10)[:MAX_CONTROL_CHARACTERS].decode("latin-1")


@lru_cache(maxsize=1)  # framing, reading and answering a message ask for it one after the other
def read_header(raw: bytes) -> Header | Fault:
    """The MSH segment of ``raw``, or why nothing can be attributed to this message."""
    start = 0
    if not raw.startswith(b"MSH"):
        lead = _BEFORE_MSH.match(raw)
        if lead is None:
            return Fault("hl7.no_msh", "MSH")
        start = lead.end()
    fields = raw[start : _segment_end(raw, start)].split(raw[start + 3 : start + 4] or b"|", _MAX_FIELDS)
    encoding = fields[1] if len(fields) > 1 else b""
    control = fields[9] if len(fields) > 9 else b""
    delimiters = _delimiters(raw[start + 3 : start + 4], encoding)
    if delimiters is None:
        return Fault("hl7.separators", "MSH-2", control)
    if not control.strip() or control == b'""':
        return Fault("hl7.no_control_id", "MSH-10", b"", delimiters)
    return Header(fields, delimiters)


def _segment_end(raw: bytes, start: int) -> int:
    most = start + _MAX_HEADER_BYTES
    end = raw.find(b"\r", start, most)
    if end < 0:
        end = min(len(raw), most)
    line_feed = raw.find(b"\n", start, end)
    return end if line_feed < 0 else line_feed


@lru_cache(maxsize=64)
def _delimiters(separator: bytes, encoding: bytes) -> Delimiters | None:
    """None unless all are distinct ASCII punctuation: with anything else fields cannot be told apart."""
    if len(encoding) not in _ENCODING_CHARACTERS or len(separator) != 1:
        return None
    characters = separator + encoding
    if len(set(characters)) != len(characters) or not all(0x21 <= byte <= 0x7E for byte in characters):
        return None
    if any(chr(byte).isalnum() for byte in characters):
        return None
    component, repetition, escape, subcomponent = list(encoding.decode("ascii"))[:4]
    return Delimiters(separator.decode("ascii"), component, repetition, escape, subcomponent)


class Message:
    """A decoded message; ``lines`` are its segments without MSH, uncut."""

    __slots__ = ("charset", "delimiters", "header", "lines")

    def __init__(self, header: Header, lines: list[str], charset: str) -> None:
        self.header = header
        self.delimiters = header.delimiters
        self.lines = lines
        self.charset = charset

    def segment(self, line: str) -> "Segment":
        return Segment.cut(line, self.delimiters, self.charset)


def read_message(raw: bytes, header: Header, charset: str = "") -> Message | Fault:
    """Decode and cut ``raw``; segments may end in CR, LF or both, blank lines are no segments.

    ``charset`` (a Python codec) goes before MSH-18.
    """
    if raw.count(b"\r") + raw.count(b"\n") > 2 * MAX_SEGMENTS:
        return Fault("hl7.too_many", "segments")
    text, used = decode(raw, charset, header.text(18))
    if "\n" in text:
        text = text.replace("\n", "\r")
    lines = [line for line in text.split("\r") if line]
    if any(line[0] <= " " for line in lines):
        lines = [line for line in map(_without_lead, lines) if line]
    if len(lines) > MAX_SEGMENTS:
        return Fault("hl7.too_many", "segments")
    return Message(header, lines[1:], used)


def _without_lead(line: str) -> str:
    return line.lstrip(" \t\0\v\f")


class Segment:
    """One segment other than MSH; fields, components and repetitions count from 1.

    ``fields`` are as they came; the first of them is the segment's name.
    """

    __slots__ = ("_charset", "_delimiters", "fields")

    def __init__(self, fields: list[str], delimiters: Delimiters, charset: str) -> None:
        self.fields = fields
        self._delimiters = delimiters
        self._charset = charset

    @classmethod
    def cut(cls, line: str, delimiters: Delimiters, charset: str) -> "Segment":
        return cls(split_fields(line, delimiters), delimiters, charset)

    def field(self, number: int) -> str:
        """The field as it came: "" was not sent, NULL is a deletion."""
        return self.fields[number] if number < len(self.fields) else ""

    def components(self, number: int) -> list[str]:
        """The components of the first repetition, escapes undone, null as empty; never an empty list."""
        field = self.fields[number] if number < len(self.fields) else ""
        if not field or field == NULL:
            return [""]
        marks = self._delimiters
        if marks.repetition in field:
            field = field.split(marks.repetition, 1)[0]
        parts = field.split(marks.component, _MAX_COMPONENTS)
        return (
            parts if marks.escape not in field and '"' not in field else [self._plain(part) for part in parts]
        )

    def repetitions(self, number: int) -> list[list[str]]:
        """All repetitions (at most 32), each as its components."""
        field = self.fields[number] if number < len(self.fields) else ""
        if not field:
            return [[""]]
        _, component, repetition, escape, _ = self._delimiters
        repeated = field.split(repetition, _MAX_REPETITIONS)[:_MAX_REPETITIONS]
        parts = [each.split(component, _MAX_COMPONENTS) for each in repeated]
        if escape not in field and '"' not in field:
            return parts
        return [[self._plain(part) for part in each] for each in parts]

    def is_repeated(self, number: int) -> bool:
        """Whether a field has more than one repetition."""
        return number < len(self.fields) and self._delimiters.repetition in self.fields[number]

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """One subcomponent of the first repetition, stripped."""
        field = self.fields[number] if number < len(self.fields) else ""
        if not field or field == NULL:
            return ""
        if field.isalnum():  # no delimiter is; most fields are a code or a time
            return field if component == subcomponent == 1 else ""
        marks = self._delimiters
        if marks.repetition in field:
            field = field.split(marks.repetition, 1)[0]
        if component > 1 or marks.component in field:
            field = _part(field, marks.component, component)
        if subcomponent > 1 or marks.subcomponent in field:
            field = _part(field, marks.subcomponent, subcomponent)
        return self._plain(field).strip()

    def texts(self, number: int, component: int = 1, subcomponent: int = 1) -> list[str]:
        """One subcomponent of each repetition (at most 32) that has it filled, stripped."""
        marks = self._delimiters
        repeated = self.field(number).split(marks.repetition, _MAX_REPETITIONS)[:_MAX_REPETITIONS]
        parts = (_part(_part(each, marks.component, component), marks.subcomponent, subcomponent)
                 for each in repeated)  # fmt: skip
        return [text for text in (self._plain(part).strip() for part in parts) if text]

    def _plain(self, text: str) -> str:
        if text == NULL:
            return ""
        return unescape(text, self._delimiters, self._charset) if self._delimiters.escape in text else text


def split_fields(line: str, delimiters: Delimiters) -> list[str]:
    """The fields of a segment; the first of them is its name."""
    return line.split(delimiters.field, _MAX_FIELDS)


def _part(text: str, mark: str, wanted: int) -> str:
    parts = text.split(mark, wanted)
    return parts[wanted - 1] if wanted <= len(parts) else ""


_ESCAPE_OF = {"F": 0, "S": 1, "R": 2, "E": 3, "T": 4}  # index into Delimiters
_FORMATTING = {".br": "\n", ".sp": "\n", "H": "", "N": ""}
_HEXADECIMAL = re.compile(r"X((?:[0-9A-Fa-f]{2}){1,64})")


def unescape(text: str, delimiters: Delimiters, charset: str = "utf-8") -> str:
    r"""Undo \F\ \S\ \T\ \R\ \E\ \Xhh..\ and line breaks; what is unknown or not closed stays as it is.

    So does a text of more than 4,096 characters: none that is read is so long.
    """
    mark = delimiters.escape
    if len(text) > _MAX_ESCAPED_CHARACTERS:
        return text
    pieces = text.split(mark)
    out = [pieces[0]]
    at = 1
    while at < len(pieces):
        meaning = _meaning(pieces[at], delimiters, charset) if at + 1 < len(pieces) else None
        if meaning is None:
            out.append(mark + pieces[at])
            at += 1
        else:
            out.append(meaning + pieces[at + 1])
            at += 2
    return "".join(out)


def _meaning(sequence: str, delimiters: Delimiters, charset: str) -> str | None:
    if sequence in _ESCAPE_OF:
        return delimiters[_ESCAPE_OF[sequence]]
    if sequence in _FORMATTING:
        return _FORMATTING[sequence]
    digits = _HEXADECIMAL.fullmatch(sequence)
    return bytes.fromhex(digits.group(1)).decode(charset, "replace") if digits else None
