"""Citizen identity cards: seven fields (CCCD, 2021-24), more on the one of 2024 (Circular 16/2024/TT-BCA).

The trailing fields of 2024 are cancelled numbers and the names of both parents: counted, never read.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from adapters.qr_gates.certificates.trust_list import TrustList
from adapters.qr_gates.codes.card_fields import fields_of, sex_of
from adapters.qr_gates.codes.citizen_id import contradictions
from adapters.qr_gates.codes.code_dates import birth_of, date_of
from adapters.qr_gates.codes.code_text import initials_of
from adapters.qr_gates.codes.districts import district_of
from adapters.qr_gates.codes.shown_code import (
    Birth,
    Family,
    Identity,
    ShownCode,
)

CCCD, CAN_CUOC = "cccd", "can-cuoc"
FIELDS_OF_CCCD = 7
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\d{12}\|(?:\d{9})?\|")


@dataclass(frozen=True, slots=True)
class CitizenCard:
    """What is printed. ``more``: how many fields followed the seven."""

    number: str
    old_number: str | None
    name: str = field(repr=False)
    birth: Birth | None
    sex: str | None
    address: str = field(repr=False)
    issued: date | None
    more: int
    flags: tuple[str, ...] = ()


def card_of(raw: bytes) -> CitizenCard:
    """Raises UnreadableCode."""
    fields, flags = fields_of(raw, FIELDS_OF_CCCD, "citizen_card")
    number, old, name, birth, sex, address, issued = fields[:FIELDS_OF_CCCD]
    born, sex_code = birth_of(birth), sex_of(sex)
    odd = ("birth",) * (born is None) + ("sex",) * (sex_code is None)
    return CitizenCard(
        number,
        old or None,
        name,
        born,
        sex_code,
        address,
        date_of(issued),
        len(fields) - FIELDS_OF_CCCD,
        (*flags, *odd, *contradictions(number, born, sex_code)),
    )


def read(raw: bytes, trust: TrustList) -> ShownCode:
    """Raises UnreadableCode."""
    card = card_of(raw)
    return ShownCode(
        CAN_CUOC if card.more else CCCD,
        Identity("vnid", card.number),
        initials=initials_of(card.name),
        birth=card.birth,
        sex=card.sex,
        district=district_of(card.address),
        flags=card.flags,
    )


FAMILY = Family(CCCD, 30, lambda raw: _BEGINS.match(raw) is not None, read)
