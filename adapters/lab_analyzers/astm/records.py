"""A lazy reader of E1394 records: fields are cut only where somebody asks.

The delimiters are what the header record says (GeneXpert writes ``@^\\`` where others write ``\\^&``).
Fields count from 1, the record's type; everything is bounded, because a sender chooses the delimiters.
Source: ASTM E1394-97 (LIS2-A2) 5.4 delimiters, 5.4.6 escapes, 6 to 14 records.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from adapters.lab_analyzers.charsets import decode

MAX_RECORDS = 20_000
_MAX_FIELDS = 60
_MAX_REPETITIONS = 64
_MAX_COMPONENTS = 24
_MAX_ESCAPED_CHARACTERS = 4096
_MAX_HEADER_BYTES = 4096
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x00]*H")
_HEXADECIMAL = re.compile(r"X((?:[0-9A-Fa-f]{2}){1,64})")
_MEANING = {"F": "field", "S": "component", "R": "repetition", "E": "escape"}


class Delimiters(NamedTuple):
    """H.1 and H.2, one character each."""

    field: str
    repetition: str
    component: str
    escape: str


class Fault(NamedTuple):
    """Why a text cannot be read as records."""

    reason: str
    place: str


class Record:
    """One record: ``H``, ``P``, ``O``, ``R``, ``C``, ``Q``, ``M``, ``S`` or ``L``."""

    __slots__ = ("_cut", "_line", "delimiters", "place")

    def __init__(self, line: str, delimiters: Delimiters, place: str) -> None:
        self._line = line
        self._cut: list[str] | None = None  # most records are only told apart by their type
        self.delimiters = delimiters
        self.place = place

    @property
    def type(self) -> str:
        """One capital letter; some machines write it small."""
        return self._line.split(self.delimiters.field, 1)[0].strip()[:1].upper()

    @property
    def _fields(self) -> list[str]:
        if self._cut is None:
            self._cut = self._line.split(self.delimiters.field, _MAX_FIELDS)
        return self._cut

    def field(self, number: int) -> str:
        """The field as it came, stripped."""
        fields = self._fields
        return fields[number - 1].strip() if number <= len(fields) else ""

    def repetitions(self, number: int) -> list[list[str]]:
        """All repetitions, each as its components."""
        marks = self.delimiters
        repeated = self.field(number).split(marks.repetition, _MAX_REPETITIONS)[:_MAX_REPETITIONS]
        return [self._components(repetition) for repetition in repeated]

    def components(self, number: int) -> list[str]:
        """The components of the first repetition, escapes undone, stripped; never an empty list."""
        return self._components(self.field(number).split(self.delimiters.repetition, 1)[0])

    def text(self, number: int, component: int = 1) -> str:
        """One component of the first repetition; empty where there is none."""
        parts = self.components(number)
        return parts[component - 1] if component <= len(parts) else ""

    def _components(self, text: str) -> list[str]:
        if not text:
            return [""]
        marks = self.delimiters
        parts = text.split(marks.component, _MAX_COMPONENTS)
        if marks.escape not in text:
            return [part.strip() for part in parts]
        return [_unescaped(part, marks).strip() if marks.escape in part else part.strip() for part in parts]


@dataclass(frozen=True, slots=True)
class Records:
    """A message: its header first, then the rest in order."""

    header: Record
    rest: list[Record]
    delimiters: Delimiters


def read_records(raw: bytes, charset: str = "") -> Records | Fault:
    """Decode and cut ``raw``; records end in CR, LF or both, blank lines are none.

    ``charset`` (a Python codec) where the profile names one; E1394 has no field for it.
    """
    if not _HEADER.match(raw):
        return Fault("astm.no_header", "H")
    if raw.count(b"\r") + raw.count(b"\n") > 2 * MAX_RECORDS:
        return Fault("astm.too_many", "records")
    text, _ = decode(raw, charset, "")
    lines = [line for line in text.replace("\n", "\r").lstrip("\ufeff\0").split("\r") if line.strip(" \t\0")]
    delimiters = _delimiters(lines[0].lstrip())
    if delimiters is None:
        return Fault("astm.separators", "H-2")
    records = [Record(line.lstrip(), delimiters, f"record {at}") for at, line in enumerate(lines, 1)]
    if len(records) > MAX_RECORDS:
        return Fault("astm.too_many", "records")
    return Records(records[0], records[1:], delimiters)


def read_header_record(raw: bytes) -> Record | None:
    """H alone, for who asks only whose a message is; None where there is no usable one."""
    line = raw[:_MAX_HEADER_BYTES].replace(b"\n", b"\r").lstrip(b"\xef\xbb\xbf\0\r\t ").split(b"\r", 1)[0]
    text = line.decode("latin-1")
    delimiters = _delimiters(text) if text.startswith("H") else None
    return Record(text, delimiters, "record 1") if delimiters else None


def _delimiters(line: str) -> Delimiters | None:
    """None unless the four are distinct ASCII punctuation: others are not the same in every charset."""
    marks = line[1:5]
    if len(marks) < 4 or len(set(marks)) < 4 or not all(" " < mark <= "~" for mark in marks):
        return None
    if any(mark.isalnum() for mark in marks):
        return None
    return Delimiters(*marks)


def _unescaped(text: str, marks: Delimiters) -> str:
    """Undo &F& &S& &R& &E& and &Xhh..&; what is unknown or not closed stays as it is."""
    if len(text) > _MAX_ESCAPED_CHARACTERS:
        return text
    pieces = text.split(marks.escape)
    out, at = [pieces[0]], 1
    while at < len(pieces):
        meaning = _meaning(pieces[at], marks) if at + 1 < len(pieces) else None
        if meaning is None:
            out.append(marks.escape + pieces[at])
            at += 1
        else:
            out.append(meaning + pieces[at + 1])
            at += 2
    return "".join(out)


def _meaning(sequence: str, marks: Delimiters) -> str | None:
    name = _MEANING.get(sequence)
    if name is not None:
        return str(getattr(marks, name))
    digits = _HEXADECIMAL.fullmatch(sequence)
    return bytes.fromhex(digits.group(1)).decode("latin-1") if digits else None
