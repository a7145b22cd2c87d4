"""Signatures of certificates: ES256 as two numbers (RFC 9053), PS256, and keys out of DER."""

from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
LEAST_RSA_BITS, MOST_RSA_BITS = 2048, 4096


class _Verifies(Protocol):
    def __call__(self, key: PublicKey, signature: bytes, message: bytes) -> bool: ...


def public_key_of(spki: bytes) -> PublicKey:
    """A SubjectPublicKeyInfo on P-256, P-384, P-521, or RSA of 2048 to 4096 bits; raises ValueError."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("key.unreadable") from error
    if isinstance(key, rsa.RSAPublicKey) and not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise ValueError("key.size")
    if not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        raise ValueError("key.kind")
    return key


def point_of(point: bytes) -> ec.EllipticCurvePublicKey:
    """An uncompressed point on P-256; raises ValueError."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def es256(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """``signature``: two numbers of 32 bytes, or of 48 or 66 for larger curves, one after the other."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) % 2 or not signature:
        return False
    half = len(signature) // 2
    numbers = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    return ecdsa(key, encode_dss_signature(*numbers), message, SHA256())


def ecdsa(key: PublicKey, signature: bytes, message: bytes, digest: HashAlgorithm) -> bool:
    """``signature`` in DER."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, message, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def ps256(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """RSASSA-PSS with SHA-256 and a salt of 32 bytes (RFC 8230)."""
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())
    except InvalidSignature:
        return False
    return True


BY_COSE_ALGORITHM: dict[int, _Verifies] = {-7: es256, -37: ps256}
