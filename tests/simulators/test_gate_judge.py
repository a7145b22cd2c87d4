"""The simulators' judge beside the product's: two readings of one page, for everybody of a population."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from adapters.qr_gates.certificates.trust_list import trust_list_of
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.shown_code import ShownCode, UnreadableCode
from adapters.qr_gates.decisions.decide import decide
from adapters.qr_gates.decisions.gate_knowledge import Direction, Known, Moment
from adapters.qr_gates.decisions.gate_rules import AntiPassback, GateRules, Proof
from simulators.gates.certificate_issuer import Issuer, trust_list
from simulators.gates.gate_judge import ZoneJudge
from simulators.gates.gate_rules import LISTED, RULES, SiteRules
from simulators.gates.histories import History
from simulators.gates.list_tables import BY_NUMBER
from simulators.gates.shown_codes import Code
from simulators.gates.zone_people import World

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
WORLD = World(900, 3, NOW)
PEOPLE = [(WORLD.wallets().code_of(*known), known[1]) for known in WORLD.people()]
READER = Dispatcher(trust_list_of(trust_list([Issuer()]).encode()))


def settings(rules: SiteRules) -> GateRules:
    return GateRules(
        duplicate_seconds=rules.duplicate_seconds,
        anti_passback=AntiPassback(mode="hard") if rules.passback else None,
        declaration_hours=rules.declared_hours or None,
        proof=Proof(doses=rules.doses) if rules.doses else None,
    )


def read(code: Code) -> ShownCode | UnreadableCode:
    try:
        return READER.read(code.raw)
    except UnreadableCode as unreadable:
        return unreadable


def known(rules: SiteRules, code: Code, history: History) -> Known:
    """What the lists of a hub say that has the simulators' tables."""
    if not rules.lists or code.kind not in BY_NUMBER:
        return Known()
    doses = history.doses
    return Known(
        on_watch_list=history.watched,
        declared_at_ms=_ms(history.declared_at) if history.declared_at else None,
        doses=len(doses),
        dosed_at_ms=_ms(doses[-1].at) if doses else None,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("direction", ["in", "out"])
def test_both_decide_alike_and_for_the_same_reason(name: str, direction: Direction) -> None:
    rules = RULES[name]
    judge, seen = ZoneJudge(rules), Counter[str]()
    for code, history in PEOPLE:
        mine = judge.judge(code, history, direction, NOW)
        moment = Moment(NOW_MS, direction, NOW_MS - 3_600_000)
        theirs = decide(read(code), known(rules, code, history), settings(rules), moment)
        assert (theirs.outcome.value, theirs.reason) == mine, code
        seen[mine.reason] += 1
    if rules is LISTED:
        assert seen["list.watch"]
    if rules is LISTED and direction == "in":
        assert seen["declaration.missing"]
    if name == "proved" and direction == "in":
        assert {"certificate.unknown_key", "certificate.bad_signature", "certificate.expired"} <= seen.keys()


def test_who_went_in_may_not_go_in_again_before_going_out() -> None:
    judge = ZoneJudge(RULES["open"])
    code, history = PEOPLE[0]
    judge.passed(code, "in")
    assert judge.judge(code, history, "in", NOW) == ("deny", "passage.same_direction")
    assert judge.judge(code, history, "out", NOW).opens
    judge.passed(code, "out")
    assert judge.judge(code, history, "in", NOW).opens
    assert judge.inside == 0
