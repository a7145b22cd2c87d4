"""Whose signatures count: a file that the department keeps (docs/gates.md), read once, never fetched.

No public list has Viet Nam's keys; which issuers are trusted is a decision, and so it is data.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.qr_gates.certificates.der import certificate_of
from adapters.qr_gates.certificates.signature import PublicKey, point_of, public_key_of

Scheme = Literal["dcc", "shc", "vds-nc"]
MOST_KEYS = 20_000
MOST_FILE_BYTES = 32 << 20
# Extended key usages of health certificates (hcert-spec, section 6; both spellings are in use).
USAGES: Mapping[bytes, str] = {
    bytes.fromhex(prefix) + bytes([last]): kind
    for prefix in ("2b060104018e378f6501", "2b06010401008e378f6501")
    for last, kind in ((1, "test"), (2, "vaccination"), (3, "recovery"))
}


class BadTrustList(ValueError):
    """A file that cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """``usages``: what it may sign, empty: anything. ``issuer``: a country, or an address."""

    scheme: Scheme
    key_id: bytes
    issuer: str
    key: PublicKey
    usages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TrustList:
    """Keys by scheme and key id; ids are short and may meet."""

    keys: Mapping[tuple[Scheme, bytes], tuple[TrustedKey, ...]] = field(default_factory=dict)

    def named(self, scheme: Scheme, key_id: bytes) -> tuple[TrustedKey, ...]:
        return self.keys.get((scheme, key_id), ())

    def of_issuer(self, scheme: Scheme, issuer: str) -> tuple[TrustedKey, ...]:
        found = (key for keys in self.keys.values() for key in keys)
        return tuple(key for key in found if key.scheme == scheme and key.issuer == issuer)


class _PointOfCurve(BaseModel):
    """RFC 7517 and 7518; what else a key set says of its keys is not asked."""

    model_config = ConfigDict(extra="ignore")
    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str = Field(max_length=64)
    y: str = Field(max_length=64)
    kid: str = Field(min_length=1, max_length=128)

    def point(self) -> bytes:
        """Uncompressed (SEC 1, section 2.3.3)."""
        return b"\x04" + b"".join(base64.urlsafe_b64decode(f"{each}==") for each in (self.x, self.y))


class _Key(BaseModel):
    model_config = ConfigDict(extra="forbid")
    scheme: Scheme
    issuer: str = Field(min_length=1, max_length=200)
    key: str | None = Field(default=None, max_length=4096, description="SubjectPublicKeyInfo, DER in base64")
    certificate: str | None = Field(default=None, max_length=24_000, description="X.509, DER in base64")
    jwk: _PointOfCurve | None = Field(default=None, description="as issuers of SMART Health Cards publish it")
    kid: str | None = Field(
        None, max_length=128, description="as the codes name it; else made of the certificate"
    )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: Literal[1]
    keys: list[_Key] = Field(max_length=MOST_KEYS)


def trust_list_of(body: bytes) -> TrustList:
    """Of the file's bytes; raises BadTrustList."""
    if len(body) > MOST_FILE_BYTES:
        raise BadTrustList("the trust list is too long")
    try:
        told = _File.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadTrustList(str(error)) from error
    found = []
    for place, each in enumerate(told.keys):
        try:
            found.append(_trusted(each))
        except ValueError as error:
            raise BadTrustList(f"keys.{place}: {error}") from error
    return trusting(found)


def trusting(keys: Iterable[TrustedKey]) -> TrustList:
    """A list of these keys."""
    found: dict[tuple[Scheme, bytes], tuple[TrustedKey, ...]] = {}
    for key in keys:
        place = (key.scheme, key.key_id)
        found[place] = (*found.get(place, ()), key)
    return TrustList(found)


def _trusted(told: _Key) -> TrustedKey:
    given = [each for each in (told.key, told.certificate, told.jwk) if each is not None]
    if len(given) != 1:
        raise ValueError("one of key, certificate and jwk is needed")
    if told.certificate is not None:
        return key_of_certificate(told.scheme, told.issuer, base64.b64decode(told.certificate), told.kid)
    kid = told.kid or (told.jwk.kid if told.jwk else "")
    if not kid:
        raise ValueError("kid is needed where there is no certificate")
    key = public_key_of(base64.b64decode(told.key or "")) if told.jwk is None else point_of(told.jwk.point())
    return TrustedKey(told.scheme, _kid_bytes(told.scheme, kid), told.issuer, key)


def key_of_certificate(scheme: Scheme, issuer: str, der: bytes, kid: str | None = None) -> TrustedKey:
    """Named by default by the first eight bytes of its SHA-256 (hcert-spec). Raises ValueError."""
    certificate = certificate_of(der, frozenset(USAGES))
    key_id = sha256(der).digest()[:8] if kid is None else _kid_bytes(scheme, kid)
    usages = frozenset(USAGES[oid] for oid in certificate.usages)
    return TrustedKey(scheme, key_id, issuer, public_key_of(certificate.spki), usages)


def _kid_bytes(scheme: Scheme, kid: str) -> bytes:
    """Of the EU in base64; of SMART Health Cards the text itself."""
    return base64.b64decode(kid) if scheme == "dcc" else kid.encode()
