"""Canonical bytes of a report's data, and their hash."""

import json
from hashlib import sha256
from typing import Any

REVISION_DIGITS = 12


def canonical(facts: Any) -> bytes:
    """JSON in ASCII, sorted keys, no spaces: what the hash is made of."""
    return json.dumps(
        facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()


def digest(facts: Any) -> str:
    """SHA-256, in hex."""
    return sha256(canonical(facts)).hexdigest()


def revision(told: str) -> str:
    """The beginning of a digest, as people compare it."""
    return told[:REVISION_DIGITS]
