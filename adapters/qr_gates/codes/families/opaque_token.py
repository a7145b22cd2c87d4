"""Codes that only their issuer can read (VNeID lives a minute): known again by their hash, never trusted."""

import re
from hashlib import sha256

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.shown_code import Family, Identity, ShownCode, Trust

KIND = "opaque"
_BEGINS = re.compile(rb"[A-Za-z0-9+/=_.:-]{24,2048}\s*\Z")


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Never fails: what it means can be asked on-line only."""
    return ShownCode(KIND, Identity("opaque", sha256(raw.strip()).hexdigest()), Trust.UNVERIFIED)


FAMILY = Family(KIND, 90, lambda raw: _BEGINS.match(raw) is not None, read)
