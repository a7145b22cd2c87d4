"""Lanes beside a unit's curve: what its door, its power, its own alarms and ours say. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from storage.incidents import Measured

QUARTER_MS = 900_000  # what stands for the 15 minutes before it (cce-interop: SVA, DORV)
HOLD_MS = 2_700_000  # how long a switch or an alarm speaks: as the packaged rules on them have it
BESIDE_MS = 1_800_000  # ours and the unit's own alarm may be this far apart and still be about the same
GRACE_MS = 1_800_000  # a quarter of an hour that is not over, and one that is on its way, are not missed
_TOUCH_MS = 60_000
_MAINS_VOLTS = 50
Span = tuple[int, int]
Kind = Literal["on", "part", "unseen", "bad", "late", "critical", "warning", "info"]
# The unit's own alarm (WHO PQS code) and the rules of ours that look at the same.
SAME: dict[str, tuple[str, ...]] = {
    "heat": ("HEAT", "HEAT_EARLY", "HEAT_45"),
    "frze": ("FRZE",),
    "low": ("LOW",),
    "door": ("DOOR",),
    "powr": ("POWER",),
}


class Stretch(NamedTuple):
    """``what``: a code, a reason, or an incident's rule; ``link``: where it leads."""

    start_ms: int
    end_ms: int
    kind: Kind
    what: str = ""
    link: str = ""


class Lane(NamedTuple):
    """``measured``: whether anything tells of it at all."""

    name: str
    stretches: tuple[Stretch, ...]
    measured: bool = True


class Disagreement(NamedTuple):
    """``whose``: who alarmed while the other said nothing of it; ``code``: of the unit's own alarm."""

    whose: Literal["ours", "device"]
    code: str
    stretch: Stretch


Told = Mapping[str, Sequence[Measured]]  # by metric, each by time


def door_lane(told: Told, span: Span) -> Lane:
    """From a switch, from how long it is open now, else from the seconds of each quarter of an hour."""
    switches = [name for name in told if name == "door.open" or name.startswith("door.open.")]
    standing = [name for name in told if name.endswith(".open_now_s")]
    quarters = [name for name in told if name.endswith(".open_s")]
    found = [one for name in switches for one in _spoken(told[name], lambda value: value == 1, span)]
    for name in standing:
        found += [
            Stretch(each.time_ms - round(each.value * 1000), each.time_ms, "on")
            for each in told[name]
            if each.value
        ]
    if not (switches or standing):
        for name in quarters:
            found += [_quarter(each, "part") for each in told[name] if each.value]
    speaks = [_speaking(told[name]) for name in switches]
    speaks += [_quarters_speaking(told[name]) for name in (*standing, *quarters)]
    return _lane("door", found, speaks, span)


def power_lane(told: Told, span: Span) -> Lane:
    """``on``: it is away; ``part``: it was there for some of a quarter of an hour."""
    if rows := told.get("power.available_s"):
        away = [
            _quarter(each, "part" if each.value else "on")
            for each in rows
            if each.value is not None and each.value < QUARTER_MS / 1000
        ]
        return _lane("power", away, [_quarters_speaking(rows)], span)
    rows = told.get("power.ac_voltage", ())
    away = _spoken(rows, lambda volts: volts < _MAINS_VOLTS, span)
    return _lane("power", away, [_speaking(rows)] if rows else [], span)


def device_lane(told: Told, span: Span) -> Lane:
    """What the unit alarms by itself; ``what``: the alarm's code."""
    names = sorted(name for name in told if name.startswith("alarm."))
    found = [
        one._replace(kind="warning", what=name.removeprefix("alarm."))
        for name in names
        for one in joined(_spoken(told[name], lambda value: value == 1, span))
    ]
    return Lane("device", within(found, span), bool(names))


