"""Random stories: sets of episodes that change, and people and channels in between."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from hypothesis import strategies as st

from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import (
    Acknowledge,
    Action,
    Assign,
    Check,
    Comment,
    Dispose,
    Escalate,
    Notify,
    PutBack,
    RefusedAction,
    Release,
    Shelve,
    Suppress,
    TakeOut,
    Unshelve,
)
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry
from hub.alarms.rules import SEVERITIES, Rule
from tests.alarms.incidents.made import FREEZE, FRIDGE, HEAT, MINUTE, SITE, episode, finding

RULES = (HEAT, FREEZE)
NURSE = "3fb1c2aa"


class Assessed(NamedTuple):
    """What the evaluator gives of both rules."""

    minutes: int
    episodes: tuple[tuple[Episode, ...], ...]


class Acted(NamedTuple):
    minutes: int
    which: int
    action: Callable[[int], Action]


class Ticked(NamedTuple):
    minutes: int


Step = Assessed | Acted | Ticked
ACTIONS: tuple[Callable[[int], Action], ...] = (
    lambda now: Acknowledge(NURSE),
    lambda now: Shelve(NURSE, "bảo trì", now + 50 * MINUTE),
    lambda now: Shelve(NURSE, "bảo trì", now + 900 * MINUTE),
    lambda now: Unshelve(NURSE),
    lambda now: Comment(NURSE, "đã gọi"),
    lambda now: Assign(NURSE, to="b2"),
    lambda now: Dispose(NURSE, decision="use"),
    lambda now: Dispose(NURSE, decision="discard"),
    lambda now: Escalate(level=2),
    lambda now: Notify(channel="sms", outcome="sent"),
    lambda now: Suppress(parent="site"),
    lambda now: Release(),
    lambda now: TakeOut(NURSE, "rã đông"),
    lambda now: TakeOut(NURSE, "rã đông", now + 30 * MINUTE),
    lambda now: PutBack(NURSE),
    lambda now: Check(NURSE),
)


@st.composite
def of_version(draw: st.DrawFn, rule: Rule) -> list[Episode]:
    """Episodes of one version: apart, at most the last one open."""
    found: list[Episode] = []
    start = draw(st.integers(0, 20))
    for last in [False] * draw(st.integers(0, 3)) + [True]:
        length = draw(st.integers(1, 30))
        is_open = last and draw(st.booleans())
        found.append(
            episode(
                start,
                None if is_open else start + length,
                rule=rule,
                raised=start + draw(st.integers(0, length - 1)),
                severity=draw(st.sampled_from(SEVERITIES)),
                worst=draw(st.sampled_from([None, -900, 9000, 9500])),
                inferred=draw(st.booleans()),
            )
        )
        start += length + draw(st.integers(0, 10))
    return found[draw(st.integers(0, len(found))) :]


@st.composite
def of_rule(draw: st.DrawFn, rule: Rule) -> tuple[Episode, ...]:
    """Episodes of two versions."""
    newer = replace(rule, version="fridge@2")
    return tuple(draw(of_version(rule)) + draw(st.one_of(st.just([]), of_version(newer))))


assessed = st.builds(Assessed, st.integers(0, 40), st.tuples(*(of_rule(rule) for rule in RULES)))
acted = st.builds(Acted, st.integers(0, 20), st.integers(0, 5), st.sampled_from(ACTIONS))
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(assessed, acted, st.builds(Ticked, st.integers(0, 60))), max_size=12
)


def tell(book: Book, story: list[Step], after: Callable[[Step], None] = lambda step: None) -> list[Entry]:
    """Everything that this enters; ``after`` is called after each step."""
    entries: list[Entry] = []
    now_ms = 0
    for step in story:
        now_ms += step.minutes * MINUTE
        match step:
            case Assessed():
                found = [finding(*each, rule=rule) for rule, each in zip(RULES, step.episodes, strict=True)]
                entries += book.assess(found, now_ms)
            case Ticked():
                entries += book.tick(now_ms)
            case Acted():
                entries += _act(book, step, now_ms)
        after(step)
    return entries


def _act(book: Book, step: Acted, now_ms: int) -> list[Entry]:
    names = list(book.incidents)
    action = step.action(now_ms)
    try:
        if isinstance(action, TakeOut | PutBack | Check):
            return book.act_on_device(SITE, FRIDGE, action, now_ms)
        return book.act(names[step.which % len(names)], action, now_ms) if names else []
    except RefusedAction:
        return []
