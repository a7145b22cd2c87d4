"""A bare number from a bar code: nine digits of an old identity card (CMND), twelve of a citizen's card."""

import re

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.citizen_id import citizen_id_of, contradictions
from adapters.qr_gates.codes.shown_code import Birth, Family, Identity, ShownCode

CMND, CCCD_NUMBER = "cmnd", "cccd-number"
_BEGINS = re.compile(rb"(?:\d{9}|\d{12})\s*\Z")


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Never fails: the digits were sniffed."""
    number = raw.decode("ascii").strip()
    if len(number) == 9:
        return ShownCode(CMND, Identity("cmnd", number))
    said = citizen_id_of(number)
    birth = Birth(said.birth_year) if said.birth_year else None
    return ShownCode(
        CCCD_NUMBER,
        Identity("vnid", number),
        birth=birth,
        sex=said.sex,
        flags=("number_only", *contradictions(number, None, None)),
    )


FAMILY = Family(CMND, 35, lambda raw: _BEGINS.match(raw) is not None, read)
