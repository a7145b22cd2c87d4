"""The decision of a gate: questions in their order, the first that has something to say decides.

malformed, duplicate, watch list, recent positive result, anti-passback, declaration, proof, occupancy; else
the person may pass. Every reason is a code; ``texts`` has its words in Vietnamese and English.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from adapters.qr_gates.codes.shown_code import PartOfCode, ShownCode, UnreadableCode, WrongCode
from adapters.qr_gates.decisions.gate_knowledge import Known, Moment
from adapters.qr_gates.decisions.gate_rules import GateRules
from adapters.qr_gates.decisions.proofs import suffices, trust_fault, validity_fault

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000


class Outcome(StrEnum):
    """``alert`` calls staff and is silent at the gate; ``duplicate`` moves nothing."""

    ALLOW = "allow"
    DENY = "deny"
    HOLD = "hold"
    ALERT = "alert"
    RETRY = "retry"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Decision:
    """``rule``: which question decided. ``remarks``: what was told and let pass."""

    outcome: Outcome
    reason: str
    rule: str
    remarks: tuple[str, ...] = ()

    @property
    def opens(self) -> bool:
        return self.outcome is Outcome.ALLOW


@dataclass(frozen=True, slots=True)
class _Case:
    shown: ShownCode
    known: Known
    rules: GateRules
    moment: Moment


_Answer = tuple[Outcome, str] | None


def decide(shown: ShownCode | UnreadableCode, known: Known, rules: GateRules, moment: Moment) -> Decision:
    """Pure: the same four give the same decision."""
    if isinstance(shown, UnreadableCode):
        reason = shown.reason if isinstance(shown, (WrongCode, PartOfCode)) else "code.unreadable"
        return Decision(Outcome.RETRY, reason, "malformed")
    if shown.identity is None:
        return Decision(Outcome.RETRY, "code.nobody", "malformed")
    case = _Case(shown, known, rules, moment)
    for rule, ask in _QUESTIONS:
        if answer := ask(case):
            return Decision(*answer, rule, _remarks(case))
    return Decision(Outcome.ALLOW, "allowed", "allow", _remarks(case))


def _duplicate(case: _Case) -> _Answer:
    if case.known.seen_at_ms is None:
        return None
    again = 0 <= case.moment.at_ms - case.known.seen_at_ms <= case.rules.duplicate_seconds * 1000
    return (Outcome.DUPLICATE, "scan.repeated") if again else None


def _watch_list(case: _Case) -> _Answer:
    return (Outcome(case.rules.on_watch_list), "list.watch") if case.known.on_watch_list else None


def _positive(case: _Case) -> _Answer:
    days, at_ms = case.rules.positive_days, case.known.positive_at_ms
    if days is None or at_ms is None:
        return None
    recent = case.moment.at_ms - at_ms <= days * _DAY_MS + case.moment.grace_ms
    return (Outcome(case.rules.on_positive), "result.positive") if recent else None


def _anti_passback(case: _Case) -> _Answer:
    rule = case.rules.anti_passback
    return (
        (Outcome.DENY, "passage.same_direction")
        if _goes_twice(case) and rule and rule.mode == "hard"
        else None
    )


def _declaration(case: _Case) -> _Answer:
    hours, at_ms = case.rules.declaration_hours, case.known.declared_at_ms
    if hours is None or case.moment.direction == "out" or not case.known.declarations_known:
        return None
    if at_ms is None:
        return Outcome.DENY, "declaration.missing"
    old = case.moment.at_ms - at_ms > hours * _HOUR_MS + case.moment.grace_ms
    return (Outcome.DENY, "declaration.old") if old else None


def _proof(case: _Case) -> _Answer:
    proof = case.rules.proof
    if proof is None or case.moment.direction == "out":
        return None
    if suffices(proof, case.shown, case.known, case.moment):
        return None
    if not case.shown.claims:
        return Outcome.DENY, "proof.missing"
    fault = trust_fault(case.shown.trust) if proof.signed else None
    return Outcome.DENY, fault or validity_fault(case.shown, case.moment) or "proof.not_enough"


def _occupancy(case: _Case) -> _Answer:
    limit = case.rules.occupancy_limit
    if limit is None or case.moment.direction == "out":
        return None
    return (Outcome.HOLD, "zone.full") if case.known.occupancy >= limit else None


def _goes_twice(case: _Case) -> bool:
    rule, known, moment = case.rules.anti_passback, case.known, case.moment
    if rule is None or known.went != moment.direction or known.went_at_ms is None:
        return False
    if known.went_at_ms < moment.day_began_ms:
        return False
    return moment.at_ms - known.went_at_ms <= rule.window_hours * _HOUR_MS


def _remarks(case: _Case) -> tuple[str, ...]:
    rule = case.rules.anti_passback
    soft = rule is not None and rule.mode == "soft" and _goes_twice(case)
    told = {
        "passage.same_direction": soft,
        "list.none": case.known.lacks_list,
        "clock.off": case.moment.grace_ms > 0,
    }
    return (*case.shown.flags, *(remark for remark, is_so in told.items() if is_so))


_QUESTIONS: tuple[tuple[str, Callable[[_Case], _Answer]], ...] = (
    ("duplicate", _duplicate),
    ("watch-list", _watch_list),
    ("positive", _positive),
    ("anti-passback", _anti_passback),
    ("declaration", _declaration),
    ("proof", _proof),
    ("occupancy", _occupancy),
)
