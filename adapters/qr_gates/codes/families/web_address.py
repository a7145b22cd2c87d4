"""Web addresses: the poster of a place (qr.tokhaiyte.vn, qr.pccovid.gov.vn), which tells nobody's name."""

import re

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.shown_code import Family, ShownCode, WrongCode

KIND = "web-address"
_PLACE = re.compile(rb"(?i)https?://qr\.(?:tokhaiyte\.vn|pccovid\.gov\.vn)/")
_BEGINS = re.compile(rb"(?i)\s*https?://")


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Raises WrongCode: the screen says "show your personal code"."""
    raise WrongCode("code.of_a_place" if _PLACE.match(raw.strip()) else "code.web_address")


FAMILY = Family(KIND, 50, lambda raw: _BEGINS.match(raw) is not None, read)
