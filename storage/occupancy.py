"""How many are in a zone, put together from what was told and who went: pure, shared by both dialects."""

from dataclasses import dataclass
from typing import NamedTuple

from storage.gates import HOUR_MS, Occupancy, Passages, ZoneTold

# Beyond every instant that the store takes.
EVER_MS = 2**61


class Span(NamedTuple):
    """After ``after_ms``, and not after ``until_ms``."""

    after_ms: int
    until_ms: int


class SpanParts(NamedTuple):
    """A span as the tables answer it: whole hours are counted already, what is left at both ends by row.

    Hours since 1970, ``hours_end`` exclusive; both ends of rows inclusive.
    """

    head_from: int
    head_to: int
    hours_from: int
    hours_end: int
    tail_from: int
    tail_to: int


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What was told of a zone: its last set, the one before, the last of yesterday, and the edge's count."""

    edge: str
    zone: str
    site: str
    device: str
    last_set: ZoneTold | None
    set_before: ZoneTold | None
    set_of_yesterday: ZoneTold | None
    told: ZoneTold | None
    last_ms: int | None


def parts_of(span: Span) -> SpanParts:
    """The parts do not overlap, and together they are the span."""
    first, end = span.after_ms + 1, span.until_ms + 1
    hours_from, hours_end = -(-first // HOUR_MS), end // HOUR_MS
    if hours_from >= hours_end:
        return SpanParts(first, span.until_ms, 0, 0, 0, -1)
    return SpanParts(
        first, hours_from * HOUR_MS - 1, hours_from, hours_end, hours_end * HOUR_MS, span.until_ms
    )


def spans_of(facts: ZoneFacts, day_began_ms: int) -> tuple[Span, Span, Span, Span, Span]:
    """Since the last set; between it and the one before; from it to the edge's count; until today; today."""
    last = _at(facts.last_set)
    told = facts.told.at_ms if facts.told and facts.told.at_ms >= last else last
    return (
        Span(last, EVER_MS),
        Span(_at(facts.set_before), last),
        Span(last, told),
        Span(_at(facts.set_of_yesterday), day_began_ms - 1),
        Span(day_began_ms - 1, EVER_MS),
    )


def occupancy_of(facts: ZoneFacts, went: tuple[Passages, ...]) -> Occupancy:
    """``went``: the passages of each of ``spans_of``."""
    since_set, between, to_told, until_today, today = went
    last, told = facts.last_set, facts.told
    comparable = told is not None and told.at_ms >= _at(last)
    return Occupancy(
        edge=facts.edge,
        zone=facts.zone,
        site=facts.site,
        device=facts.device,
        inside=_count(last) + since_set.inside,
        since_set=since_set,
        set=last,
        drift=None if last is None else last.inside - _count(facts.set_before) - between.inside,
        told=told,
        difference=told.inside - _count(last) - to_told.inside if told and comparable else None,
        began_with=_count(facts.set_of_yesterday) + until_today.inside,
        today=today,
        last_ms=facts.last_ms,
    )


def _at(told: ZoneTold | None) -> int:
    return -EVER_MS if told is None else told.at_ms


def _count(told: ZoneTold | None) -> int:
    return 0 if told is None else told.inside
