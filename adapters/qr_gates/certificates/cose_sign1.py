"""COSE_Sign1 (RFC 9052, section 4.2): who says to have signed, what, and whether it is so."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import cbor2

from adapters.qr_gates.certificates.bounded_cbor import cbor_of
from adapters.qr_gates.certificates.signature import BY_COSE_ALGORITHM
from adapters.qr_gates.certificates.trust_list import TrustedKey

ALGORITHM, KEY_ID = 1, 4
_PARTS = 4


class CoseSign1(NamedTuple):
    """``algorithm`` None: none that is known here."""

    algorithm: int | None
    key_id: bytes
    payload: bytes
    signature: bytes
    protected: bytes


def cose_of(data: bytes) -> CoseSign1:
    """With or without the tags 61 and 18; the protected header comes first. Raises ValueError."""
    found = cbor_of(data)
    while isinstance(found, cbor2.CBORTag):
        found = found.value
    if not isinstance(found, (list, tuple)) or len(found) != _PARTS:
        raise ValueError("cose.parts")
    protected, unprotected, payload, signature = found
    if not all(isinstance(each, bytes) for each in (protected, payload, signature)):
        raise ValueError("cose.parts")
    headers = _map(unprotected) | (_map(cbor_of(protected)) if protected else {})
    key_id, algorithm = headers.get(KEY_ID, b""), headers.get(ALGORITHM)
    if not isinstance(key_id, bytes):
        raise ValueError("cose.key_id")
    return CoseSign1(
        algorithm if algorithm in BY_COSE_ALGORITHM else None, key_id, payload, signature, protected
    )


def signer_of(cose: CoseSign1, keys: Iterable[TrustedKey]) -> TrustedKey | None:
    """The first of ``keys`` under which the signature holds."""
    if cose.algorithm is None:
        return None
    signed = cbor2.dumps(["Signature1", cose.protected, b"", cose.payload])
    verify = BY_COSE_ALGORITHM[cose.algorithm]
    return next((each for each in keys if verify(each.key, cose.signature, signed)), None)


def _map(found: Any) -> dict[Any, Any]:
    if not isinstance(found, Mapping):
        raise ValueError("cose.header")
    return dict(found)
