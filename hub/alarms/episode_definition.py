"""The rule text (docs/alarm_rules.md) sentence by sentence, over all readings of a series at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from hub.alarms.calibration_offsets import offset_at
from hub.alarms.episode_telling import Stretch, told
from hub.alarms.episodes import Episode
from hub.alarms.readings import Calibration, Reading, Series
from hub.alarms.rules import BEGINNING, INFINITE, Condition, InForce, Rule

_BEST_FIRST = {"GOOD": 0, "UNCERTAIN": 1, "BAD": 2}


class _Spoken(NamedTuple):
    """An instant and until when it speaks; ``value`` None: a bad instant."""

    time_ms: int
    until_ms: int
    value: int | None


class _Run(NamedTuple):
    start_ms: int
    end_ms: int
    readings: tuple[_Spoken, ...]
    bridges: tuple[int, ...]  # where the unseen time begins that it spans


def episodes_of(
    version: InForce,
    device: str,
    readings: Iterable[Reading],
    calibrations: Sequence[Calibration],
    now_ms: int,
    watched_from_ms: int | None = None,
) -> tuple[Episode, ...]:
    """The episodes that ``readings`` of the rule's metric, in any order, give when asked at ``now_ms``."""
    rule = version.rule
    known = sorted((reading for reading in readings if reading.time_ms <= now_ms), key=attrgetter("time_ms"))
    if rule.when == "silent":
        found = _silences(rule, [reading.time_ms for reading in known], watched_from_ms)
    else:
        end_ms = INFINITE if version.to_ms is None else version.to_ms
        found = _stretches(rule, _spoken(rule, known, calibrations), end_ms)
    return told(found, version, Series(device, rule.metric), now_ms)


def _spoken(rule: Rule, known: list[Reading], calibrations: Sequence[Calibration]) -> list[_Spoken]:
    instants = [
        (time_ms, _chosen(rule, list(claims), offset_at(calibrations, time_ms)))
        for time_ms, claims in groupby(known, key=attrgetter("time_ms"))
    ]
    if rule.when != "bad":
        instants = [instant for instant in instants if instant[1] is not None]
    following = [time_ms for time_ms, _ in instants[1:]] + [INFINITE]
    return [
        _Spoken(time_ms, min(end, time_ms + rule.hold_ms), value)
        for (time_ms, value), end in zip(instants, following, strict=False)
    ]


def _chosen(rule: Rule, claims: list[Reading], offset: int) -> int | None:
    """The value that the rule takes of those of the best quality; None: the instant is bad."""
    usable = [claim for claim in claims if claim.value is not None and claim.quality != "BAD"]
    if not usable:
        return None
    best = min(_BEST_FIRST[claim.quality] for claim in usable)
    values = [
        claim.value + offset
        for claim in usable
        if claim.value is not None and _BEST_FIRST[claim.quality] == best
    ]
    return rule.when.worst(values) if isinstance(rule.when, Condition) else values[0]


def _violates(rule: Rule, value: int | None) -> bool:
    if isinstance(rule.when, Condition):
        return value is not None and rule.when.holds(value)
    return value is None


def _clears(rule: Rule, value: int | None) -> bool:
    if rule.clear.when is None:
        return not _violates(rule, value)
    return value is not None and rule.clear.when.holds(value)


def _runs(spoken: list[_Spoken], fulfils: Callable[[int | None], bool], bridge_ms: int) -> Iterator[_Run]:
    """Longest stretches in which readings that fulfil something speak without a break."""
    run: _Run | None = None
    for each in spoken:
        if run and (not fulfils(each.value) or each.time_ms - run.end_ms > bridge_ms):
            yield run
            run = None
        if fulfils(each.value):
            run = _joined(run, each) if run else _Run(each.time_ms, each.until_ms, (each,), ())
    if run:
        yield run


def _joined(run: _Run, each: _Spoken) -> _Run:
    bridges = (*run.bridges, run.end_ms) if each.time_ms > run.end_ms else run.bridges
    return _Run(run.start_ms, each.until_ms, (*run.readings, each), bridges)


def _stretches(rule: Rule, spoken: list[_Spoken], end_ms: int) -> Iterator[Stretch]:
    """Rules 3 to 5; ``end_ms``: of the version."""
    runs = list(_runs(spoken, lambda value: _violates(rule, value), rule.bridge_ms))
    clear_runs = list(_runs(spoken, lambda value: _clears(rule, value), 0))
    free_from = BEGINNING
    for run in runs:
        if run.start_ms < free_from or run.end_ms - run.start_ms < rule.for_ms:
            continue
        raised_at = run.start_ms + rule.for_ms
        cleared_at = _cleared_at(rule, clear_runs, raised_at)
        free_from = INFINITE if cleared_at is None else cleared_at
        yield _stretch(rule, run.start_ms, cleared_at, runs, min(free_from, end_ms))


def _cleared_at(rule: Rule, clear_runs: list[_Run], raised_at_ms: int) -> int | None:
    for run in clear_runs:
        if run.start_ms >= raised_at_ms and run.end_ms - run.start_ms >= rule.clear.for_ms:
            return run.start_ms + rule.clear.for_ms
    return None


def _stretch(rule: Rule, start_ms: int, cleared_at: int | None, runs: list[_Run], told_to_ms: int) -> Stretch:
    inside = [run for run in runs if start_ms <= run.start_ms < told_to_ms]
    inferred = any(bridge < told_to_ms for run in inside for bridge in run.bridges)
    values = [
        each.value
        for run in inside
        for each in run.readings
        if each.time_ms < told_to_ms and each.value is not None
    ]
    worst = rule.when.worst(values) if isinstance(rule.when, Condition) and values else None
    return Stretch(start_ms, start_ms + rule.for_ms, cleared_at, inferred, worst)


def _silences(rule: Rule, times: list[int], watched_from_ms: int | None) -> Iterator[Stretch]:
    instants = sorted(set(times))
    if watched_from_ms is not None and (not instants or watched_from_ms < instants[0]):
        instants.insert(0, watched_from_ms)
    for earlier, later in pairwise(instants):
        if later - earlier > rule.for_ms:
            yield Stretch(earlier, earlier + rule.for_ms, later)
    if instants:
        yield Stretch(instants[-1], instants[-1] + rule.for_ms, None)
