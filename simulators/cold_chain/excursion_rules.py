"""The standard rules, as data beside this module; times in ms, values in thousandths."""

import operator
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq,
}  # fmt: skip
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!="}


@dataclass(frozen=True, slots=True)
class Comparison:
    """``sign`` may be != where a rule on == clears without a word."""

    sign: str
    threshold: int

    def holds(self, value: int) -> bool:
        if self.sign == "!=":
            return value != self.threshold
        return COMPARE[self.sign](value, self.threshold)


@dataclass(frozen=True, slots=True)
class ExcursionRule:
    """``when`` None: bad readings; ``silent_ms``: a rule on silence, which looks at nothing else."""

    code: str
    metric: str
    profiles: tuple[str, ...]
    when: Comparison | None
    for_ms: int
    clear: Comparison | None
    clear_for_ms: int
    hold_ms: int
    silent_ms: int = 0


def standard_rules(profile: str) -> tuple[ExcursionRule, ...]:
    """Those of one storage profile."""
    return tuple(rule for rule in _all() if not rule.profiles or profile in rule.profiles)


def _all() -> list[ExcursionRule]:
    text = resources.files("simulators.cold_chain").joinpath("standard_rules.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return [_rule(entry, data["hold_seconds"]) for entry in data["rule"]]


def _rule(entry: dict[str, Any], hold_seconds: int) -> ExcursionRule:
    words = entry.get("when", "bad")
    when = None if words == "bad" else _comparison(words)
    clear = None
    if when is not None:
        clear = (
            _comparison(entry["clear"])
            if "clear" in entry
            else Comparison(OPPOSITE[when.sign], when.threshold)
        )
    return ExcursionRule(
        entry["code"],
        entry["metric"],
        tuple(entry.get("profiles", ())),
        when,
        1000 * entry.get("for_seconds", 0),
        clear,
        1000 * entry.get("clear_for_seconds", 0),
        1000 * entry.get("hold_seconds", hold_seconds),
        1000 * entry.get("silent_seconds", 0),
    )


def _comparison(words: str) -> Comparison:
    sign, number = words.split()
    return Comparison(sign, int(Decimal(number) * 1000))
