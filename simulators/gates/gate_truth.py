"""The lines of the truth: what was shown where, and what had to come of it, before its first byte is sent."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from simulators.gates.gate_judge import Verdict
from simulators.gates.gate_plan import GatePlan
from simulators.gates.shown_codes import Code
from simulators.truth import TruthFile


@dataclass
class GateTruth:
    """``again``: the same person shows once more what was shown; it moves nothing."""

    file: TruthFile
    counts: Counter[str] = field(default_factory=Counter)
    _number: int = 0

    def gate(self, plan: GatePlan) -> None:
        self.file.write(
            {
                "kind": "gate",
                "device": plan.id,
                "site": plan.site,
                "zone": plan.zone,
                "direction": plan.direction,
                "way": plan.way,
                "skew_seconds": plan.skew_seconds,
            }
        )

    def shown(
        self, plan: GatePlan, person: int, code: Code, verdict: Verdict, at: datetime, *, again: bool = False
    ) -> int:
        """The number of the show; ``person`` −1: nobody's code."""
        self._number += 1
        number = self._number
        self.counts["again" if again else "shown"] += 1
        self.counts[verdict.decision] += not again
        self.file.write(
            {
                "kind": "shown",
                "number": number,
                "device": plan.id,
                "person": person,
                "code": code.kind,
                "decision": verdict.decision,
                "reason": verdict.reason,
                "again": again,
                "at": at.isoformat(timespec="milliseconds"),
            }
        )
        return number

    def settled(self, number: int, outcome: str) -> None:
        """``outcome``: opened, stored, sent (nobody tells), refused, unopened."""
        self.counts[outcome] += 1
        self.file.write({"kind": "settled", "number": number, "outcome": outcome})

    def zone(self, zone: str, inside: int) -> None:
        self.file.write({"kind": "zone", "zone": zone, "inside": inside})
