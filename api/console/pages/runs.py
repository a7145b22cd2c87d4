"""Runs of an analyzer: a plate at a glance, every well of it accounted for or named."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from nicegui import ui

from api.console.analyzers import analyzers, run_condition
from api.console.condition import SIGNS
from api.console.outcome import call_chips
from api.console.plate_picture import draw_wells
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.message import MessageDialog
from api.problems import Problem
from api.runs import Runs, runs
from api.settings import EVERYWHERE
from hub.errors import StoreUnavailable
from storage.contract import Row

PAGE_RUNS = 12
MOST_AWAITED = 20
_AGAIN_MS = 5000
_SUMS = ("total", "accounted", "controls", "unmapped", "quarantined", "discarded", "withdrawn")


class RunPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._drawn: object = None
        self._cursor: str | None = None
        self._paged = False
        say = visit.say
        ui.label(say("run.intro")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            names = [str(row["id"]) for row in analyzers(list(visit.deck.settings.devices))]
            self._device = ui.select(names, value=names[0] if names else None, label=say("result.analyzer"))
            self._device.props("dense outlined").classes("eh-choice").on_value_change(self._again)
            self._told = ui.label().classes("eh-faint").props("role=status")
        self._message = MessageDialog(visit)
        self._awaited = ui.element("div")
        self._box = ui.element("div").classes("eh-journeys")
        self._older = ui.button(say("run.older"), icon="expand_more", on_click=self._more)
        self._older.props("flat no-caps").set_visibility(False)

    async def tick(self) -> None:
        """What is new, every five seconds, while the reader looks at the newest."""
        now_ms = self.visit.deck.now_ms()
        if self._paged or now_ms - self._asked_ms < _AGAIN_MS:
            return
        self._asked_ms = now_ms
        found, awaited = await self._ask(None), await self._orders()
        if found is None or (found, awaited) == self._drawn:
            return
        self._drawn = (found, awaited)
        self._box.clear()
        self._draw_awaited(awaited)
        self._draw(found)

    async def _again(self) -> None:
        self._asked_ms, self._paged, self._drawn = 0, False, None
        await self.tick()

    async def _more(self) -> None:
        self._paged = True
        found = await self._ask(self._cursor)
        if found is not None:
            self._draw(found, empty=False)

    async def _ask(self, cursor: str | None) -> Runs | None:
        say, device = self.visit.say, self._device.value
        if not device:
            self._told.set_text(say("run.no_analyzer"))
            return None
        try:
            found = await runs(self.visit.deck, str(device), limit=PAGE_RUNS, cursor=cursor)
        except StoreUnavailable:
            self._told.set_text(say("banner.store_away"))
            return None
        except Problem as problem:
            self._told.set_text(say("capture.too_much" if problem.status == 422 else "edge.away"))
            return None
        self._told.set_text(say("run.by_store") if found.by_store else "")
        self._cursor = found.next_cursor
        self._older.set_visibility(found.next_cursor is not None)
        return found

    async def _orders(self) -> list[Row] | None:
        """Orders that this analyzer has taken and not answered; None: they live at another edge."""
        edge = self.visit.deck.edge
        if edge is None or not self._device.value:
            return None
        wanted: dict[str, Any] = {"state": "SENT", "device": str(self._device.value), "limit": MOST_AWAITED}
        try:
            rows, _ = await edge.orders(**wanted)
        except Problem:
            return None
        return [row for row in rows if row["sent_to"] == self._device.value]

    def _draw_awaited(self, awaited: Sequence[Row] | None) -> None:
        self._awaited.clear()
        if not awaited:
            return
        specimens = ", ".join(dict.fromkeys(str(row["specimen"]) for row in awaited))
        with self._awaited, ui.element("div").classes("eh-why"):
            count = self.visit.say.count(len(awaited))
            ui.label(self.visit.say("run.awaited", count=count)).classes("eh-strong")
            ui.label(specimens)

    def _draw(self, found: Runs, *, empty: bool = True) -> None:
        with self._box:
            for _, alike in groupby(found.items, key=self._sheet):
                self._card(list(alike))
            if empty and not found.items:
                ui.label(self.visit.say("run.none")).classes("eh-empty")

    def _sheet(self, run: Row) -> str:
        """Results that were sent one by one stand together by day; a plate stands alone."""
        if run["opened"] and run["total"] + run["withdrawn"] <= 1:
            return self.visit.say.moment(ms_of(run["received"]))[:10]
        return str(run["id"])

    def _card(self, alike: Sequence[Row]) -> None:
        first = alike[0]
        run = first if len(alike) == 1 else together(alike)
        condition = run_condition(run)
        with ui.element("article").classes(f"eh-panel eh-run eh-is-{condition}"):
            with ui.element("div").classes("eh-run-figure"):
                say = self.visit.say
                whole = f"{say.count(run['accounted'])}/{say.count(run['total'])}"
                figure = whole if run["opened"] else "?"
                ui.label(figure).classes("eh-card-value")
                ui.label(f"{SIGNS[condition]} {self._accounted(run)}").classes("eh-chip")
            with ui.element("div").classes("eh-run-what"):
                self._head(run, alike)
                if run["wells"] or run["quarantined"]:
                    draw_wells(self.visit, run["wells"], run["quarantined"], self._in_words(run))
                for part in [part for each in alike for part in each["parts"]][:5]:
                    self._part(part)
                if run.get("cut"):
                    ui.label(self.visit.say("run.cut")).classes("eh-faint")

    def _accounted(self, run: Row) -> str:
        if not run["opened"]:
            return self.visit.say("capture.unopened")
        missing = run["total"] - run["accounted"]
        say = self.visit.say
        return say("run.open_wells", count=say.count(missing)) if missing else say("run.complete")

    def _head(self, run: Row, alike: Sequence[Row]) -> None:
        say, here = self.visit.say, self.visit.deck.edge is not None
        with ui.element("div").classes("eh-line"):
            title = say.moment(ms_of(run["received"]))
            if len(alike) > 1:
                title = say("run.day", day=self._sheet(alike[0]), count=say.count(len(alike)))
            ui.label(title).classes("eh-strong").props("role=heading aria-level=2")
            ui.label(" · ".join([*run["tests"], *run["runs"]])).classes("eh-faint")
            if len(alike) == 1 and here and run.get("edge") == self.visit.deck.settings.edge:
                look = ui.button(say("message.open"), icon="article").classes("eh-to-end")
                look.props("flat dense no-caps").on_click(lambda: self._message.show(str(run["id"])))
        with ui.element("div").classes("eh-chips"):
            call_chips(say, run["calls"])
            for name in ("controls", "quarantined", "unmapped", "withdrawn"):
                if run[name]:
                    tone = "warn" if name in ("quarantined", "unmapped") else "unknown"
                    ui.label(say(f"run.{name}", count=say.count(run[name]))).classes(f"eh-chip eh-is-{tone}")

    def _part(self, part: Row) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-line"):
            ui.label(say.trouble(str(part["reason"]))).classes("eh-strong")
            ui.label(str(part["reason"])).classes("eh-code")
            if part["place"]:
                ui.label(say("quarantine.place", place=part["place"])).classes("eh-faint")
            ui.label(say.named("quarantine", str(part["state"]))).classes(f"eh-chip eh-entry-{part['state']}")

    def _in_words(self, run: Row) -> str:
        say = self.visit.say
        told = [f"{say.named('call', call)}: {count}" for call, count in run["calls"].items()]
        told += [say(f"run.{name}", count=run[name]) for name in ("controls", "quarantined") if run[name]]
        return ", ".join(told)


def together(alike: Sequence[Row]) -> Row:
    """Single results of one day as one card, the newest first."""
    calls: Counter[str] = Counter()
    for run in alike:
        calls.update(run["calls"])
    sums = {name: sum(run[name] for run in alike) for name in _SUMS}
    wells = [well for run in alike for well in run["wells"]]
    tests = list(dict.fromkeys(test for run in alike for test in run["tests"]))[:3]
    told = {"calls": dict(calls), "wells": wells, "tests": tests, "runs": [], "opened": True}
    return {"id": "", "received": alike[0]["received"]} | sums | told


def build(visit: Visit) -> Tick:
    return RunPage(visit).tick


PAGE = ConsolePage("/runs", "runs", 31, "grid_on", build, at=EVERYWHERE)
