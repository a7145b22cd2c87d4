"""What a rule is made of, as docs/alarm_rules.md has it: whole milliseconds and whole thousandths."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Severity = Literal["info", "warning", "critical"]
Operator = Literal[">", ">=", "<", "<=", "=="]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
INFINITE = 1 << 62  # beyond any value in thousandths and any time in milliseconds
BEGINNING = -INFINITE

Span = tuple[int, int]  # the whole numbers from the first to the second, both included


@dataclass(frozen=True, slots=True)
class Condition:
    """What a value is compared with; ``threshold`` in thousandths of the metric's unit."""

    operator: Operator
    threshold: int

    def span(self) -> Span:
        """The values that fulfil it."""
        limit = self.threshold
        match self.operator:
            case ">":
                return limit + 1, INFINITE
            case ">=":
                return limit, INFINITE
            case "<":
                return BEGINNING, limit - 1
            case "<=":
                return BEGINNING, limit
            case "==":
                return limit, limit

    def holds(self, value: int) -> bool:
        """Whether the value fulfils it."""
        lowest, highest = self.span()
        return lowest <= value <= highest

    def worst(self, values: Iterable[int]) -> int:
        """The one of several claims, at least one, that it looks at."""
        claims = list(values)
        if self.operator == "==" and self.threshold in claims:
            return self.threshold
        return min(claims) if self.operator in {"<", "<="} else max(claims)


When = Condition | Literal["bad", "silent"]


@dataclass(frozen=True, slots=True)
class Clear:
    """What ends an episode: ``when`` without a break for ``for_ms``; None: the opposite of the rule's."""

    when: Condition | None = None
    for_ms: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The severity that an episode has from ``after_ms`` behind its start on."""

    after_ms: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one profile. Raises ValueError when its settings contradict each other."""

    code: str
    metric: str
    when: When
    for_ms: int  # of a rule on silence: how long nothing may come
    severity: Severity
    hold_ms: int  # how long a reading speaks at most
    version: str = ""  # the profile and its version: "fridge@1"
    clear: Clear = Clear()
    steps: tuple[Step, ...] = ()
    bridge_ms: int = 0  # 0: unseen time ends a run
    latch: bool = False  # its incidents wait for a disposition of the vaccine
    source: str = ""

    def __post_init__(self) -> None:
        contradiction = self._contradiction()
        if contradiction:
            raise ValueError(contradiction)

    def _contradiction(self) -> str:
        if min(self.for_ms, self.clear.for_ms, self.bridge_ms) < 0 or self.hold_ms < 1:
            return "a negative time, or a hold of nothing"
        if self.when == "silent" and (self.for_ms < 1 or self.clear != Clear() or self.bridge_ms):
            return "silence lasts some time, is cleared by any reading and bridged by none"
        if self.when == "bad" and self.clear.when:
            return "what ends bad readings is a usable one, whatever its value"
        if isinstance(self.when, Condition) and self.clear.when and _overlap(self.when, self.clear.when):
            return "clear overlaps when"
        return self._contradiction_of_steps()

    def _contradiction_of_steps(self) -> str:
        delays = [self.for_ms, *(step.after_ms for step in self.steps)]
        if any(later < earlier for earlier, later in pairwise(delays)):
            return "a step must not come before the alarm or the step before it"
        ranks = [SEVERITIES.index(self.severity), *(SEVERITIES.index(step.severity) for step in self.steps)]
        if any(later <= earlier for earlier, later in pairwise(ranks)):
            return "a step must be more severe than what was before it"
        return ""


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of a rule and the time ``[from_ms, to_ms)`` in which it is in force; None: open.

    Raises ValueError when that is no time at all.
    """

    rule: Rule
    from_ms: int | None = None
    to_ms: int | None = None

    def __post_init__(self) -> None:
        if self.from_ms is not None and self.to_ms is not None and self.to_ms <= self.from_ms:
            raise ValueError("a version that is never in force")


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one kind of storage, or of devices of these ``kinds``."""

    name: str
    version: int
    rules: tuple[Rule, ...]
    kinds: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What its rules have as ``version``: "fridge@1"."""
        return f"{self.name}@{self.version}"


def _overlap(one: Condition, other: Condition) -> bool:
    (low, high), (lowest, highest) = one.span(), other.span()
    return max(low, lowest) <= min(high, highest)
