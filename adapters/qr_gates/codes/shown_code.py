"""What a shown code says, as far as a gate may know it: no name, no address, no document survives here.

A family's own record (``CitizenCard``) holds what is printed on the card; ``ShownCode`` is what leaves the
parser: initials and birth year for the screen, a canonical id for the pseudonyms, claims for the rules.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from adapters.qr_gates.certificates.trust_list import TrustList

MOST_BYTES = 8192  # a QR code of version 40 holds 7,089 digits or 4,296 letters
MOST_FIELDS = 64


class UnreadableCode(Exception):
    """Not a code of the family, or a damaged one; ``reason`` is a code and never a snippet."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WrongCode(UnreadableCode):
    """A sound code of a kind that tells nothing of a person: the poster at the door, a web address."""


class PartOfCode(UnreadableCode):
    """One of several codes of a card: sound, and the others are awaited."""


class Trust(StrEnum):
    """What the code itself proves."""

    CLAIM = "claim"  # unsigned: anybody could have printed it
    VERIFIED = "verified"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_USAGE = "wrong_usage"  # the key may not sign this kind of certificate
    UNVERIFIED = "unverified"  # signed in a way that cannot be checked here, or only on-line


@dataclass(frozen=True, slots=True)
class Birth:
    """As much of a date of birth as the code tells."""

    year: int
    month: int | None = None
    day: int | None = None

    def age(self, on: date) -> int:
        """Whole years; of a year alone the age at its end, so that nobody is made older."""
        before = (self.month or 12, self.day or 31) > (on.month, on.day)
        return on.year - self.year - before


@dataclass(frozen=True, slots=True)
class Identity:
    """A canonical id with its type, from which both pseudonyms are made (design 4). Never stored."""

    kind: str  # vnid, cmnd, bhyt, qid, passport, name, opaque
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vaccination:
    """A course up to dose ``dose`` of ``of``; of a plain record 1 of 0."""

    on: date
    dose: int
    of: int
    product: str


@dataclass(frozen=True, slots=True)
class CertifiedTest:
    """``positive`` None: the certificate does not say in a way that is known here."""

    at: datetime
    positive: bool | None
    kind: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """After an infection first found on ``first_positive``."""

    first_positive: date
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class ShownCode:
    """``flags``: what is odd and yet no reason to refuse, as codes. Dates inclusive, times in UTC."""

    kind: str
    identity: Identity | None
    trust: Trust = Trust.CLAIM
    initials: str = ""
    birth: Birth | None = None
    sex: str | None = None  # M, F
    district: str | None = None  # its code; None: not told, or not of this province
    issuer: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    claims: tuple[Vaccination | CertifiedTest | Recovery, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """``sniffs`` looks at the first bytes only; ``read`` raises UnreadableCode. Low precedence asks first."""

    kind: str
    precedence: int
    sniffs: Callable[[bytes], bool]
    read: Callable[[bytes, TrustList], ShownCode]
