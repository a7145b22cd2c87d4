"""Signatures of Standard Webhooks 1.0.0 (symmetric, ``v1``): HMAC-SHA-256 over id.timestamp.body. Pure."""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
# As the specification asks for.
FEWEST_BYTES, MOST_BYTES = 24, 64


def secret_bytes(secret: str) -> bytes:
    """The key of ``whsec_`` and base64; raises ValueError."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"must begin with {PREFIX}")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (Error, ValueError) as error:
        raise ValueError("is not base64 behind whsec_") from error
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"must have {FEWEST_BYTES} to {MOST_BYTES} bytes")
    return key


def new_secret(random_bytes: bytes) -> str:
    """The text of a key."""
    return PREFIX + b64encode(random_bytes).decode()


def headers_of(name: str, body: bytes, at_s: int, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers; with several keys (a rotation) one signature of each, so that either verifies."""
    signed = b"%b.%d.%b" % (name.encode(), at_s, body)
    made = (b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }
