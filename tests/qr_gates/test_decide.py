"""The order of questions, and each of them at its edges."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.codes.shown_code import (
    CertifiedTest,
    Identity,
    Recovery,
    ShownCode,
    Trust,
    UnreadableCode,
    Vaccination,
    WrongCode,
)
from adapters.qr_gates.decisions.decide import Outcome, decide
from adapters.qr_gates.decisions.gate_knowledge import Direction, Known, Moment
from adapters.qr_gates.decisions.gate_rules import AntiPassback, GateRules, Proof
from api.console.wording import LANGUAGES, texts

NOON = datetime(2021, 12, 25, 5, 0, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000
SHOWN = ShownCode("cccd", Identity("vnid", "075199001234"))
Claim = Vaccination | CertifiedTest | Recovery
STRICT = GateRules(
    positive_days=14,
    anti_passback=AntiPassback(mode="hard"),
    declaration_hours=24,
    proof=Proof(doses=2, negative_test_hours=72, recovery_days=180),
    occupancy_limit=100,
)
FITS = Known(declared_at_ms=NOON_MS - HOUR, doses=2, dosed_at_ms=NOON_MS - 20 * DAY)


def moment(direction: Direction = "in", offset: float = 0) -> Moment:
    return Moment(NOON_MS, direction, NOON_MS - 9 * HOUR, offset)


def asked(
    known: Known = FITS, rules: GateRules = STRICT, shown: ShownCode = SHOWN, **how: float
) -> tuple[str, str]:
    found = decide(shown, known, rules, moment(offset=how.get("offset", 0)))
    return found.outcome.value, found.reason


def test_who_has_everything_may_pass() -> None:
    assert asked() == ("allow", "allowed")
    assert asked(Known(), GateRules()) == ("allow", "allowed")


EACH = {
    "duplicate": replace(FITS, seen_at_ms=NOON_MS - SECOND),
    "watch-list": replace(FITS, on_watch_list=True),
    "positive": replace(FITS, positive_at_ms=NOON_MS - DAY),
    "anti-passback": replace(FITS, went="in", went_at_ms=NOON_MS - HOUR),
    "declaration": replace(FITS, declared_at_ms=None),
    "proof": replace(FITS, doses=1),
    "occupancy": replace(FITS, occupancy=100),
}
PARTS = [each.name for each in fields(Known)]


@given(st.sets(st.sampled_from(list(EACH)), min_size=1))
def test_the_first_question_decides(which: set[str]) -> None:
    known = FITS
    for name in which:
        changed = {
            part: getattr(EACH[name], part)
            for part in PARTS
            if getattr(EACH[name], part) != getattr(FITS, part)
        }
        known = replace(known, **changed)
    assert decide(SHOWN, known, STRICT, moment()).rule == next(name for name in EACH if name in which)


def test_codes_that_are_none() -> None:
    assert decide(UnreadableCode("certificate.base45"), Known(), STRICT, moment()).reason == "code.unreadable"
    place = decide(WrongCode("code.of_a_place"), Known(), STRICT, moment())
    assert (place.outcome, place.reason) == (Outcome.RETRY, "code.of_a_place")
    assert decide(replace(SHOWN, identity=None), Known(), STRICT, moment()).outcome is Outcome.RETRY


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0, "duplicate"), (5, "duplicate"), (5.001, "allow"), (-1, "allow")]
)
def test_a_phone_shown_twice(seconds: float, outcome: str) -> None:
    assert asked(replace(FITS, seen_at_ms=NOON_MS - round(seconds * SECOND)))[0] == outcome


def test_a_watch_list_may_stop_or_only_call() -> None:
    assert asked(EACH["watch-list"])[0] == "alert"
    assert asked(EACH["watch-list"], STRICT.model_copy(update={"on_watch_list": "deny"}))[0] == "deny"


@pytest.mark.parametrize(("days", "outcome"), [(14, "alert"), (14.01, "allow")])
def test_a_positive_result_grows_old(days: float, outcome: str) -> None:
    assert asked(replace(FITS, positive_at_ms=NOON_MS - round(days * DAY)))[0] == outcome


def test_the_same_direction_twice() -> None:
    twice = EACH["anti-passback"]
    assert asked(twice) == ("deny", "passage.same_direction")
    assert asked(replace(twice, went="out"))[0] == "allow"
    assert asked(replace(twice, went_at_ms=NOON_MS - 10 * HOUR))[0] == "allow"  # before this day began
    soft = decide(SHOWN, twice, STRICT.model_copy(update={"anti_passback": AntiPassback()}), moment())
    assert (soft.outcome, soft.remarks) == (Outcome.ALLOW, ("passage.same_direction",))


def test_who_leaves_is_asked_for_nothing() -> None:
    assert decide(SHOWN, Known(occupancy=500), STRICT, moment("out")).opens


def test_declarations_grow_old() -> None:
    assert asked(replace(FITS, declared_at_ms=NOON_MS - 24 * HOUR))[0] == "allow"
    assert asked(replace(FITS, declared_at_ms=NOON_MS - 24 * HOUR - 1)) == ("deny", "declaration.old")


def claiming(*claims: Claim, trust: Trust = Trust.VERIFIED) -> ShownCode:
    since = NOON - timedelta(days=9)
    return replace(SHOWN, kind="eu-dcc", claims=claims, trust=trust, valid_from=since, valid_to=NOON)


TODAY = NOON.date()
NO_LIST = replace(FITS, doses=0, dosed_at_ms=None)
ENOUGH: list[Claim] = [
    Vaccination(TODAY - timedelta(days=14), 2, 2, "Vero Cell"),
    CertifiedTest(NOON - timedelta(hours=72), False, "LP6464-4"),
    Recovery(TODAY - timedelta(days=180), TODAY - timedelta(days=100), TODAY),
]
TOO_LITTLE: list[Claim] = [
    Vaccination(TODAY - timedelta(days=13), 2, 2, "Vero Cell"),
    Vaccination(TODAY - timedelta(days=99), 1, 2, "Vero Cell"),
    CertifiedTest(NOON - timedelta(hours=72, seconds=1), False, "LP6464-4"),
    CertifiedTest(NOON - timedelta(hours=1), True, "LP6464-4"),
    CertifiedTest(NOON - timedelta(hours=1), None, "LP6464-4"),
    Recovery(TODAY - timedelta(days=181), TODAY - timedelta(days=100), TODAY),
    Recovery(TODAY - timedelta(days=9), TODAY + timedelta(days=1), TODAY + timedelta(days=100)),
]


@pytest.mark.parametrize("claim", ENOUGH, ids=lambda claim: type(claim).__name__)
def test_one_proof_suffices(claim: Claim) -> None:
    assert asked(NO_LIST, shown=claiming(claim))[0] == "allow"


@pytest.mark.parametrize("claim", TOO_LITTLE, ids=str)
def test_what_does_not_suffice(claim: Claim) -> None:
    assert asked(NO_LIST, shown=claiming(claim)) == ("deny", "proof.not_enough")


@pytest.mark.parametrize("trust", [each for each in Trust if each is not Trust.VERIFIED])
def test_without_a_trusted_signature_it_proves_nothing(trust: Trust) -> None:
    assert asked(NO_LIST, shown=claiming(ENOUGH[0], trust=trust)) == ("deny", f"certificate.{trust.value}")
    lenient = STRICT.model_copy(update={"proof": Proof(doses=2, signed=False)})
    assert asked(NO_LIST, lenient, claiming(ENOUGH[0], trust=trust))[0] == "allow"


def test_both_ends_of_a_certificates_life_are_inclusive() -> None:
    sound = claiming(ENOUGH[0])
    assert asked(NO_LIST, shown=replace(sound, valid_from=NOON, valid_to=NOON))[0] == "allow"
    late, early = NOON - timedelta(seconds=1), NOON + timedelta(seconds=1)
    assert asked(NO_LIST, shown=replace(sound, valid_to=late)) == ("deny", "certificate.expired")
    assert asked(NO_LIST, shown=replace(sound, valid_from=early)) == ("deny", "certificate.not_yet_valid")


def test_nobody_is_refused_for_our_clock() -> None:
    late = replace(claiming(ENOUGH[0]), valid_to=NOON - timedelta(seconds=90))
    assert asked(NO_LIST, shown=late, offset=50)[0] == "deny"  # a clock that is right within a minute
    assert asked(NO_LIST, shown=late, offset=-90)[0] == "allow"
    old = replace(FITS, declared_at_ms=NOON_MS - 24 * HOUR - 80 * SECOND)
    assert asked(old, offset=90)[0] == "allow"
    assert decide(SHOWN, FITS, STRICT, moment(offset=90)).remarks == ("clock.off",)


def test_a_full_zone_makes_wait() -> None:
    assert asked(replace(FITS, occupancy=99))[0] == "allow"
    assert asked(EACH["occupancy"]) == ("hold", "zone.full")


REASONS = """
allowed code.unreadable code.of_a_place code.web_address code.nobody scan.repeated list.watch result.positive
passage.same_direction declaration.missing declaration.old proof.missing proof.not_enough certificate.expired
certificate.not_yet_valid zone.full clock.off
"""


def test_every_reason_has_words_in_both_languages() -> None:
    """They stand where the API reads them (api/console/texts/gates.*.toml): it knows no adapter."""
    trusts = {f"certificate.{trust.value}" for trust in Trust if trust is not Trust.VERIFIED}
    for language in LANGUAGES:
        assert {f"gate_reason.{code}" for code in trusts | set(REASONS.split())} <= set(texts(language))


def test_rules_know_no_other_words() -> None:
    with pytest.raises(ValueError, match="extra"):
        GateRules.model_validate({"watchlist": "deny"})
