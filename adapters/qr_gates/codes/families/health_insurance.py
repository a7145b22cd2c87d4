"""Health insurance cards (BHYT) and VssID: name and address are hex of UTF-8.

The number is two letters and thirteen digits, on newer cards the ten digits of social insurance alone, which
end the longer one: both give the same identity.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.card_fields import fields_of, sex_of
from adapters.qr_gates.codes.code_dates import birth_of, date_of
from adapters.qr_gates.codes.code_text import initials_of, text_of
from adapters.qr_gates.codes.districts import district_of
from adapters.qr_gates.codes.shown_code import (
    Birth,
    Family,
    Identity,
    ShownCode,
)

KIND = "bhyt"
LEAST_FIELDS = 7
SOCIAL_INSURANCE_DIGITS = 10
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?(?:[A-Za-z]{2}\d{13}|\d{10})\|")


@dataclass(frozen=True, slots=True)
class InsuranceCard:
    """What is printed. ``facility``: where the holder is registered."""

    number: str
    name: str = field(repr=False)
    birth: Birth | None
    sex: str | None
    address: str = field(repr=False)
    facility: str
    valid_from: date | None
    flags: tuple[str, ...] = ()


def card_of(raw: bytes) -> InsuranceCard:
    """Raises UnreadableCode."""
    fields, flags = fields_of(raw, LEAST_FIELDS, "health_insurance")
    number, name, birth, sex, address, facility, valid_from = fields[:LEAST_FIELDS]
    born, sex_code = birth_of(birth), sex_of(sex)
    odd = ("birth",) * (born is None) + ("sex",) * (sex_code is None)
    return InsuranceCard(
        number.upper(),
        _unhexed(name),
        born,
        sex_code,
        _unhexed(address),
        facility,
        date_of(valid_from),
        (*flags, *odd),
    )


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Raises UnreadableCode."""
    card = card_of(raw)
    return ShownCode(
        KIND,
        Identity("bhyt", card.number[-SOCIAL_INSURANCE_DIGITS:]),
        initials=initials_of(card.name),
        birth=card.birth,
        sex=card.sex,
        district=district_of(card.address),
        flags=card.flags,
    )


def _unhexed(text: str) -> str:
    """Some apps write the text itself: what is no hex of UTF-8 is taken as it is."""
    try:
        return text_of(bytes.fromhex(text)).text if text else ""
    except ValueError:
        return text


FAMILY = Family(KIND, 20, lambda raw: _BEGINS.match(raw) is not None, read)
