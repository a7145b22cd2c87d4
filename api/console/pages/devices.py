"""Devices: each with its state, the reason, and how long ago it was heard."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from nicegui import ui

from api.console.condition import ORDER, SIGNS, device_condition
from api.console.device_pages import page_of
from api.console.grid import LiveGrid
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from storage.contract import Row

# Cells are text: the link is an element, and by keyboard Enter follows it.
_LINK = """params => {
  if (!params.data.link) return params.value;
  const link = document.createElement("a");
  link.href = params.data.link;
  link.textContent = params.value;
  return link;
}"""
_FOLLOW = """told => {
  const named = told.column.getColId() === "id";
  if (named && told.data.link && told.event.key === "Enter") window.location.href = told.data.link;
}"""


def columns(visit: Visit) -> list[dict[str, Any]]:
    say = visit.say
    rules = {f"eh-cell-{name}": f'data.condition === "{name}"' for name in ORDER}
    heard = {"field": "heard_ms", ":valueFormatter": "params => params.data.heard", "filter": False}
    age = {"field": "heard_ms", "colId": "age", ":valueFormatter": "params => params.data.age"}
    return [
        {
            "headerName": say("device.state"),
            "field": "state",
            "cellClassRules": rules,
            "minWidth": 130,
            "maxWidth": 170,
        },
        {
            "headerName": say("device.name"),
            "field": "id",
            "cellClass": "eh-strong",
            "minWidth": 185,
            ":cellRenderer": _LINK,
        },
        {"headerName": say("device.site"), **_whole("site"), "minWidth": 185, "flex": 2},
        {"headerName": say("device.kind"), "field": "kind", "minWidth": 105, "maxWidth": 125},
        {"headerName": say("device.profile"), **_whole("profile"), "minWidth": 120, "maxWidth": 150},
        {"headerName": say("device.age"), **age, "filter": False, "minWidth": 122, "maxWidth": 150},
        {"headerName": say("device.heard"), **heard, "minWidth": 172, "maxWidth": 190},
        {"headerName": say("device.reason"), **_whole("reason"), "minWidth": 240, "flex": 2},
    ]


def _whole(field: str) -> dict[str, str]:
    """A text that may be longer than its cell: pointing at it shows the rest."""
    return {"field": field, "tooltipField": field}


def device_row(visit: Visit, row: Row, *, hub_up: bool) -> Row:
    say = visit.say
    condition = device_condition(row, hub_up=hub_up)
    state = say.named("device", row["state"] if condition != "unknown" else "UNKNOWN")
    heard_ms = row.get("heard_ms")
    return {
        "id": row["id"],
        "link": page_of(row["id"], row["kind"]),
        "condition": condition,
        "state": f"{SIGNS[condition]} {state}",
        "site": visit.site_name(row["site"]),
        "kind": row["kind"] or "—",
        "profile": row["profile"] or "—",
        "heard_ms": heard_ms,
        "heard": say.moment(heard_ms),
        "age": say.age(heard_ms, visit.deck.now_ms()),
        "reason": say.reason(row["reason"]),
        "since_ms": ms_of(row.get("since")),
    }


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Those that need somebody first."""
    return sorted(rows, key=lambda row: (ORDER[row["condition"]], row["id"]))


def build(visit: Visit) -> Tick:
    say = visit.say
    with ui.element("div").classes("eh-tools"):
        search = (
            ui.input(placeholder=say("device.search")).props("dense outlined clearable").classes("eh-search")
        )
        counts = ui.label().classes("eh-faint")
    grid = LiveGrid(say, columns(visit), **{":onCellKeyDown": _FOLLOW})
    search.on_value_change(lambda change: grid.search(change.value or ""))
    ui.label(say("device.intro")).classes("eh-note")

    async def tick() -> None:
        health, fleet = await visit.board.health.get(), await visit.board.fleet.get()
        rows = [device_row(visit, row, hub_up=not health.fault) for row in fleet.value]
        grid.show(in_order(rows))
        found = Counter(row["condition"] for row in rows)
        told = {"online": found["ok"], "offline": found["bad"], "unknown": found["unknown"]}
        counts.set_text(say("device.count", **{name: say.count(count) for name, count in told.items()}))

    return tick


PAGE = ConsolePage("/devices", "devices", 20, "memory", build)