def within(stretches: Iterable[Stretch], span: Span) -> tuple[Stretch, ...]:
    """What lies in the span of each, in order of time."""
    cut = (
        one._replace(start_ms=max(one.start_ms, span[0]), end_ms=min(one.end_ms, span[1]))
        for one in stretches
    )
    return tuple(sorted(one for one in cut if one.start_ms < one.end_ms))


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Those of one kind and reason that touch are one; in order of time."""
    found: dict[tuple[Kind, str], list[Stretch]] = {}
    for one in sorted(stretches):
        same = found.setdefault((one.kind, one.what), [])
        if same and one.start_ms - same[-1].end_ms <= _TOUCH_MS:
            same[-1] = same[-1]._replace(end_ms=max(same[-1].end_ms, one.end_ms))
        else:
            same.append(one)
    return sorted(one for same in found.values() for one in same)


def rows_of(stretches: Iterable[Stretch]) -> list[list[Stretch]]:
    """Rows in which none hides another; as few as need be."""
    rows: list[list[Stretch]] = []
    for one in sorted(stretches):
        free = next((row for row in rows if row[-1].end_ms <= one.start_ms), None)
        if free is None:
            rows.append([one])
        else:
            free.append(one)
    return rows


def disagreements(ours: Lane, device: Lane, told: Told) -> list[Disagreement]:
    """Alarms of one of the two of which the other says nothing.

    Of an alarm that the unit never tells, be it on or off, nobody knows whether it agrees.
    """
    found: list[Disagreement] = []
    for code, rules in SAME.items():
        if not told.get(f"alarm.{code}"):
            continue
        mine = [one for one in ours.stretches if one.what in rules]
        theirs = [one for one in device.stretches if one.what == code]
        found += [Disagreement("ours", code, one) for one in mine if not _near(one, theirs)]
        found += [Disagreement("device", code, one) for one in theirs if not _near(one, mine)]
    return sorted(found, key=lambda each: each.stretch)


def _near(one: Stretch, others: Iterable[Stretch]) -> bool:
    return any(
        one.start_ms - BESIDE_MS < other.end_ms and other.start_ms < one.end_ms + BESIDE_MS
        for other in others
    )


def _lane(name: str, found: Iterable[Stretch], speaks: Sequence[Sequence[Span]], span: Span) -> Lane:
    """With what nobody measured; a lane of several sensors is seen where one of them speaks."""
    if not speaks:
        return Lane(name, (), measured=False)
    unseen = [Stretch(*gap, "unseen") for gap in _unseen((one for each in speaks for one in each), span)]
    return Lane(name, within([*joined(found), *unseen], span))


def _quarter(row: Measured, kind: Kind) -> Stretch:
    return Stretch(row.time_ms - QUARTER_MS, row.time_ms, kind)


def _spoken(rows: Sequence[Measured], holds: Callable[[float], bool], span: Span) -> list[Stretch]:
    """Where a reading that holds speaks: until the next, at most for ``HOLD_MS``."""
    nexts = [row.time_ms for row in rows[1:]] + [span[1]]
    return [
        Stretch(row.time_ms, min(following, row.time_ms + HOLD_MS), "on")
        for row, following in zip(rows, nexts, strict=False)
        if row.value is not None and row.quality != "BAD" and holds(row.value)
    ]


def _speaking(rows: Sequence[Measured]) -> list[Span]:
    return [(time, time + HOLD_MS) for time in _usable(rows)]


def _quarters_speaking(rows: Sequence[Measured]) -> list[Span]:
    """Each for the time before it; the last one until the next is missed."""
    times = _usable(rows)
    return [(time - QUARTER_MS, time + (GRACE_MS if time == times[-1] else 0)) for time in times]


def _usable(rows: Sequence[Measured]) -> list[int]:
    return [row.time_ms for row in rows if row.value is not None and row.quality != "BAD"]


def _unseen(spoken: Iterable[Span], span: Span) -> list[Span]:
    edges = sorted(one for one in spoken if one[1] > span[0] and one[0] < span[1])
    reached: list[Span] = [(span[0], span[0])]
    for start, end in edges:
        reached.append((start, max(end, reached[-1][1])))
    reached.append((span[1], span[1]))
    return [(before[1], after[0]) for before, after in pairwise(reached) if after[0] - before[1] > _TOUCH_MS]
