"""Lanes and curve in words: what a strip of colour shows is said as well. Pure."""

from collections.abc import Iterable, Sequence

from api.console.alarm_words import lasting, short
from api.console.unit_curve import UnitCurve
from api.console.unit_lanes import Disagreement, Lane, Stretch
from api.console.wording import Wording

MOST_LINES = 40
Line = tuple[int, str, str]  # begin in Unix ms, when, what


def summary(say: Wording, lane: Lane) -> str:
    """Like: open 2 times, 40 min; what nobody measured is said."""
    if not lane.measured:
        return say("unit.lane_unmeasured")
    told = []
    for kind in ("on", "part"):
        mine = [one for one in lane.stretches if one.kind == kind]
        if mine:
            told.append(
                say(f"unit.lane_{lane.name}_{kind}", count=len(mine), span=lasting(say, _total(mine)))
            )
    if lane.name in ("device", "ours"):
        told = [say("unit.lane_alarms", count=len(lane.stretches))] if lane.stretches else []
    unseen = [one for one in lane.stretches if one.kind == "unseen"]
    if unseen:
        told.append(say("unit.lane_unseen", span=lasting(say, _total(unseen))))
    return " · ".join(told) or say(f"unit.lane_{lane.name}_none")


def stretch_words(say: Wording, lane: str, one: Stretch) -> str:
    """What a stretch says: on its strip, and in the list."""
    if one.kind in ("critical", "warning", "info") and lane in ("ours", "device"):
        return say.named("rule" if lane == "ours" else "device_alarm", one.what)
    if one.kind == "unseen":
        return say("unit.unseen", lane=say(f"unit.lane_{lane}"))
    if one.kind == "bad":
        return say("unit.bad_because", reason=say.named("bad", one.what))
    return say(f"unit.{lane}_{one.what or one.kind}")


def lines(say: Wording, lanes: Iterable[Lane], curve: UnitCurve) -> list[Line]:
    """Everything that is not as it should be, the newest first."""
    found = [
        (one.start_ms, between(say, one), _said(say, lane.name, one))
        for lane in lanes
        if lane.name != "ours"  # the incidents stand beside it
        for one in lane.stretches
    ]
    found += [
        (one.start_ms, between(say, one), stretch_words(say, "data", one))
        for one in (*curve.outside, *curve.bad, *curve.unseen)
    ]
    for late in curve.late:
        since, until = short(say, late.known_from_ms), short(say, late.known_to_ms)
        once = "_once" if since == until else ""
        what = say(f"unit.late_told{once}", count=late.readings, since=since, until=until)
        found.append((late.start_ms, between(say, Stretch(late.start_ms, late.end_ms, "late")), what))
    return sorted(found, reverse=True)


def _said(say: Wording, lane: str, one: Stretch) -> str:
    words = stretch_words(say, lane, one)
    return f"{say('unit.lane_device')}: {words}" if lane == "device" else words


def disagreement_words(say: Wording, each: Disagreement) -> str:
    theirs = say.named("device_alarm", each.code)
    ours = say.named("rule", each.stretch.what)
    return say(f"unit.disagree_{each.whose}", when=between(say, each.stretch), theirs=theirs, ours=ours)


def between(say: Wording, one: Stretch) -> str:
    """dd/MM HH:mm to dd/MM HH:mm and how long."""
    minutes = max(60_000, (one.end_ms - one.start_ms) // 60_000 * 60_000)
    return f"{short(say, one.start_ms)} – {short(say, one.end_ms)} ({lasting(say, minutes)})"


def _total(stretches: Sequence[Stretch]) -> int:
    return sum(one.end_ms - one.start_ms for one in stretches) // 60_000 * 60_000
