"""Writes HL7 segments as one machine reads them: its delimiters, its charset, its names. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from adapters.lab_analyzers.acknowledge import version_of
from adapters.lab_analyzers.er7 import STANDARD, Delimiters, Header

US = b"EPIHUB"
_MAX_NAME_BYTES = 227  # HD; what MSH-3 to MSH-6 may be since HL7 2.5
_MAX_CODE_BYTES = 64
_CONTROLS = bytes(range(0x20)) + b"\x7f"
_MARKS = b"\x0b\x1c\r\n"  # no others: ESC and what follows it is a character of ISO-2022-JP
_NAMES = "FSRET"  # of the delimiters, in the order of ``Delimiters``: \F\ \S\ \R\ \E\ \T\
_NULL = '""'
_ENDS_A_FIELD = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a machine writes, what it calls itself and us. ``charset``: MSH-18, ``codec``: Python's name."""

    delimiters: Delimiters = STANDARD
    codec: str = "utf-8"
    us: bytes = US
    our_facility: bytes = b""
    machine: bytes = b""
    its_facility: bytes = b""
    processing: bytes = b"P"
    version: bytes = b"2.5.1"
    charset: bytes = b"UNICODE UTF-8"
    has_profiles: bool = True  # whether its messages carry MSH-21


def manner_of(header: Header, codec: str) -> Manner:
    """Under the name that the machine gave us (MSH-5), to the one it gave itself (MSH-3)."""
    names = (_clean(header.raw(number), _MAX_NAME_BYTES) for number in (5, 6, 3, 4))
    us, our_facility, machine, its_facility = names
    return Manner(
        header.delimiters,
        codec,
        us or US,
        our_facility,
        machine,
        its_facility,
        _clean(header.raw(11), 3) or b"P",
        version_of(header),
        _clean(header.raw(18), _MAX_CODE_BYTES),
        bool(header.raw(21).strip()),
    )


def _clean(raw: bytes, most: int) -> bytes:
    return raw[:most].translate(None, _CONTROLS)


class Pen:
    """Segments in one manner; a text that its charset has no sign for raises UnicodeEncodeError."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        marks = manner.delimiters
        named = zip(marks, _NAMES, strict=True)
        self._escapes = {mark: f"{marks.escape}{name}{marks.escape}" for mark, name in named}

    def text(self, text: str) -> str:
        """A text of ours as a field's content: delimiters and control characters escaped."""
        text.encode("ascii" if self.manner.charset.upper() == b"ASCII" else self.manner.codec)
        return self.heard(text)

    def heard(self, text: str) -> str:
        """The same for a text of the machine itself: it goes back, whatever charset it said to have."""
        if text == _NULL:  # it would read "delete what you have"
            return f"{self._hexadecimal(chr(34))}{chr(34)}"
        plain = "".join(self._escapes.get(sign, sign) for sign in text)
        return _ENDS_A_FIELD.sub(lambda found: self._hexadecimal(found.group()), plain)

    def _hexadecimal(self, sign: str) -> str:
        mark = self.manner.delimiters.escape
        return f"{mark}X{ord(sign):02X}{mark}"

    def parts(self, *texts: str) -> str:
        """A field of components, none trailing."""
        return self.manner.delimiters.component.join(map(self.text, texts)).rstrip(
            self.manner.delimiters.component
        )

    def segment(self, name: str, fields: dict[int, str]) -> bytes:
        """Fields as they are to stand, by their numbers; MSH is written by ``header``."""
        row = [name, *(fields.get(number, "") for number in range(1, max(fields, default=0) + 1))]
        return self.manner.delimiters.field.join(row).encode(self.manner.codec, "replace")

    def header(
        self, kind: str, control: bytes, at: datetime, wanted: bytes = b"", profile: bytes = b""
    ) -> bytes:
        """MSH. ``kind`` is MSH-9 with ^; ``wanted`` are MSH-15 and MSH-16, joined by |."""
        manner = self.manner
        marks = manner.delimiters
        encoding = marks.component + marks.repetition + marks.escape + marks.subcomponent
        fields = [b"MSH", encoding.encode("ascii")]
        fields += [manner.us, manner.our_facility, manner.machine, manner.its_facility]
        fields += [at.strftime("%Y%m%d%H%M%S%z").encode("ascii"), b""]
        fields += [kind.replace("^", marks.component).encode("ascii"), control]
        fields += [manner.processing, manner.version]
        if wanted or manner.charset or profile:
            fields += [b"", b"", *(wanted.split(b"|") if wanted else (b"", b"")), b"", manner.charset]
        if profile:
            fields += [b"", b"", profile]
        return marks.field.encode("ascii").join(fields)


def local_time(ms: int, zone: tzinfo | None) -> str:
    """To the second, in ``zone``, which is not named."""
    return datetime.fromtimestamp(ms // 1000, zone).strftime("%Y%m%d%H%M%S")


def joined(segments: list[bytes]) -> bytes:
    """A message; what came from the machine and stands in it as it came cannot end its block or a segment."""
    return b"\r".join(segment.translate(None, _MARKS) for segment in segments) + b"\r"
