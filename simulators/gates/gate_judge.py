"""What a gate has to decide, written from docs/gates.md alone; the truth that a hub is compared with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from simulators.gates.gate_rules import DAYS_AFTER_DOSE, SiteRules
from simulators.gates.histories import History
from simulators.gates.shown_codes import Code

Direction = Literal["in", "out"]
SIGNED = frozenset({"eu-dcc", "shc"})


class Verdict(NamedTuple):
    """``reason`` may be the beginning of one, where it ends in a dot."""

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
            return Verdict("retry", code.reason)
        if self.rules.passback and self._went.get(code.raw) == direction:
            return Verdict("deny", "passage.same_direction")
        if self.rules.doses and direction == "in" and (fault := _fault(self.rules, code, history, now)):
            return Verdict("deny", fault)
        return Verdict("allow", "allowed")

    def passed(self, code: Code, direction: Direction) -> None:
        """Somebody went through."""
        self._went[code.raw] = direction
        self.inside += 1 if direction == "in" else -1


def _fault(rules: SiteRules, code: Code, history: History, now: datetime) -> str:
    """Why a code does not prove the doses; empty: it does. An untrusted signature is told before its age."""
    if code.kind not in SIGNED:
        return "proof.missing"
    if code.flaw in ("unknown_key", "bad_signature"):
        return f"certificate.{code.flaw}"
    if code.flaw == "expired":
        return "certificate.expired"
    last = history.doses[-1]
    enough = last.number >= rules.doses and now - last.at >= timedelta(days=DAYS_AFTER_DOSE)
    return "" if enough else "proof.not_enough"
