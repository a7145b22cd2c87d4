"""SMART Health Cards ``shc:/``: pairs of digits, a JWS whose payload is deflated, a FHIR bundle inside.

Long cards were cut into several codes ``shc:/1/3/…`` (until December 2022): ``card_parts`` joins them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from adapters.qr_gates.certificates.base64url import base64url_decode
from adapters.qr_gates.certificates.bounded_inflate import RAW_DEFLATE, inflated
from adapters.qr_gates.certificates.bounded_json import json_object_of
from adapters.qr_gates.certificates.numeric_date import numeric_date
from adapters.qr_gates.certificates.signature import es256
from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.certificate_names import name_identity
from adapters.qr_gates.codes.code_dates import birth_of, date_of
from adapters.qr_gates.codes.code_text import initials_of
from adapters.qr_gates.codes.shown_code import (
    Family,
    PartOfCode,
    ShownCode,
    Trust,
    UnreadableCode,
    Vaccination,
)

KIND = "shc"
MOST_PARTS = 20
_SHAPE = re.compile(rb"(?i)shc:/(?:(?P<part>\d{1,2})/(?P<parts>\d{1,2})/)?(?P<digits>(?:\d\d)+)\s*")
_OFFSET = 45  # two digits are a sign of ASCII less 45
_MOST_ENTRIES = 50


class CardPart(NamedTuple):
    """One code of a card; ``part`` counts from 1."""

    part: int
    parts: int
    text: str


class _Jws(NamedTuple):
    header: dict[str, Any]
    signed: bytes
    payload: dict[str, Any]
    signature: bytes


def part_of(raw: bytes) -> CardPart:
    """Raises UnreadableCode."""
    found = _SHAPE.fullmatch(raw)
    if not found:
        raise UnreadableCode("smart_card.digits")
    digits = found["digits"]
    values = [int(digits[at : at + 2]) + _OFFSET for at in range(0, len(digits), 2)]
    part, parts = int(found["part"] or 1), int(found["parts"] or 1)
    if max(values) >= 127 or not 1 <= part <= parts <= MOST_PARTS:
        raise UnreadableCode("smart_card.digits")
    return CardPart(part, parts, bytes(values).decode("ascii"))


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Of a card in one code; raises UnreadableCode."""
    found = part_of(raw)
    if found.parts > 1:
        raise PartOfCode("code.further_parts")
    return read_text(found.text, trust)


def read_text(text: str, trust: TrustList) -> ShownCode:
    """Of the whole JWS; raises UnreadableCode."""
    jws = _jws(text)
    resources = list(_resources(jws.payload))
    patient = next((each for each in resources if each.get("resourceType") == "Patient"), {})
    family, given = _name(patient)
    born, issuer = str(patient.get("birthDate", "")), str(jws.payload.get("iss", ""))
    return ShownCode(
        KIND,
        name_identity(family, given, born),
        _trust(jws, issuer, trust),
        initials=initials_of(f"{family} {given}"),
        birth=birth_of(born),
        issuer=issuer[:200] or None,
        valid_from=numeric_date(jws.payload.get("nbf")),
        valid_to=numeric_date(jws.payload.get("exp")),
        claims=tuple(_vaccinations(resources)),
    )


def _jws(text: str) -> _Jws:
    try:
        header, payload, signature = text.split(".")
        told = json_object_of(base64url_decode(header))
        body = base64url_decode(payload)
        found = json_object_of(inflated(body, RAW_DEFLATE) if told.get("zip") == "DEF" else body)
        sign = base64url_decode(signature)
    except ValueError as error:
        raise UnreadableCode("smart_card.jws") from error
    return _Jws(told, f"{header}.{payload}".encode(), found, sign)


def _trust(jws: _Jws, issuer: str, trust: TrustList) -> Trust:
    """A key counts only for the issuer it was trusted for."""
    keys = trust.named("shc", str(jws.header.get("kid", "")).encode())
    mine = [each for each in keys if each.issuer == issuer]
    if not mine:
        return Trust.UNKNOWN_KEY
    if jws.header.get("alg") != "ES256":
        return Trust.BAD_SIGNATURE
    holds = any(es256(each.key, jws.signature, jws.signed) for each in mine)
    return Trust.VERIFIED if holds else Trust.BAD_SIGNATURE


def _resources(payload: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    match payload:
        case {"vc": {"credentialSubject": {"fhirBundle": {"entry": list() as entries}}}}:
            for entry in entries[:_MOST_ENTRIES]:
                match entry:
                    case {"resource": dict() as resource}:
                        yield resource


def _name(patient: Mapping[str, Any]) -> tuple[str, str]:
    match patient.get("name"):
        case [{"family": str() as family, "given": list() as given}, *_]:
            return family, " ".join(each for each in given if isinstance(each, str))
        case [{"family": str() as family}, *_]:
            return family, ""
    return "", ""


def _vaccinations(resources: list[dict[str, Any]]) -> Iterator[Vaccination]:
    """Completed ones in the order of their days: each is a dose, of how many the card does not say."""
    found = []
    for each in resources:
        match each:
            case {"resourceType": "Immunization", "status": "completed", "occurrenceDateTime": str() as at}:
                on = date_of(at[:10])
                if on is not None:
                    found.append((on, _product(each)))
    for dose, (on, product) in enumerate(sorted(found), 1):
        yield Vaccination(on, dose, 0, product)


def _product(immunization: Mapping[str, Any]) -> str:
    match immunization:
        case {"vaccineCode": {"coding": [{"code": str() as code}, *_]}}:
            return code[:64]
    return ""


FAMILY = Family(KIND, 11, lambda raw: raw[:5].lower() == b"shc:/", read)
