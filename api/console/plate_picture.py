"""A run as a picture: a sign for each well, by its call, in the order of the message; controls are square."""

from collections.abc import Sequence

from nicegui import ui

from api.console.outcome import SIGN_OF
from api.console.visit import Visit
from storage.contract import Row

MOST_DRAWN = 384
WAITS = "…"


def draw_wells(visit: Visit, wells: Sequence[Row], waiting: int, told: str) -> None:
    """``waiting``: parts in quarantine, drawn behind the wells; ``told``: the picture in words."""
    box = ui.element("div").classes("eh-wells")
    box.props["role"], box.props["aria-label"] = "img", told
    with box:
        for well in wells[:MOST_DRAWN]:
            _well(visit, well)
        for _ in range(min(waiting, MOST_DRAWN)):
            ui.label(WAITS).classes("eh-well eh-well-waiting").props["title"] = visit.say("run.in_quarantine")
    if len(wells) > MOST_DRAWN:
        ui.label(visit.say("run.more_wells", count=visit.say.count(len(wells) - MOST_DRAWN))).classes(
            "eh-faint"
        )


def _well(visit: Visit, well: Row) -> None:
    say, call = visit.say, str(well["call"])
    control = f" · {say('result.control')}" if well["control"] else ""
    void = " eh-well-void" if well["status"] in ("X", "D") else ""
    made = ui.label(SIGN_OF.get(call, "?")).classes(
        f"eh-well eh-call-{call}{' eh-well-control' if well['control'] else ''}{void}"
    )
    # Set as a value: a specimen is whatever somebody sends, and props written as text would be parsed.
    made.props["title"] = f"{well['specimen']} · {say.named('call', call)}{control}"
