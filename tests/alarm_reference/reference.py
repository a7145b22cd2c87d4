"""A second opinion on alarms, written from docs/alarm_rules.md alone and naive on purpose.

Time is cut wherever something can change; of every piece it is asked which reading speaks there and what it
says to the rule; pieces become stretches, stretches become runs and episodes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from operator import attrgetter, eq, ge, gt, itemgetter, le, lt
from typing import NamedTuple

from tests.alarm_reference.readings import (
    Calibration,
    Claims,
    Comparison,
    Instant,
    Reading,
    Rule,
    claims_of,
    instants_of,
    worst_of,
)

COMPARED: dict[str, Callable[[int, int], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le, "==": eq}


class Episode(NamedTuple):
    """``cleared_at`` None: open at the T of the question."""

    start: int
    raised_at: int
    cleared_at: int | None
    severity: str
    inferred: bool
    worst: int | None


class Stretch(NamedTuple):
    """Time ``[begin, end)`` in which the series says one thing to the rule."""

    begin: int
    end: int
    says: str  # "violates", "clears", "between", "unseen"


class Run(NamedTuple):
    """Violating time ``[begin, end)``; ``bridges``: where the unseen stretches in it begin."""

    begin: int
    end: int
    bridges: tuple[int, ...]


class Whole(NamedTuple):
    """An episode as if its version had always been in force; ``cleared`` may be after T."""

    start: int
    raised: int
    cleared: int | None


def episodes(
    rule: Rule,
    readings: Iterable[Reading],
    asked_at: int,
    calibrations: Sequence[Calibration] = (),
    watched_from: int | None = None,
) -> list[Episode]:
    """All episodes of one rule in one series that exist at ``asked_at``, by their start."""
    known = (reading for reading in readings if reading.time <= asked_at)
    return judged(rule, claims_of(known, calibrations), asked_at, watched_from)


def judged(
    rule: Rule, claims: Sequence[Claims], asked_at: int, watched_from: int | None = None
) -> list[Episode]:
    """The same for claims of which none is later than ``asked_at``."""
    instants = instants_of(rule, claims)
    if rule.when == "silent":
        found, runs = silences(rule, instants, asked_at, watched_from), []
    else:
        stretches = stretches_of(rule, instants)
        runs = runs_of(rule, stretches)
        found = raised_and_cleared(rule, runs, stretches)
    bridges = [begin for run in runs for begin in run.bridges]
    whole = (told(rule, one, bridges, instants, asked_at) for one in found)
    return [episode for episode in whole if episode is not None]


# What a reading says, and for how long


def fulfils(value: int, comparison: Comparison) -> bool:
    operator, threshold = comparison
    return COMPARED[operator](value, threshold)


def violates(rule: Rule, instant: Instant) -> bool:
    if isinstance(rule.when, str):
        return instant.value is None
    return instant.value is not None and fulfils(instant.value, rule.when)


def says(rule: Rule, instant: Instant) -> str:
    if violates(rule, instant):
        return "violates"
    if rule.clear is None or (instant.value is not None and fulfils(instant.value, rule.clear)):
        return "clears"
    return "between"


def speakers_of(rule: Rule, instants: list[Instant]) -> list[Instant]:
    """Of usable instants for rules on a value, of all for rules on bad readings."""
    return [instant for instant in instants if rule.when == "bad" or instant.value is not None]


def stretches_of(rule: Rule, instants: list[Instant]) -> list[Stretch]:
    """All time from the first reading until the last one falls silent, what it says never twice in a row."""
    speakers = speakers_of(rule, instants)
    times = [speaker.time for speaker in speakers]
    words = [says(rule, speaker) for speaker in speakers]
    cuts = sorted({*times, *(time + rule.hold for time in times)})
    pieces = []
    for begin, end in pairwise(cuts):
        last = bisect_right(times, begin) - 1
        speaks = begin < times[last] + rule.hold
        pieces.append((begin, end, words[last] if speaks else "unseen"))
    return joined(pieces)


def joined(pieces: list[tuple[int, int, str]]) -> list[Stretch]:
    """Neighbours that say the same are one."""
    stretches = []
    for what, group in groupby(pieces, key=itemgetter(2)):
        same = list(group)
        stretches.append(Stretch(same[0][0], same[-1][1], what))
    return stretches


def runs_of(rule: Rule, stretches: list[Stretch]) -> list[Run]:
    """Violating stretches, joined over unseen ones that are short enough and have such on both sides."""
    runs: list[Run] = []
    before: list[Stretch] = []
    for stretch in stretches:
        if stretch.says == "violates":
            if [one.says for one in before] == ["violates", "unseen"] and length(before[1]) <= rule.bridge:
                last = runs.pop()
                runs.append(Run(last.begin, stretch.end, (*last.bridges, before[1].begin)))
            else:
                runs.append(Run(stretch.begin, stretch.end, ()))
        before = [*before, stretch][-2:]
    return runs


def length(stretch: Stretch | Run) -> int:
    return stretch.end - stretch.begin


# Episodes


def raised_and_cleared(rule: Rule, runs: list[Run], stretches: list[Stretch]) -> list[Whole]:
    """Each with the first run, of those that are long enough, after the one before was cleared."""
    found: list[Whole] = []
    clear = [one for one in stretches if one.says == "clears" and length(one) >= rule.clear_lasts]
    for run in runs:
        free = not found or (found[-1].cleared is not None and run.begin >= found[-1].cleared)
        if free and length(run) >= rule.lasts:
            raised = run.begin + rule.lasts
            later = bisect_left(clear, raised, key=attrgetter("begin"))
            cleared = clear[later].begin + rule.clear_lasts if later < len(clear) else None
            found.append(Whole(run.begin, raised, cleared))
    return found


def silences(rule: Rule, instants: list[Instant], asked_at: int, watched_from: int | None) -> list[Whole]:
    """From every instant, and from the beginning of watching, to the next; D or longer, or still going on."""
    times = [instant.time for instant in instants]
    starts = set(times)
    if watched_from is not None and not any(time <= watched_from for time in times):
        starts.add(watched_from)
    found = []
    for start in sorted(starts):
        later = bisect_right(times, start)
        following = times[later : later + 1]
        limit = start + rule.lasts
        if limit <= asked_at and not any(time <= limit for time in following):
            found.append(Whole(start, limit, following[0] if following else None))
    return found


def told(
    rule: Rule, whole: Whole, bridges: list[int], instants: list[Instant], asked_at: int
) -> Episode | None:
    """What is known of it at ``asked_at`` under this version of the rule; None: it does not exist."""
    start, raised_at, cleared_at = whole
    if rule.begins is not None:
        if cleared_at is not None and cleared_at <= rule.begins:
            return None
        raised_at = max(raised_at, rule.begins)
    if rule.ends is not None:
        if whole.raised >= rule.ends:
            return None
        cleared_at = rule.ends if cleared_at is None else min(cleared_at, rule.ends)
    if raised_at > asked_at:
        return None
    if cleared_at is not None and cleared_at > asked_at:
        cleared_at = None
    end = asked_at + 1 if cleared_at is None else cleared_at  # nothing that is known lies later
    severity = severity_of(rule, start, cleared_at, asked_at)
    inferred = any(start <= begin < end for begin in bridges)
    return Episode(
        start, raised_at, cleared_at, severity, inferred, worst_between(rule, instants, start, end)
    )


def severity_of(rule: Rule, start: int, cleared_at: int | None, asked_at: int) -> str:
    """Of the last step that came before the end."""
    severity = rule.severity
    for delay, step in rule.steps:
        at = start + delay
        if at <= asked_at and (cleared_at is None or at < cleared_at):
            severity = step
    return severity


def worst_between(rule: Rule, instants: list[Instant], start: int, end: int) -> int | None:
    """Of the violating readings in ``[start, end)``; None for rules without a comparison."""
    if isinstance(rule.when, str):
        return None
    first, last = (bisect_left(instants, time, key=attrgetter("time")) for time in (start, end))
    values = [one.value for one in instants[first:last] if one.value is not None and violates(rule, one)]
    return worst_of(rule, values)
