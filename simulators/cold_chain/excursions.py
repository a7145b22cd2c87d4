"""True excursions of a series of readings, by brute force, from docs/alarm_rules.md alone.

All readings are looked at each time, nothing is remembered. The simulators' own: it must not share a
mistake with what it judges. Times are ms, values thousandths; rules have no bridges and one version.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from simulators.cold_chain.excursion_rules import ExcursionRule

Instant = tuple[int, int | None]  # what one time says to one rule; None: bad
Readings = Mapping[int, Sequence[int | None]]  # what is claimed of each time; None: no measurement


class Excursion(NamedTuple):
    """``cleared_ms`` None: it was going on when it was asked."""

    start_ms: int
    raised_ms: int
    cleared_ms: int | None


class _Stretch(NamedTuple):
    begin_ms: int
    end_ms: int
    says: str  # "violates", "clears", "neither"


def excursions(rule: ExcursionRule, readings: Readings, asked_ms: int) -> list[Excursion]:
    """Those that exist at ``asked_ms``, by their start."""
    times = sorted(time_ms for time_ms in readings if time_ms <= asked_ms)
    if rule.silent_ms:
        return _silences(times, rule.silent_ms, asked_ms)
    instants = [(time_ms, _worst(rule, readings[time_ms])) for time_ms in times]
    if rule.when is not None:
        instants = [each for each in instants if each[1] is not None]
    found = _raised(rule, _stretches(rule, instants))
    return [_at(asked_ms, each) for each in found if each.raised_ms <= asked_ms]


def _worst(rule: ExcursionRule, claims: Sequence[int | None]) -> int | None:
    """Of the measurements of one time the worst for the rule; None when there is none."""
    if len(claims) == 1:
        return claims[0]
    values = [each for each in claims if each is not None]
    if not values:
        return None
    if rule.when is not None and rule.when.sign in ("<", "<="):
        return min(values)
    if rule.when is not None and rule.when.sign == "==" and rule.when.threshold in values:
        return rule.when.threshold
    return max(values)


def _says(rule: ExcursionRule, value: int | None) -> str:
    if rule.when is None or value is None:
        return "violates" if value is None else "clears"
    if rule.when.holds(value):
        return "violates"
    return "clears" if rule.clear is not None and rule.clear.holds(value) else "neither"


def _stretches(rule: ExcursionRule, instants: Sequence[Instant]) -> list[_Stretch]:
    """What is said without a break, as long as it is the same; unseen time lies between some of them."""
    found: list[_Stretch] = []
    for number, (time_ms, value) in enumerate(instants):
        end_ms = time_ms + rule.hold_ms
        if number + 1 < len(instants):
            end_ms = min(end_ms, instants[number + 1][0])
        says = _says(rule, value)
        if found and found[-1].end_ms == time_ms and found[-1].says == says:
            found[-1] = found[-1]._replace(end_ms=end_ms)
        else:
            found.append(_Stretch(time_ms, end_ms, says))
    return found


def _raised(rule: ExcursionRule, stretches: Sequence[_Stretch]) -> Iterable[Excursion]:
    long_enough = [
        each
        for each in stretches
        if each.says == "clears" and each.end_ms - each.begin_ms >= rule.clear_for_ms
    ]
    free_ms: int | None = -(1 << 62)  # None: what was raised last is not cleared
    for run in stretches:
        fits = run.says == "violates" and run.end_ms - run.begin_ms >= rule.for_ms
        if free_ms is None or not fits or run.begin_ms < free_ms:
            continue
        raised_ms = run.begin_ms + rule.for_ms
        place = bisect_left(long_enough, raised_ms, key=attrgetter("begin_ms"))
        free_ms = long_enough[place].begin_ms + rule.clear_for_ms if place < len(long_enough) else None
        yield Excursion(run.begin_ms, raised_ms, free_ms)


def _silences(times: Sequence[int], silent_ms: int, asked_ms: int) -> list[Excursion]:
    found = []
    for number, begin_ms in enumerate(times):
        next_ms = times[number + 1] if number + 1 < len(times) else None
        limit_ms = begin_ms + silent_ms
        if limit_ms <= asked_ms and (next_ms is None or next_ms > limit_ms):
            found.append(Excursion(begin_ms, limit_ms, next_ms))
    return found


def _at(asked_ms: int, one: Excursion) -> Excursion:
    open_still = one.cleared_ms is not None and one.cleared_ms > asked_ms
    return one._replace(cleared_ms=None) if open_still else one
