"""``HC1:`` certificates of the EU form (hcert-spec), Viet Nam's vaccination passport too (5772/QĐ-BYT).

Base45, zlib, COSE_Sign1 and a CWT: claims 1 issuer, 4 expiry (inclusive), 6 issue, -260 the certificate.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from adapters.qr_gates.certificates.base45 import base45_decode
from adapters.qr_gates.certificates.bounded_cbor import cbor_of
from adapters.qr_gates.certificates.bounded_inflate import ZLIB, inflated
from adapters.qr_gates.certificates.cose_sign1 import CoseSign1, cose_of, signer_of
from adapters.qr_gates.certificates.numeric_date import numeric_date
from adapters.qr_gates.certificates.trust_list import TrustedKey, TrustList
from adapters.qr_gates.codes.certificate_names import name_identity
from adapters.qr_gates.codes.code_dates import birth_of, date_of
from adapters.qr_gates.codes.code_text import initials_of
from adapters.qr_gates.codes.shown_code import (
    CertifiedTest,
    Family,
    Recovery,
    ShownCode,
    Trust,
    UnreadableCode,
    Vaccination,
)

KIND = "eu-dcc"
ISSUER, EXPIRY, ISSUED, CERTIFICATE = 1, 4, 6, -260
_PREFIX = b"HC1:"
_ZLIB = 0x78
_MOST_ENTRIES = 20
_DETECTED, _NOT_DETECTED = "260373001", "260415000"  # SNOMED CT, as the value set test-result has them


def cose_from(raw: bytes) -> tuple[CoseSign1, tuple[str, ...]]:
    """The signed container, and what was odd; raises UnreadableCode."""
    flags: tuple[str, ...] = ()
    if raw[: len(_PREFIX)] != _PREFIX:  # a keyboard with Caps Lock
        raw, flags = raw.upper(), ("lower_case",)
    try:
        data = base45_decode(raw[len(_PREFIX) :].rstrip())
        return cose_of(inflated(data, ZLIB) if data[:1] == bytes([_ZLIB]) else data), flags
    except ValueError as error:
        raise UnreadableCode(f"certificate.{error}") from error


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Raises UnreadableCode."""
    cose, flags = cose_from(raw)
    claims = _claims(cose)
    body = claims[CERTIFICATE][1]
    kinds = {name for name, key in (("vaccination", "v"), ("test", "t"), ("recovery", "r")) if body.get(key)}
    names = body.get("nam") or {}
    born = birth_of(str(body.get("dob", "")))
    return ShownCode(
        KIND,
        name_identity(_text(names.get("fnt")), _text(names.get("gnt")), _text(body.get("dob"))),
        _trust(cose, trust, kinds),
        initials=initials_of(f"{_text(names.get('fn') or names.get('fnt'))} {_text(names.get('gn') or '')}"),
        birth=born,
        issuer=_text(claims.get(ISSUER))[:64] or None,
        valid_from=numeric_date(claims.get(ISSUED)),
        valid_to=numeric_date(claims.get(EXPIRY)),
        claims=tuple(_entries(body)),
        flags=flags,
    )


def _claims(cose: CoseSign1) -> Mapping[Any, Any]:
    try:
        claims = cbor_of(cose.payload)
    except ValueError as error:
        raise UnreadableCode("certificate.claims") from error
    match claims:
        case {-260: {1: {"ver": str(), "nam": Mapping()}}}:
            found: Mapping[Any, Any] = claims
            return found
    raise UnreadableCode("certificate.claims")


def _trust(cose: CoseSign1, trust: TrustList, kinds: set[str]) -> Trust:
    keys = trust.named("dcc", cose.key_id)
    if not keys:
        return Trust.UNKNOWN_KEY
    signer: TrustedKey | None = signer_of(cose, keys)
    if signer is None:
        return Trust.BAD_SIGNATURE
    return Trust.VERIFIED if not signer.usages or kinds <= signer.usages else Trust.WRONG_USAGE


def _entries(body: Mapping[str, Any]) -> Iterator[Vaccination | CertifiedTest | Recovery]:
    for key, reader in (("v", _vaccination), ("t", _test), ("r", _recovery)):
        entries = body.get(key) or []
        for entry in entries[:_MOST_ENTRIES] if isinstance(entries, (list, tuple)) else []:
            found = reader(entry) if isinstance(entry, Mapping) else None
            if found is not None:
                yield found


def _vaccination(entry: Mapping[str, Any]) -> Vaccination | None:
    on, dose, of = date_of(_text(entry.get("dt"))[:10]), entry.get("dn"), entry.get("sd")
    if on is None or not isinstance(dose, int) or not isinstance(of, int):
        return None
    return Vaccination(on, dose, of, _text(entry.get("mp"))[:64])


def _test(entry: Mapping[str, Any]) -> CertifiedTest | None:
    try:
        at = datetime.fromisoformat(_text(entry.get("sc")))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    positive = {_DETECTED: True, _NOT_DETECTED: False}.get(_text(entry.get("tr")))
    return CertifiedTest(at.astimezone(UTC), positive, _text(entry.get("tt"))[:32])


def _recovery(entry: Mapping[str, Any]) -> Recovery | None:
    found: list[date | None] = [date_of(_text(entry.get(name))[:10]) for name in ("fr", "df", "du")]
    first, valid_from, valid_to = found
    return Recovery(first, valid_from, valid_to) if first and valid_from and valid_to else None


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


FAMILY = Family(KIND, 10, lambda raw: raw[: len(_PREFIX)].upper() == _PREFIX, read)
