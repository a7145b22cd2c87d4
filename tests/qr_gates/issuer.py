"""An issuer of certificates for tests: it makes what a ministry would, by RFC and with its own code."""

import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from adapters.qr_gates.certificates.trust_list import TrustedKey, key_of_certificate

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
NOW = datetime(2021, 12, 25, 1, 0, tzinfo=UTC)
USAGE = "1.3.6.1.4.1.1847.2021.1."
BODY: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fn": "Nguyễn", "fnt": "NGUYEN", "gn": "Thị Ánh Tuyết", "gnt": "THI<ANH<TUYET"},
    "dob": "1999-09-02",
    "v": [{"tg": "840539006", "vp": "1119349007", "mp": "Vero Cell", "ma": "SINOPHARM", "dn": 2, "sd": 2,
           "dt": "2021-11-01", "co": "VN", "is": "Bộ Y tế", "ci": "URN:UVCI:01:VN:1"}],
}  # fmt: skip


def base45(data: bytes) -> str:
    """RFC 9285, written from its text for the tests alone."""
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(3 if len(pair) == 2 else 2):
            value, digit = divmod(value, 45)
            text += ALPHABET[digit]
    return text


@dataclass
class Issuer:
    """``usages``: digits behind the arc of hcert-spec: 1 test, 2 vaccination, 3 recovery."""

    country: str = "VN"
    is_rsa: bool = False
    usages: tuple[int, ...] = ()
    certificate: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._key: Any = (
            rsa.generate_private_key(65537, 2048) if self.is_rsa else ec.generate_private_key(ec.SECP256R1())
        )
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.country)])
        builder = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=400))
        )
        if self.usages:
            oids = [x509.ObjectIdentifier(f"{USAGE}{digit}") for digit in self.usages]
            builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
        self.certificate = builder.sign(self._key, SHA256()).public_bytes(Encoding.DER)

    @property
    def trusted(self) -> TrustedKey:
        return key_of_certificate("dcc", self.country, self.certificate)

    def code(
        self,
        body: dict[str, Any] | None = None,
        *,
        issued: datetime = NOW - timedelta(days=1),
        expires: datetime = NOW + timedelta(days=365),
    ) -> bytes:
        """``HC1:…`` over a certificate."""
        times = {6: int(issued.timestamp()), 4: int(expires.timestamp())}
        claims = {1: self.country, **times, -260: {1: body or BODY}}
        protected = cbor2.dumps({1: -37 if self.is_rsa else -7, 4: sha256(self.certificate).digest()[:8]})
        payload = cbor2.dumps(claims)
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        message = cbor2.CBORTag(18, [protected, {}, payload, self._signature(signed)])
        return b"HC1:" + base45(zlib.compress(cbor2.dumps(message))).encode()

    def _signature(self, signed: bytes) -> bytes:
        if self.is_rsa:
            return bytes(self._key.sign(signed, padding.PSS(padding.MGF1(SHA256()), 32), SHA256()))
        numbers = decode_dss_signature(self._key.sign(signed, ec.ECDSA(SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in numbers)


def vaccinated(on: date, dose: int) -> dict[str, Any]:
    """A certificate of one dose on a day."""
    return BODY | {"v": [BODY["v"][0] | {"dt": on.isoformat(), "dn": dose}]}
