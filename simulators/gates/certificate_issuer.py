"""An issuer of health certificates that exists nowhere: its key is made of its name, so anybody can sign.

It stands in for Viet Nam's, whose public keys are on no public list. Never put it on a real trust list.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulators.gates.base45 import base45
from simulators.gates.certificate_bodies import card_bundle, certificate_body
from simulators.gates.histories import History
from simulators.gates.people import Person

ES256 = -7
ISSUER, EXPIRY, ISSUED, CERTIFICATE = 1, 4, 6, -260
COSE_SIGN1 = 18
CARD_ADDRESS = "https://epihub.invalid/issuer"
# Below the order of P-256 whatever the digest is.
_KEY_BITS = 255


@dataclass(frozen=True)
class Issuer:
    """``name`` is all that its key depends on."""

    name: str = "epihub simulation VN"
    country: str = "VN"
    _key: ec.EllipticCurvePrivateKey = field(init=False, repr=False)
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        secret = int.from_bytes(sha256(self.name.encode()).digest(), "big") >> (256 - _KEY_BITS)
        object.__setattr__(self, "_key", ec.derive_private_key(secret, ec.SECP256R1()))
        object.__setattr__(self, "key_id", sha256(self.public_key()).digest()[:8])

    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def certificate(
        self, person: Person, history: History, issued: datetime, expires: datetime, *, spoilt: bool = False
    ) -> str:
        """``HC1:`` with the last dose, by hcert-spec; ``spoilt``: one bit of its signature is another."""
        times = {ISSUED: int(issued.timestamp()), EXPIRY: int(expires.timestamp())}
        body = certificate_body(person, history, self.country)
        payload = cbor2.dumps({ISSUER: self.country, **times, CERTIFICATE: {1: body}})
        protected = cbor2.dumps({1: ES256, 4: self.key_id})
        signature = self._sign(cbor2.dumps(["Signature1", protected, b"", payload]), spoilt=spoilt)
        signed = cbor2.CBORTag(COSE_SIGN1, [protected, {}, payload, signature])
        return "HC1:" + base45(zlib.compress(cbor2.dumps(signed), 9))

    def smart_card(self, person: Person, history: History, issued: datetime) -> str:
        """``shc:/``: a JWS over a deflated FHIR bundle, two digits for each of its letters."""
        header = {"zip": "DEF", "alg": "ES256", "kid": self.thumbprint()}
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        told = json.dumps(card_bundle(person, history, CARD_ADDRESS, issued), separators=(",", ":"))
        body = deflate.compress(told.encode()) + deflate.flush()
        text = f"{_url_safe(json.dumps(header, separators=(',', ':')).encode())}.{_url_safe(body)}"
        text += f".{_url_safe(self._sign(text.encode()))}"
        return "shc:/" + "".join(f"{ord(letter) - 45:02d}" for letter in text)

    def public_jwk(self) -> dict[str, str]:
        """RFC 7517, the members that count."""
        numbers = self._key.public_key().public_numbers()
        x, y = (_url_safe(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    def thumbprint(self) -> str:
        """RFC 7638."""
        text = json.dumps(self.public_jwk(), separators=(",", ":"), sort_keys=True)
        return _url_safe(sha256(text.encode()).digest())

    def _sign(self, message: bytes, *, spoilt: bool = False) -> bytes:
        numbers = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        signature = b"".join(number.to_bytes(32, "big") for number in numbers)
        return signature[:-1] + bytes([signature[-1] ^ spoilt])


def trust_list(issuers: Sequence[Issuer]) -> str:
    """The file that makes a hub trust them (docs/gates.md)."""
    keys: list[dict[str, Any]] = []
    for issuer in issuers:
        key, kid = (base64.b64encode(each).decode() for each in (issuer.public_key(), issuer.key_id))
        keys.append({"scheme": "dcc", "issuer": issuer.country, "key": key, "kid": kid})
        jwk = issuer.public_jwk() | {"kid": issuer.thumbprint()}
        keys.append({"scheme": "shc", "issuer": CARD_ADDRESS, "jwk": jwk})
    return json.dumps({"version": 1, "keys": keys}, indent=1) + "\n"


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
