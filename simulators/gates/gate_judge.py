"""What a gate has to decide, written from docs/gates.md alone; the truth that a hub is compared with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.gates.gate_rules import DAYS_AFTER_DOSE, Direction, SiteRules
from simulators.gates.histories import History
from simulators.gates.list_tables import BY_NUMBER
from simulators.gates.shown_codes import Code

SIGNED = frozenset({"eu-dcc", "shc"})


class Verdict(NamedTuple):
    """As a hub tells it."""

    decision: str
    reason: str

    @property
    def opens(self) -> bool:
        return self.decision == "allow"


@dataclass(slots=True)
class ZoneJudge:
    """Of one zone, whose gates know the same; people are told apart by what they show."""

    rules: SiteRules
    inside: int = 0
    _went: dict[bytes, Direction] = field(default_factory=dict)

    def judge(self, code: Code, history: History, direction: Direction, now: datetime) -> Verdict:
        """Of a first show; nothing moves yet."""
        if code.reason:
            return Verdict("retry", code.reason if code.kind == "web-address" else "code.unreadable")
        listed = self.rules.lists and code.kind in BY_NUMBER
        if listed and history.watched:
            return Verdict("alert", "list.watch")
        if self.rules.passback and self._went.get(code.raw) == direction:
            return Verdict("deny", "passage.same_direction")
        if direction == "in" and (fault := _fault(self.rules, code, history, now, listed=listed)):
            return Verdict("deny", fault)
        return Verdict("allow", "allowed")

    def passed(self, code: Code, direction: Direction) -> None:
        """Somebody went through."""
        self._went[code.raw] = direction
        self.inside += 1 if direction == "in" else -1


def _fault(rules: SiteRules, code: Code, history: History, now: datetime, *, listed: bool) -> str:
    """Why somebody may not come in; empty: they may. ``listed``: the lists know this code."""
    if rules.declared_hours:
        at = history.declared_at if listed else None
        if at is None:
            return "declaration.missing"
        if now - at > timedelta(hours=rules.declared_hours):
            return "declaration.old"
    if not rules.doses or (listed and _enough(rules, history, now)):
        return ""
    return _fault_of_proof(rules, code, history, now)


def _fault_of_proof(rules: SiteRules, code: Code, history: History, now: datetime) -> str:
    """Why a code does not prove the doses. An untrusted signature is told before its age."""
    if code.kind not in SIGNED:
        return "proof.missing"
    if code.flaw in ("unknown_key", "bad_signature"):
        return f"certificate.{code.flaw}"
    if code.flaw == "expired":
        return "certificate.expired"
    return "" if _enough(rules, history, now) else "proof.not_enough"


def _enough(rules: SiteRules, history: History, now: datetime) -> bool:
    if not history.doses:
        return False
    last = history.doses[-1]
    return last.number >= rules.doses and now - last.at >= timedelta(days=DAYS_AFTER_DOSE)
