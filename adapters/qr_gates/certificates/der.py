"""Just enough DER to find three things in an X.509 certificate that stricter readers refuse.

The specimen certificate of ICAO has parameters where none may be: its key is sound and can be taken out.
"""

from typing import NamedTuple

SEQUENCE, CONTEXT_0, BIT_STRING, OID = 0x30, 0xA0, 0x03, 0x06
_MOST_BYTES = 16_384
_FIELDS_BEFORE_KEY = 5  # serial, algorithm, issuer, validity, subject (RFC 5280, section 4.1)


class Part(NamedTuple):
    """One element: its tag, its content, and itself with its head."""

    tag: int
    content: bytes
    whole: bytes


class Certificate(NamedTuple):
    """``signed``: the bytes under the signature; ``algorithm``: of the signature, as OID bytes."""

    signed: bytes
    spki: bytes
    algorithm: bytes
    signature: bytes
    usages: frozenset[bytes]


def certificate_of(der: bytes, usages: frozenset[bytes] = frozenset()) -> Certificate:
    """``usages``: OIDs (content bytes) to look for among its extended key usages; raises ValueError."""
    if len(der) > _MOST_BYTES:
        raise ValueError("der.too_long")
    outer = parts_of(der)
    if len(outer) != 1 or outer[0].tag != SEQUENCE:
        raise ValueError("der.no_certificate")
    body = parts_of(outer[0].content)
    fields = parts_of(_at(body, 0).content)
    place = _FIELDS_BEFORE_KEY + (bool(fields) and fields[0].tag == CONTEXT_0)
    tail = b"".join(part.whole for part in fields[place + 1 :])
    return Certificate(
        _at(body, 0).whole,
        _at(fields, place).whole,
        _at(parts_of(_at(body, 1).content), 0).content,
        _at(body, 2).content[1:],
        frozenset(oid for oid in usages if bytes([OID, len(oid)]) + oid in tail),
    )


def parts_of(data: bytes) -> list[Part]:
    """The elements that follow each other in ``data``; raises ValueError."""
    found, at = [], 0
    while at < len(data):
        start, tag = at, data[at]
        size, at = _length(data, at + 1)
        if at + size > len(data):
            raise ValueError("der.cut")
        at += size
        found.append(Part(tag, data[at - size : at], data[start:at]))
    return found


def _length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise ValueError("der.cut")
    first, at = data[at], at + 1
    if first < 0x80:
        return first, at
    count = first & 0x7F
    if not 1 <= count <= 3 or at + count > len(data):
        raise ValueError("der.length")
    return int.from_bytes(data[at : at + count], "big"), at + count


def _at(parts: list[Part], place: int) -> Part:
    if place >= len(parts):
        raise ValueError("der.no_certificate")
    return parts[place]
