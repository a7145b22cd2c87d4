"""A certificate authority of one's own and a server certificate by it: for networks that have none."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.errors import OperatorError

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # browsers take at most 398 (CA/Browser Forum, Baseline Requirements 6.3.2)
MOST_HOSTS = 20
_BACK = timedelta(hours=1)  # of clocks that are behind
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ),
    False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def read_issued(certificate: bytes, key: bytes) -> Issued:
    """Of PEM; raises OperatorError."""
    try:
        found = serialization.load_pem_private_key(key, None)
        told = x509.load_pem_x509_certificate(certificate)
    except (ValueError, TypeError) as error:
        raise OperatorError("not a certificate and a key in PEM") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.public_key() != told.public_key():
        raise OperatorError("the key is not that of the certificate")
    return Issued(told, found)


def make_authority(name: str, now: datetime) -> Issued:
    """It may sign servers and nothing below them."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), _name(f"epihub {name}"[:64])
    usage = x509.KeyUsage(**_NO_USAGE | {"key_cert_sign": True, "crl_sign": True})
    made = (
        _begun(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Issued(made.sign(key, hashes.SHA256()), key)


def make_server(authority: Issued, hosts: Sequence[str], now: datetime) -> Issued:
    """For these names and addresses; raises OperatorError."""
    if not 0 < len(hosts) <= MOST_HOSTS:
        raise OperatorError(f"one to {MOST_HOSTS} hosts")
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(**_NO_USAGE | {"digital_signature": True})
    issuer = authority.certificate.subject
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    made = (
        _begun(_name(hosts[0][:64]), issuer, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(signer, critical=False)
    )
    return Issued(made.sign(authority.key, hashes.SHA256()), key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not host.isascii() or not host.replace("-", "").replace(".", "").isalnum() or len(host) > 253:
        raise OperatorError(f"no name or address of a host: {host[:64]!r}")
    return x509.DNSName(host)
