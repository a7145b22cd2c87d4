"""A lane as a strip under the chart, as wide as it: colours with patterns, each stretch with its words."""

from collections.abc import Sequence

from nicegui import ui

from api.console.lane_words import between, stretch_words, summary
from api.console.unit_lanes import Lane, Span, Stretch, rows_of
from api.console.wording import Wording

_FINEST = 500  # what is nearer together than a 500th of the width is one for the eye


def strip(say: Wording, lane: Lane, span: Span) -> None:
    """Name and summary above, the stretches in place below; of alarms as many rows as overlap."""
    with ui.element("div").classes(f"eh-lane eh-lane-{lane.name}"):
        with ui.element("div").classes("eh-lane-head"):
            ui.label(say(f"unit.lane_{lane.name}")).classes("eh-strong")
            ui.label(summary(say, lane)).classes("eh-faint")
        rows = rows_of(for_eyes(lane.stretches, span)) or [[]]
        for row in rows:
            unmeasured = "" if lane.measured else " eh-lane-unmeasured"
            with ui.element("div").classes(f"eh-lane-row{unmeasured}").props("aria-hidden=true"):
                for one in row:
                    _mark(say, lane.name, one, span)


def for_eyes(stretches: Sequence[Stretch], span: Span) -> list[Stretch]:
    """Neighbours that no eye could tell apart are one; pure."""
    finest = (span[1] - span[0]) // _FINEST
    found: list[Stretch] = []
    for one in sorted(stretches, key=lambda each: (each.kind, each.what, each.link, each.start_ms)):
        last = found[-1] if found else None
        if last and last[2:] == one[2:] and one.start_ms - last.end_ms < finest:
            found[-1] = last._replace(end_ms=max(last.end_ms, one.end_ms))
        else:
            found.append(one)
    return found


def _mark(say: Wording, lane: str, one: Stretch, span: Span) -> None:
    words = stretch_words(say, lane, one)
    length = span[1] - span[0]
    left, width = 100 * (one.start_ms - span[0]) / length, 100 * (one.end_ms - one.start_ms) / length
    mark = ui.link(words, one.link) if one.link else ui.label(words)
    if one.link:
        mark.props("tabindex=-1")  # the list of incidents has the same link
    mark.classes(f"eh-lane-mark eh-lane-{one.kind}").style(f"left:{left:.3f}%;width:{width:.3f}%")
    mark.tooltip(f"{words}: {between(say, one)}")
