"""Judge a series anew, from all that is known of it, and say from when on that is right."""

from collections.abc import Iterable

from hub.alarms.readings import Reading
from hub.alarms.rule_line import Curve, Line
from hub.alarms.rules import BEGINNING, INFINITE
from hub.alarms.series_setup import Setup
from hub.alarms.timeline import Timeline, code_of


def judged(
    known: Iterable[Reading], setup: Setup, now_ms: int, *, complete: bool
) -> tuple[Curve, list[Line]]:
    """By readings up to ``now_ms``; ``complete``: none is older than those."""
    timeline = Timeline()
    for reading in known:
        if reading.time_ms <= now_ms:
            timeline.put(reading.time_ms, code_of(reading))
    curve, lines = Curve(timeline, setup.offsets), setup.lines(complete=complete)
    for line in lines:
        line.update(curve, BEGINNING, INFINITE)
    return curve, lines


def synced_before(lines: list[Line], need_ms: int) -> int | None:
    """From when on all lines tell what is right, if that is before ``need_ms``."""
    if not lines and need_ms > BEGINNING:
        return need_ms - 1  # nothing is told, but what is in memory is not all there is
    synced = BEGINNING
    for line in lines:
        if line.synced_ms is None and line.limits.settled_ms >= need_ms:
            return None
        synced = max(synced, line.limits.end_ms if line.synced_ms is None else line.synced_ms)
    return synced if synced < need_ms else None
