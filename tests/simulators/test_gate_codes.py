"""What simulated people show is what the product reads: two sides that were written apart."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest

from adapters.qr_gates.certificates.trust_list import trust_list_of
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.shown_code import ShownCode, Trust, UnreadableCode, Vaccination, WrongCode
from simulators.gates.base45 import base45
from simulators.gates.certificate_issuer import Issuer, trust_list
from simulators.gates.histories import History, histories
from simulators.gates.people import Person, population
from simulators.gates.shown_codes import Code, Wallets, wrong_codes

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TRUSTED, STRANGER = Issuer(), Issuer("nobody trusts me")
TRUST_OF = {"": Trust.VERIFIED, "expired": Trust.VERIFIED, "unknown_key": Trust.UNKNOWN_KEY,
            "bad_signature": Trust.BAD_SIGNATURE}  # fmt: skip
PEOPLE = population(600, 5, NOW.date())
HISTORIES = histories(PEOPLE, 5, NOW)
Shown = tuple[Person, History, Code, ShownCode]


@pytest.fixture(scope="module")
def dispatcher() -> Dispatcher:
    return Dispatcher(trust_list_of(trust_list([TRUSTED]).encode()))


@pytest.fixture(scope="module")
def shown(dispatcher: Dispatcher) -> list[Shown]:
    return list(_shown(dispatcher))


def _shown(dispatcher: Dispatcher) -> Iterator[Shown]:
    wallets = Wallets(5, NOW, TRUSTED, STRANGER)
    for person, history in zip(PEOPLE, HISTORIES, strict=True):
        code = wallets.code_of(person, history)
        yield person, history, code, dispatcher.read(code.raw)


def test_every_kind_of_code_is_shown_and_read_as_what_it_is(shown: list[Shown]) -> None:
    assert {code.kind for _, _, code, _ in shown} == {
        "cccd", "can-cuoc", "bhyt", "national-personal", "cmnd", "cccd-number", "opaque", "eu-dcc", "shc"
    }  # fmt: skip
    assert [read.kind for _, _, _, read in shown] == [code.kind for _, _, code, _ in shown]


def test_nobody_is_taken_for_somebody_else(shown: list[Shown]) -> None:
    identities = [read.identity for _, _, _, read in shown]
    assert None not in identities
    assert len(set(identities)) == len(PEOPLE)


def test_the_numbers_of_citizens_fit_who_they_are(shown: list[Shown]) -> None:
    cards = [read for _, _, code, read in shown if code.kind in ("cccd", "can-cuoc", "bhyt")]
    assert {flag for read in cards for flag in read.flags} == set()


def test_sex_birth_and_district_are_read_as_they_were_born_and_live(shown: list[Shown]) -> None:
    for person, _, code, read in shown:
        if code.kind in ("cccd", "can-cuoc", "bhyt"):
            assert (read.sex, read.birth and read.birth.year) == (person.sex, person.birth.year)
            assert read.district == person.district


def test_certificates_prove_what_they_should_and_nothing_else(shown: list[Shown]) -> None:
    seen = set()
    for _, history, code, read in shown:
        if code.kind == "eu-dcc":
            seen.add(code.flaw)
            assert read.trust == TRUST_OF[code.flaw]
            assert read.valid_to is not None
            assert (read.valid_to < NOW) == (code.flaw == "expired")
        if code.kind in ("eu-dcc", "shc"):
            last = history.doses[-1]
            claims = [claim for claim in read.claims if isinstance(claim, Vaccination)]
            assert (claims[-1].dose, claims[-1].on) == (last.number, last.at.date())
    assert seen == set(TRUST_OF)


def test_a_smart_card_is_verified_for_its_issuer(shown: list[Shown]) -> None:
    cards = [read for _, _, code, read in shown if code.kind == "shc"]
    assert cards
    assert {read.trust for read in cards} == {Trust.VERIFIED}


def test_wrong_codes_are_refused_with_the_reason_that_the_truth_names(dispatcher: Dispatcher) -> None:
    certificate = TRUSTED.certificate(PEOPLE[0], next(each for each in HISTORIES if each.doses), NOW, NOW)
    codes = list(islice(wrong_codes(random.Random(1), certificate.encode()), 60))
    assert len({code.raw for code in codes}) == len(codes)
    for code in codes:
        with pytest.raises(UnreadableCode) as refused:
            dispatcher.read(code.raw)
        assert refused.value.reason.startswith(code.reason)
        assert isinstance(refused.value, WrongCode) == (code.kind == "web-address")


def test_the_same_seed_gives_the_same_people_and_an_issuer_its_key() -> None:
    assert population(600, 5, NOW.date()) == PEOPLE
    assert histories(PEOPLE, 5, NOW) == HISTORIES
    assert Issuer().public_key() == TRUSTED.public_key() != STRANGER.public_key()


def test_households_share_an_address_and_their_doses() -> None:
    homes: dict[int, set[str]] = {}
    for person in PEOPLE:
        homes.setdefault(person.household, set()).add(person.address)
    assert all(len(addresses) == 1 for addresses in homes.values())
    assert 150 < len(homes) < 400


# RFC 9285, section 4.3.
@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"", "")]
)
def test_base45_is_that_of_the_rfc(data: bytes, text: str) -> None:
    assert base45(data) == text
