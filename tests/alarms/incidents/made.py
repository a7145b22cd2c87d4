"""Episodes and findings of one fridge, as tests write them: times in minutes."""

from collections.abc import Iterable
from dataclasses import replace

from hub.alarms.episodes import Episode
from hub.alarms.incidents.book import Book, Finding
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.standing import Incident
from hub.alarms.rules import Condition, Rule, Severity, Step

MINUTE = 60_000
SITE, FRIDGE = "kho-vac-xin", "fridge-01"
HEAT = Rule(
    "HEAT",
    "temp.vaccine",
    Condition(">", 8000),
    60 * MINUTE,
    "warning",
    30 * MINUTE,
    "fridge@1",
    steps=(Step(240 * MINUTE, "critical"),),
)
FREEZE = replace(HEAT, code="FRZE", when=Condition("<=", -500), severity="critical", steps=(), latch=True)


def episode(
    start: int,
    cleared: int | None = None,
    *,
    severity: Severity = "warning",
    worst: int | None = 9000,
    rule: Rule = HEAT,
    raised: int | None = None,
    inferred: bool = False,
) -> Episode:
    """From minute ``start``; raised an hour later unless told otherwise."""
    return Episode(
        FRIDGE,
        rule.metric,
        rule.code,
        rule.version,
        start * MINUTE,
        (start + 60 if raised is None else raised) * MINUTE,
        None if cleared is None else cleared * MINUTE,
        severity,
        inferred,
        worst,
    )


def finding(*episodes: Episode, rule: Rule = HEAT, known_from: int | None = None) -> Finding:
    """What the evaluator gives of the fridge."""
    found = Finding(SITE, FRIDGE, rule, episodes)
    return found if known_from is None else replace(found, known_from_ms=known_from * MINUTE)


def assess(book: Book, minute: int, *episodes: Episode, rule: Rule = HEAT) -> list[str]:
    """The kinds of the entries that this made."""
    return kinds(book.assess([finding(*episodes, rule=rule)], minute * MINUTE))


def kinds(entries: Iterable[Entry]) -> list[str]:
    return [entry.kind.value for entry in entries]


def only(book: Book) -> Incident:
    (incident,) = book.incidents.values()
    return incident
