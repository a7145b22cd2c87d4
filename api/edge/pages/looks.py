"""The audit: who looked at which raw message, when and why; who decided what about forwards."""

from nicegui import ui

from api.console.grid import LiveGrid
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.settings import BY_EDGE
from storage.contract import Row

FIELDS = {
    "time": 175,
    "by": 110,
    "session": 120,
    "through": 105,
    "device": 150,
    "reason": 300,
    "capture": 290,
}
DECIDED = {
    "time": 175,
    "by": 110,
    "session": 120,
    "through": 105,
    "action": 140,
    "what": 170,
    "capture": 290,
}


def build(visit: Visit) -> Tick:
    say = visit.say
    ui.label(say("looks.intro")).classes("eh-note")
    columns = [
        {"headerName": say(f"looks.{name}"), "field": name, "minWidth": width}
        for name, width in FIELDS.items()
    ]
    with ui.element("div").classes("eh-half"):
        grid = LiveGrid(say, columns)
    told = ui.label().classes("eh-faint").props("role=status")
    ui.label(say("decisions.title")).classes("eh-subtitle").props("role=heading aria-level=2")
    decisions = [
        {"headerName": say(f"decisions.{name}"), "field": name, "minWidth": width}
        for name, width in DECIDED.items()
    ]
    with ui.element("div").classes("eh-half"):
        decided = LiveGrid(say, decisions)

    async def tick() -> None:
        seen = await visit.board.looks.get()
        told.set_text(say("edge.away") if seen.fault else "")
        rows = seen.value
        grid.show([_row(visit, row, len(rows) - place) for place, row in enumerate(rows)])
        made = (await visit.board.decisions.get()).value
        decided.show([_decision(visit, row, len(made) - place) for place, row in enumerate(made)])

    return tick


def _row(visit: Visit, row: Row, number: int) -> Row:
    say = visit.say
    return row | {
        "id": str(number),
        "time": say.moment(ms_of(row["time"])),
        "through": say.named("through", str(row["through"])),
        **({"device": visit.device_name(row["device"])} if "device" in row else {}),
    }


def _decision(visit: Visit, row: Row, number: int) -> Row:
    say = visit.say
    return _row(visit, row, number) | {
        "action": say.named("decisions", str(row["action"])),
        "capture": row["capture"] or say("decisions.all"),
    }


PAGE = ConsolePage("/looks", "looks", 80, "policy", build, role="admin", at=BY_EDGE)
