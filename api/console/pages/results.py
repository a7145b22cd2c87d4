"""Lab results: the newest, live, with filters; a specimen is found in the whole store."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from api.console.grid import LiveGrid
from api.console.outcome import CALLS, measured, named_target
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from hub.errors import StoreUnavailable
from storage.contract import Row

_LONGEST_SPECIMEN = 128
# The badge comes before the specimen, so that a narrow cell clips the specimen and never the badge.
_SPECIMEN_CELL = """params => {
  const cell = document.createElement("span");
  cell.className = "eh-specimen";
  if (params.data.control) {
    const badge = document.createElement("span");
    badge.className = "eh-control";
    badge.textContent = params.data.control;
    cell.append(badge);
  }
  const name = document.createElement("span");
  name.className = "eh-strong eh-clip";
  name.textContent = params.value;
  cell.append(name);
  return cell;
}"""


def columns(visit: Visit) -> list[dict[str, Any]]:
    say = visit.say
    rules = {f"eh-cell-{call}": f'data.call === "{call}"' for call in CALLS}
    moment = {"field": "time_ms", ":valueFormatter": "params => params.data.time", "filter": False}
    specimen = {"field": "specimen", ":cellRenderer": _SPECIMEN_CELL, "tooltipField": "specimen"}
    return [
        {"headerName": say("result.time"), **moment, "minWidth": 172, "maxWidth": 190},
        {"headerName": say("result.specimen"), **specimen, "minWidth": 250, "flex": 2},
        {"headerName": say("result.call"), "field": "call_text", "cellClassRules": rules, "minWidth": 120},
        {"headerName": say("result.test"), "field": "test", "minWidth": 150},
        {
            "headerName": say("result.ct"),
            "field": "ct",
            "minWidth": 100,
            "maxWidth": 150,
            "tooltipField": "ct_by",
        },
        {"headerName": say("result.status"), "field": "status", "minWidth": 115, "maxWidth": 125},
        {"headerName": say("result.analyzer"), "field": "analyzer", "minWidth": 130},
        {"headerName": say("result.site"), "field": "site", "flex": 2, "minWidth": 150},
    ]


def result_row(visit: Visit, row: Row) -> Row:
    say = visit.say
    time_ms = ms_of(row["time"])
    test, targets = row["test"], measured(row)
    return {
        "id": row["id"],
        "time_ms": time_ms,
        "time": say.moment(time_ms),
        "specimen": str(row["specimen"]),
        "control": say("result.badge") if row.get("control") else "",
        "test": test.get("text") or test["code"],
        "call": row["call"],
        "call_text": say.named("call", row["call"]),
        "ct": " · ".join(say.decimal(target["ct"]) for target in targets) or "—",
        "ct_by": " · ".join(f"{named_target(target)} {say.decimal(target['ct'])}" for target in targets),
        "status": say.named("status", row["status"]),
        "analyzer": row["device"],
        "site": visit.site_name(row["site"]),
    }


class Results:
    """The page of one visitor: live, or what a search found."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._found: list[Row] | None = None
        self._version: int | None = None
        self._tools()
        marked = {"eh-row-control": "data.control"}
        self._grid = LiveGrid(visit.say, columns(visit), rowClassRules=marked)

    def _tools(self) -> None:
        say = self.visit.say
        sites = [self.visit.site_name(site["id"]) for site in self.visit.deck.settings.sites]
        with ui.element("div").classes("eh-tools"):
            self._search = ui.input(placeholder=say("result.search")).props("dense outlined clearable")
            self._search.classes("eh-search").on("keydown.enter", self._find).on("clear", self._clear)
            self._choice("call_filter", "call_text", [say(f"call.{call}") for call in CALLS])
            self._choice("site_filter", "site", sites)
            self._state = ui.label().classes("eh-faint")
            self._back = ui.button(say("result.clear"), on_click=self._clear).props("flat dense no-caps")
            self._back.set_visibility(False)

    def _choice(self, name: str, column: str, options: Sequence[str]) -> None:
        chosen = ui.select(list(options), label=self.visit.say(f"result.{name}"), clearable=True)
        chosen.props("dense outlined options-dense").classes("eh-choice")
        chosen.on_value_change(lambda change: self._grid.narrow(column, change.value))

    async def _find(self) -> None:
        specimen = str(self._search.value or "").strip()[:_LONGEST_SPECIMEN]
        if not specimen:
            await self._clear()
            return
        try:
            self._found = await self.visit.board.find(specimen)
        except StoreUnavailable:
            self._found = []
        self._state.set_text(self.visit.say("result.found", specimen=specimen))
        self._back.set_visibility(True)
        self._grid.show([result_row(self.visit, row) for row in self._found])

    async def _clear(self) -> None:
        self._found = None
        self._version = None
        self._search.set_value("")
        self._back.set_visibility(False)
        await self.tick()

    async def tick(self) -> None:
        """Renew the list, unless it shows what a search found."""
        seen = await self.visit.board.results.get()
        if self._found is not None or seen.version == self._version:
            return
        self._version = seen.version
        self._grid.show([result_row(self.visit, row) for row in seen.value])
        count = self.visit.say.count(len(seen.value))
        self._state.set_text(
            f"{self.visit.say('result.live')} · {self.visit.say('result.shown', count=count)}"
        )


def build(visit: Visit) -> Tick:
    return Results(visit).tick


PAGE = ConsolePage("/results", "results", 30, "biotech", build)
