"""A laboratory result as ORU^R01 (HL7 v2.5.1, chapter 7.3.1), in UTF-8. Pure: the same event, the same bytes.

The message names nobody: PID-3 is the pseudonym where there is one; whoever keeps the orders joins by order
and specimen. A correction is a message of its own with OBR-25 and OBX-11 ``C``, a withdrawal with ``X`` or
``D``: OBR-3, the fact, is the same in all.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from hub.payloads import Call, Code, LabResult, Target

CONTROL_ID_BYTES = 10  # MSH-10 has 20 characters
_LONGEST_TEXT = 200
_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": " ", "\n": " "}
)
CODED: Final[dict[Call, tuple[str, str, str]]] = {
    "POS": ("260373001", "Detected", "SCT"),
    "NEG": ("260415000", "Not detected", "SCT"),
    "INDETERMINATE": ("419984006", "Inconclusive", "SCT"),
    "INVALID": ("INVALID", "Invalid", "99EPI"),
    "ERROR": ("ERROR", "Error", "99EPI"),
    "NO_RESULT": ("NO_RESULT", "No result", "99EPI"),
    "UNMAPPED": ("UNMAPPED", "Not understood", "99EPI"),
}


class Outgoing(NamedTuple):
    """What is written; ``fact`` names all versions of a result, times are RFC 3339 in UTC."""

    event: str
    fact: str
    site: str
    device: str
    time: str
    received: str
    lab: LabResult
    pool: bool = False


class Parties(NamedTuple):
    """MSH-3 to MSH-6."""

    sending_application: str
    sending_facility: str
    receiving_application: str = ""
    receiving_facility: str = ""


def control_id(event: str) -> str:
    """MSH-10: however often the event is sent, the same."""
    return blake2b(event.encode(), digest_size=CONTROL_ID_BYTES).hexdigest()


def filler_number(fact: str) -> str:
    """OBR-3.1: our name of the fact, without the names of its parts."""
    return blake2b(fact.encode(), digest_size=CONTROL_ID_BYTES).hexdigest()


def oru_r01(result: Outgoing, parties: Parties) -> bytes:
    """One message, its segments ended with CR, without framing."""
    return "".join(f"{segment}\r" for segment in _segments(result, parties)).encode()


def _segments(result: Outgoing, parties: Parties) -> Iterator[str]:
    lab = result.lab
    yield _header(result, parties)
    if lab.person is not None and not result.pool:
        yield f"PID|1||{_text(lab.person)}^^^EPIHUB^PI||^"
    yield _request(result)
    for number, observed in enumerate(_observed(lab), 1):
        yield f"OBX|{number}|{observed}|{_at(result.time)}|||{_text(result.device)}"
    yield f"SPM|1|^{_text(lab.specimen)}||ORH^Other^HL70487"


def _header(result: Outgoing, parties: Parties) -> str:
    named = "|".join(_text(party) for party in parties)
    kind = f"ORU^R01^ORU_R01|{control_id(result.event)}|P|2.5.1|||AL|NE||UNICODE UTF-8"
    return f"MSH|^~\\&|{named}|{_at(result.received)}||{kind}"


def _request(result: Outgoing) -> str:
    lab = result.lab
    fields = [""] * 26
    fields[1], fields[2] = "1", _text(lab.order or "")
    fields[3] = f"{filler_number(result.fact)}^EPIHUB"
    fields[4], fields[7] = _code(lab.test), _at(result.time)
    fields[22], fields[25] = _at(result.received), lab.status
    return "OBR|" + "|".join(fields[1:])


def _observed(lab: LabResult) -> Iterator[str]:
    """OBX-2 to OBX-13: the call, then each target with its call, quantity and cycles."""
    yield _obx("CWE", _code(lab.test), "", _coded(lab.call), "", lab.status)
    for number, target in enumerate(lab.targets, 1):
        yield from _of_target(target, str(number), lab.status)


def _of_target(target: Target, number: str, status: str) -> Iterator[str]:
    code = _code(target)
    yield _obx("CWE", code, f"{number}.1", _coded(target.call), "", status)
    if target.value is not None:
        told = f"{target.comparator or ''}^{_number(target.value)}"
        yield _obx("SN", code, f"{number}.2", told, _text(target.unit or ""), status)
    if target.ct is not None:
        cycles = f"CT-{_text(target.code)}^Ct {_text(target.code)}^99EPI"
        yield _obx("NM", cycles, f"{number}.3", _number(target.ct), "{Ct}^^UCUM", status)


def _obx(kind: str, code: str, sub: str, value: str, unit: str, status: str) -> str:
    return f"{kind}|{code}|{sub}|{value}|{unit}|||||{status}||"


def _code(test: Code | Target) -> str:
    own = f"{_text(test.code)}^{_text(test.text or '')}^99EPI"
    return f"{test.loinc}^{_text(test.text or '')}^LN^{own}" if test.loinc else own


def _coded(call: Call) -> str:
    return "^".join(CODED[call])


def _number(value: float) -> str:
    """Without exponent, as NM asks (2A.3.44)."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def _at(told: str) -> str:
    """RFC 3339 in UTC as DTM (2A.3.22)."""
    day, _, clock = told.partition("T")
    return f"{day.replace('-', '')}{clock.removesuffix('Z').replace(':', '')}+0000"


def _text(told: str) -> str:
    return " ".join(told.split())[:_LONGEST_TEXT].translate(_ESCAPES)
