"""HL7 acknowledgements: AA, AE, AR and CA, CE, CR, with an ERR segment that says where and why.

Written in the sender's delimiters, so that MSA-2 repeats MSH-10 byte by byte and characters of
the sender's charset come back as they were. Everything that is ours is ASCII.
Source: HL7 2.5.1, 2.9 (acknowledgement), 2.15.5 ERR, 2.15.8 MSA, tables 0008, 0357, 0516.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from adapters.lab_analyzers.acknowledgement_mode import Answer
from adapters.lab_analyzers.er7 import (
    MAX_CONTROL_CHARACTERS,
    STANDARD,
    Delimiters,
    Fault,
    Header,
    read_header,
)

_MAX_NAME_BYTES = 227  # HD; what MSH-3 to MSH-6 may be since HL7 2.5
_MAX_CODE_BYTES = 64  # message type, processing id, charset, message profile
_CONTROLS = bytes(range(0x20)) + b"\x7f"
_TRIGGER = re.compile(r"[A-Z][0-9A-Z]{2}", re.ASCII)
_VERSION = re.compile(rb"2(?:\.[0-9]){1,2}")
_ERL_SINCE = b"2.5"  # before, ERR-1 was the only field and held place and code together
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:-([0-9]{1,2}))?")


class Trouble(NamedTuple):
    """What ERR tells: our reason code, the place ("MSH-10"), the code of table 0357."""

    reason: str
    place: str
    code: int


_HL7_CODE = {
    "hl7.no_msh": 100,
    "mllp.empty": 100,
    "mllp.incomplete": 100,
    "hl7.no_control_id": 101,
    "hl7.separators": 102,
    "hl7.no_query": 100,
    "hl7.no_specimen": 101,
}
NOT_COMMITTED = Trouble("not_committed", "MSH", 207)


def trouble(reason: str, place: str) -> Trouble:
    """The ERR of a malformed frame; 207 is "application internal error", the code for all else."""
    return Trouble(reason, place, _HL7_CODE.get(reason, 207))


def acknowledge(raw: bytes, answer: Answer, now_ms: int, error: Trouble | None = None) -> bytes:
    """The acknowledgement of ``raw`` without link framing.

    Its own MSH-10 comes from the bytes answered and the answer: the same message is answered the
    same. MSH-15 and MSH-16 stay empty, since nobody answers an answer.
    """
    header = read_header(raw)
    if isinstance(header, Fault):
        marks = header.delimiters or STANDARD
        control, version, segments = header.control, b"2.5.1", [_own_header(marks, raw, answer, now_ms)]
    else:
        marks, version = header.delimiters, version_of(header)
        control, segments = header.raw(10), [_header(header, version, raw, answer, now_ms)]
    separator = marks.field.encode("ascii")
    segments.append(separator.join((b"MSA", answer.encode("ascii"), echo(control, separator))))
    if error is not None:
        segments.append(error_segment(error, marks, version))
    return b"\r".join(segments) + b"\r"


def echo(control: bytes, separator: bytes) -> bytes:
    """MSH-10 as MSA-2 repeats it."""
    return control[:MAX_CONTROL_CHARACTERS].translate(None, _CONTROLS + separator)


def _header(header: Header, version: bytes, raw: bytes, answer: Answer, now_ms: int) -> bytes:
    names = (header.raw(number)[:_MAX_NAME_BYTES] for number in (6, 3, 4))
    rest = (header.raw(number)[:_MAX_CODE_BYTES] for number in (9, 11, 18, 21))
    before, between, behind = _around(header.delimiters, version, *names, *rest)
    return b"".join((before, _stamp(now_ms // 1000), between, _own_id(raw, answer), behind))


@lru_cache(maxsize=128)
def _around(
    marks: Delimiters,
    version: bytes,
    to: bytes,
    application: bytes,
    facility: bytes,
    kind: bytes,
    processing: bytes,
    charset: bytes,
    message_profile: bytes,
) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and behind time and id: the same in all answers to a device."""
    separator = marks.field.encode("ascii")
    to, application, facility = (name.translate(None, _CONTROLS) for name in (to, application, facility))
    behind = [processing[:3].translate(None, _CONTROLS) or b"P", version]
    charset, message_profile = (code.translate(None, _CONTROLS) for code in (charset, message_profile))
    if charset or message_profile:
        behind += [b"", b"", b"", b"", b"", charset]
    if message_profile:  # IHE LAW wants MSH-21 in every message of a transaction: LAB-29^IHE
        behind += [b"", b"", message_profile]
    return (
        separator.join((_first_fields(marks), b"EPIHUB", to, application, facility, b"")),
        separator.join((b"", b"", _kind(kind, marks), b"")),
        separator.join((b"", *behind)),
    )


def _kind(sent: bytes, marks: Delimiters) -> bytes:
    parts = sent.decode("latin-1").split(marks.component, 2)
    trigger = parts[1].strip() if len(parts) > 1 else ""
    kind = f"ACK^{trigger}^ACK" if _TRIGGER.fullmatch(trigger) else "ACK"
    return kind.replace("^", marks.component).encode("ascii")


def _own_header(marks: Delimiters, raw: bytes, answer: Answer, now_ms: int) -> bytes:
    fields = (
        _first_fields(marks), b"EPIHUB", b"", b"", b"", _stamp(now_ms // 1000), b"", b"ACK",
        _own_id(raw, answer), b"P", b"2.5.1",
    )  # fmt: skip
    return marks.field.encode("ascii").join(fields)


def _first_fields(marks: Delimiters) -> bytes:
    encoding = marks.component + marks.repetition + marks.escape + marks.subcomponent
    return f"MSH{marks.field}{encoding}".encode("ascii")


def version_of(header: Header) -> bytes:
    """MSH-12 as it can stand in an answer."""
    version = header.raw(12).split(header.delimiters.component.encode("ascii"), 1)[0].strip()
    return version if _VERSION.fullmatch(version) else b"2.5.1"


def _own_id(raw: bytes, answer: Answer) -> bytes:
    return b"E" + blake2b(raw, digest_size=8, person=answer.encode("ascii")).hexdigest().encode("ascii")


@lru_cache(maxsize=8)
def _stamp(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S+0000").encode("ascii")


def error_segment(error: Trouble, marks: Delimiters, version: bytes) -> bytes:
    """ERR in the sender's delimiters."""
    match = _PLACE.fullmatch(error.place)
    segment, field = match.groups() if match else ("MSH", None)
    if version < _ERL_SINCE:
        old = f"ERR|{segment}^1^{field or ''}^{error.code}&{error.reason}&HL70357"
        return _in_marks(old, marks)
    place = f"{segment}^1^{field}" if field else f"{segment}^1"
    return _in_marks(f"ERR||{place}|{error.code}^{error.reason}^HL70357|E", marks)


def _in_marks(text: str, marks: Delimiters) -> bytes:
    """``text``, written in the standard delimiters, in the sender's."""
    table = str.maketrans("|^&", marks.field + marks.component + marks.subcomponent)
    return text.translate(table).encode("ascii")
