"""A fridge whose frost is an alarm after ten minutes: what is older than an hour is judged with patience."""

from dataclasses import replace

from hub.alarms.profiles import load_profile
from hub.alarms.rules import Rule

MINUTE = 60_000
RAISED_AFTER_MS = 10 * MINUTE
_PACKAGED = load_profile("fridge")


def _quick(rule: Rule) -> Rule:
    version = f"fridge@{_PACKAGED.version + 1}"
    return replace(rule, version=version, for_ms=RAISED_AFTER_MS if rule.code == "FRZE" else rule.for_ms)


QUICK_FROST = replace(
    _PACKAGED, version=_PACKAGED.version + 1, rules=tuple(_quick(rule) for rule in _PACKAGED.rules)
)
