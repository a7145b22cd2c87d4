"""VDS-NC, ICAO's visible seal for health proofs: JSON, signed over its canonical form (RFC 8785).

The signer's certificate travels inside; it counts when a trusted authority (CSCA) signed it, or when it is
on the trust list itself.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from adapters.qr_gates.certificates.base64url import base64url_decode
from adapters.qr_gates.certificates.bounded_json import json_object_of
from adapters.qr_gates.certificates.der import Certificate, certificate_of
from adapters.qr_gates.certificates.signature import ecdsa, es256, public_key_of
from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.certificate_names import name_identity
from adapters.qr_gates.codes.code_dates import birth_of, date_of
from adapters.qr_gates.codes.code_text import initials_of
from adapters.qr_gates.codes.shown_code import (
    Family,
    Identity,
    ShownCode,
    Trust,
    UnreadableCode,
    Vaccination,
)

KIND = "vds-nc"
_MOST_ENTRIES = 20
# ecdsa-with-SHA256, -SHA384, -SHA512 (RFC 5758), as the content bytes of their OIDs.
_DIGESTS: Mapping[bytes, type[HashAlgorithm]] = {
    bytes.fromhex("2a8648ce3d040302"): SHA256,
    bytes.fromhex("2a8648ce3d040303"): SHA384,
    bytes.fromhex("2a8648ce3d040304"): SHA512,
}


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Raises UnreadableCode."""
    try:
        seal = json_object_of(raw)
    except ValueError as error:
        raise UnreadableCode("seal.json") from error
    match seal:
        case {"data": {"hdr": {"t": "icao.vacc" | "icao.test"} as header, "msg": dict() as message} as data}:
            return _shown(header, message, _trust(seal, data, str(header.get("is", "")), trust))
    raise UnreadableCode("seal.shape")


def _shown(header: Mapping[str, Any], message: Mapping[str, Any], trust: Trust) -> ShownCode:
    person = message.get("pid")
    person = person if isinstance(person, dict) else {}
    name, born, document = (str(person.get(key) or "") for key in ("n", "dob", "i"))
    identity = Identity("passport", document.upper()) if document else name_identity(name, "", born)
    sex = person.get("sex")
    return ShownCode(
        KIND,
        identity,
        trust,
        initials=initials_of(name),
        birth=birth_of(born),
        sex=sex if sex in ("M", "F") else None,
        issuer=str(header.get("is", ""))[:3] or None,
        claims=tuple(_vaccinations(message)),
    )


def _vaccinations(message: Mapping[str, Any]) -> Iterator[Vaccination]:
    events = message.get("ve")
    for event in events[:_MOST_ENTRIES] if isinstance(events, list) else []:
        match event:
            case {"vd": list() as doses}:
                for dose in doses[:_MOST_ENTRIES]:
                    match dose:
                        case {"dvc": str() as on, "seq": int() as number} if day := date_of(on):
                            yield Vaccination(day, number, 0, str(event.get("nam", ""))[:64])


def _trust(seal: Mapping[str, Any], data: object, issuer: str, trust: TrustList) -> Trust:
    match seal.get("sig"):
        case {"alg": "ES256", "cer": str() as cer, "sigvl": str() as value}:
            pass
        case _:
            return Trust.UNVERIFIED
    try:
        certificate, signature = certificate_of(base64url_decode(cer)), base64url_decode(value)
        key = public_key_of(certificate.spki)
        message = canonical(data)
    except ValueError:
        return Trust.BAD_SIGNATURE
    if not es256(key, signature, message):
        return Trust.BAD_SIGNATURE
    return Trust.VERIFIED if _is_trusted(certificate, issuer, trust) else Trust.UNKNOWN_KEY


def _is_trusted(certificate: Certificate, issuer: str, trust: TrustList) -> bool:
    digest = _DIGESTS.get(certificate.algorithm)
    mine = public_key_of(certificate.spki)
    for each in trust.of_issuer("vds-nc", issuer):
        if each.key == mine:
            return True
        if digest and ecdsa(each.key, certificate.signature, certificate.signed, digest()):
            return True
    return False


def canonical(data: object) -> bytes:
    """RFC 8785 for what seals hold: texts, whole numbers, lists, objects; ValueError for anything else."""
    if _has_fractions(data):
        raise ValueError("seal.number")
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _has_fractions(data: object) -> bool:
    if isinstance(data, dict):
        return any(_has_fractions(each) for each in data.values())
    if isinstance(data, list):
        return any(_has_fractions(each) for each in data)
    return isinstance(data, float)


FAMILY = Family(KIND, 12, lambda raw: raw.lstrip()[:1] == b"{", read)
