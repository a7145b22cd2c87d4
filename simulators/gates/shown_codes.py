"""What a person holds before a scanner: one habit each, and now and then the wrong thing first."""

import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from simulators.gates import card_codes
from simulators.gates.certificate_issuer import Issuer
from simulators.gates.histories import History
from simulators.gates.people import CARD_YEARS, Person

Flaw = Literal["", "unknown_key", "bad_signature", "expired"]
FLAWS: tuple[Flaw, ...] = ("unknown_key", "bad_signature", "expired")
CERTIFIED, FLAWED, ABROAD = 0.5, 0.12, 0.05  # of those with doses; flawed of their certificates
VALID_DAYS = 365  # Decision 5772/QĐ-BYT: twelve months
_UNSIGNED = ("cccd", "can-cuoc", "bhyt", "national-personal", "cmnd", "opaque")
_SHARES = (35, 15, 15, 20, 10, 5)
_DECOMPOSED, _MARKED = 0.1, 0.05
_TOKEN = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Code:
    """``reason``: of a code that is nobody's, why a gate asks for another one; empty: it is a person's."""

    kind: str
    raw: bytes
    flaw: Flaw = ""
    reason: str = ""


@dataclass(frozen=True)
class Wallets:
    """Makes what each person shows; ``trusted`` signs what counts, ``stranger`` is on no trust list."""

    seed: int
    now: datetime
    trusted: Issuer
    stranger: Issuer

    def code_of(self, person: Person, history: History) -> Code:
        """The same for the same person, all day."""
        rng = random.Random(f"wallet {self.seed} {person.number}")
        if history.doses and rng.random() < CERTIFIED:
            return self._certificate(rng, person, history)
        if person.age(self.now.date()) < CARD_YEARS:
            return _dressed(rng, "bhyt", card_codes.insurance_card(person))
        kind = rng.choices(_UNSIGNED, _SHARES)[0]
        if kind == "opaque":
            return Code(kind, "".join(rng.choices(_TOKEN, k=48)).encode())
        if kind == "cmnd":
            number = card_codes.old_number(person)
            return Code("cmnd" if len(number) == 9 else "cccd-number", number.encode())
        return _dressed(rng, kind, _PRINTED[kind](person))

    def _certificate(self, rng: random.Random, person: Person, history: History) -> Code:
        issued = history.doses[-1].at + timedelta(days=1)
        if rng.random() < ABROAD:
            return Code("shc", self.trusted.smart_card(person, history, issued).encode())
        flaw: Flaw = rng.choice(FLAWS) if rng.random() < FLAWED else ""
        expires = self.now - timedelta(days=2) if flaw == "expired" else issued + timedelta(days=VALID_DAYS)
        issuer = self.stranger if flaw == "unknown_key" else self.trusted
        text = issuer.certificate(person, history, issued, expires, spoilt=flaw == "bad_signature")
        return Code("eu-dcc", text.encode(), flaw)


_PRINTED: Mapping[str, Callable[[Person], str]] = {
    "cccd": card_codes.citizen_card,
    "can-cuoc": card_codes.identity_card,
    "bhyt": card_codes.insurance_card,
    "national-personal": card_codes.national_code,
}


def _dressed(rng: random.Random, kind: str, text: str) -> Code:
    """As one phone or card writes its letters, always the same way."""
    way = rng.random()
    if way < _DECOMPOSED:
        return Code(kind, card_codes.decomposed(text))
    if way < _DECOMPOSED + _MARKED:
        return Code(kind, card_codes.marked(text))
    return Code(kind, text.encode())


def wrong_codes(rng: random.Random, certificate: bytes) -> Iterator[Code]:
    """Without end: what people hold before a scanner by mistake, or to try it. Each differs from the last."""
    while True:
        number = rng.getrandbits(48)
        place = sha256(f"{number}".encode()).hexdigest()[:12]
        yield Code("web-address", f"https://qr.tokhaiyte.vn/dd/{place}".encode(), reason="code.of_a_place")
        yield Code("web-address", f"https://epihub.invalid/{place}".encode(), reason="code.web_address")
        yield Code("unknown", f"phiếu giữ xe {number}".encode(), reason="code.unknown")
        yield Code("unknown", b"|" * 5000 + f"{number}".encode(), reason="code.too_long")
        end = rng.randint(len(certificate) // 3, len(certificate) * 2 // 3)
        yield Code("eu-dcc", certificate[:end] + f"{number:X}".encode(), reason="certificate.")
