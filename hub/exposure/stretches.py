"""Readings as stretches of time in which a value is held: one speaks until the next, at most for ``hold``.

As in docs/alarm_rules.md: a BAD reading says nothing, of several claims of an instant those of the best
quality count, and of these the one that is worst for the vaccine. Time for which nothing speaks is unseen.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from hub.alarms.calibration_offsets import Offsets
from hub.alarms.readings import Calibration, Reading
from hub.alarms.rules import INFINITE

Span = tuple[int, int]  # Unix ms, half open
_begins, _ends = itemgetter(0), itemgetter(1)


class Stretch(NamedTuple):
    """``value``, thousandths of a degree Celsius, is held during ``[from_ms, to_ms)``."""

    from_ms: int
    to_ms: int
    value: int

    @property
    def length_ms(self) -> int:
        return self.to_ms - self.from_ms


class Tile(NamedTuple):
    """A part of a span; ``value`` None: nobody saw it."""

    from_ms: int
    to_ms: int
    value: int | None


def stretches(
    readings: Iterable[Reading],
    hold_ms: int,
    span: Span,
    middle: int,
    calibrations: Sequence[Calibration] = (),
) -> list[Stretch]:
    """What is held within ``span``, by time. Readings from ``hold_ms`` before it on speak into it.

    ``middle``: of claims of one instant the one farthest from it counts, of two that are as far the warmer.
    """
    said = sorted(_values(readings, middle, Offsets(calibrations)).items())
    following = [*(at for at, _ in said), INFINITE][1:]
    found = (
        Stretch(max(at, span[0]), min(after, at + hold_ms, span[1]), value)
        for (at, value), after in zip(said, following, strict=True)
    )
    return [stretch for stretch in found if stretch.from_ms < stretch.to_ms]


def within(held: Sequence[Stretch], span: Span) -> list[Stretch]:
    """The parts of ``held``, which is in order, that lie in ``span``."""
    if span[0] >= span[1]:
        return []
    first = bisect_right(held, span[0], key=_ends)
    last = bisect_left(held, span[1], key=_begins)
    found = list(held[first:last])
    if found:
        found[0] = found[0]._replace(from_ms=max(found[0].from_ms, span[0]))
        found[-1] = found[-1]._replace(to_ms=min(found[-1].to_ms, span[1]))
    return found


def tiles(held: Sequence[Stretch], span: Span) -> Iterator[Tile]:
    """``span`` without a hole: stretches as they are, and between them what nobody saw."""
    at = span[0]
    for stretch in held:
        if at < stretch.from_ms:
            yield Tile(at, stretch.from_ms, None)
        yield Tile(*stretch)
        at = stretch.to_ms
    if at < span[1]:
        yield Tile(at, span[1], None)


def gaps(held: Sequence[Stretch], span: Span) -> list[Span]:
    """What nobody saw of ``span``."""
    edges = [span[0], *(edge for stretch in held for edge in stretch[:2]), span[1]]
    return [(one, other) for one, other in list(pairwise(edges))[::2] if one < other]


def _values(readings: Iterable[Reading], middle: int, offsets: Offsets) -> dict[int, int]:
    """The value of each usable instant."""
    best: dict[int, tuple[bool, int, int]] = {}
    for at, raw, quality in readings:
        if raw is None or quality == "BAD":
            continue
        value = raw + offsets.period(at).offset
        claim = (quality == "GOOD", abs(value - middle), value)
        best[at] = max(best.get(at, claim), claim)
    return {at: value for at, (_, _, value) in best.items()}
