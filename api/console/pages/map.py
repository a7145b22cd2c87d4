"""Map: cases by district on schematic or imported boundaries, the table of the same numbers beside it."""

import asyncio
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from nicegui import ui

from api.case_map import MEASURES, Measure
from api.console.map_picture import STEPS, Drawn, map_svg
from api.console.visit import ConsolePage, Tick, Visit
from api.local_days import day_of
from api.problems import Problem
from api.reports.case_counts import REPORT
from api.reports.case_counts.counted import HELD_BACK, UNKNOWN, CasesQuery
from api.reports.frame.content import Cell, Row, Table
from api.reports.frame.document import Copy
from api.reports.frame.tabular import EARLIEST
from api.reports.frame.telling import Teller
from api.reports.frame.words import SUPPRESSED
from api.routes.case_maps import kept_map
from hub.errors import StoreUnavailable
from hub.places import register
from hub.places.kept_map import Map

_AGAIN_MS = 60_000
_OWN_WORDS = {UNKNOWN: "map.unknown", HELD_BACK: "map.held_back"}


class CaseMapPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._measure: Measure = "f0"
        self._day = day_of(visit.deck.now_ms(), visit.say.zone) - timedelta(days=1)
        ui.label(visit.say("map.intro")).classes("eh-note")
        self._controls()
        self._told = ui.label().classes("eh-told").props("role=status")
        with ui.element("div").classes("eh-map"):
            self._picture = ui.element("section").classes("eh-panel eh-map-picture")
            self._numbers = ui.element("section").classes("eh-panel eh-map-numbers")

    def _controls(self) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-map-controls"):
            options = {measure: say(f"map.measure_{measure}") for measure in MEASURES}
            chosen = ui.select(options, value=self._measure, label=say("map.measure"))
            chosen.props("outlined dense").on_value_change(lambda event: self._choose(event.value))
            self._typed = ui.input(say("map.date"), value=self._day.strftime("%d/%m/%Y"))
            self._typed.props("outlined dense maxlength=10").on_value_change(self._date_typed)

    def _choose(self, measure: Any) -> None:
        self._measure = next((known for known in MEASURES if known == measure), "f0")
        self._asked_ms = 0

    def _date_typed(self) -> None:
        day = read_day(str(self._typed.value or ""))
        today = day_of(self.visit.deck.now_ms(), self.visit.say.zone)
        if day is None or not EARLIEST <= day <= today:
            self._told.set_text(self.visit.say("map.date_bad"))
        elif day != self._day:
            self._day = day
            self._asked_ms = 0

    async def tick(self) -> None:
        """Once a minute, and when something else was chosen."""
        now_ms = self.visit.deck.now_ms()
        if now_ms - self._asked_ms < _AGAIN_MS:
            return
        self._asked_ms = now_ms
        teller = Teller(self.visit.deck, REPORT, self.visit.who)
        try:
            copy = await teller.tell(CasesQuery.model_validate({"date": self._day}))
        except (StoreUnavailable, Problem):
            self._told.set_text(self.visit.say("map.away"))
            self._picture.clear()
            self._numbers.clear()
            return
        drawn = await asyncio.to_thread(kept_map(self.visit.deck.settings.data_dir).read)
        self._told.set_text("")
        self._draw(copy, drawn)

    def _draw(self, copy: Copy, drawn: Map) -> None:
        table = next(table for table in copy.document.content.tables if table.code == "districts")
        place = [column.code for column in table.columns].index(self._measure)
        self._picture.clear()
        with self._picture:
            ui.label(self.visit.say(f"map.{drawn.origin}")).classes("eh-faint")
            svg = map_svg(self._districts(table, place, drawn), self.visit.say("map.picture"))
            ui.html(svg, sanitize=False)
            self._key()
        self._numbers.clear()
        with self._numbers:
            self._table(table, place)
            self._proof(copy)

    def _districts(self, table: Table, place: int, drawn: Map) -> list[Drawn]:
        features = {feature["properties"]["code"]: feature for feature in drawn.collection["features"]}
        return [
            Drawn(features[row.key], short_name(row, self._day), row.label, cell, self._told_cell(cell))
            for row in table.rows
            if row.key in features
            for cell in (row.cells[place],)
        ]

    def _told_cell(self, cell: Cell) -> str:
        if isinstance(cell.value, int):
            return self.visit.say.count(cell.value)
        return self.visit.say("map.suppressed" if cell.flag == SUPPRESSED else "map.not_reported")

    def _key(self) -> None:
        """Shades in words; a number stands on the map besides, so that colour is never alone."""
        say = self.visit.say
        bounds = [0, *STEPS]
        told = [
            say.count(first) if first + 1 == after else f"{say.count(first)}–{say.count(after - 1)}"
            for first, after in pairwise(bounds)
        ]
        told.append(f"≥ {say.count(STEPS[-1])}")
        shades = [(str(index), words) for index, words in enumerate(told)]
        shades += [("hatched", say("map.not_reported"))]
        with ui.element("ul").classes("eh-map-key").props(f'aria-label="{say("map.classes")}"'):
            for name, words in shades:
                with ui.element("li"):
                    ui.element("span").classes(f"eh-map-swatch eh-map-{name}")
                    ui.label(words)

    def _table(self, table: Table, place: int) -> None:
        say = self.visit.say
        with ui.element("table").classes("eh-map-table"):
            with ui.element("thead"), ui.element("tr"):
                self._head(say("map.district"))
                self._head(say(f"map.measure_{self._measure}"))
            with ui.element("tbody"):
                for row in table.rows:
                    self._line(
                        say(_OWN_WORDS[row.key]) if row.key in _OWN_WORDS else row.label, row.cells[place]
                    )
                if table.total:
                    self._line(say("map.total"), table.total.cells[place], "eh-strong")

    def _head(self, words: str) -> None:
        with ui.element("th").props("scope=col"):
            ui.label(words)

    def _line(self, words: str, cell: Cell, kind: str = "") -> None:
        with ui.element("tr").classes(kind):
            with ui.element("th").props("scope=row"):
                ui.label(words)
            with ui.element("td"):
                ui.label(self._told_cell(cell))

    def _proof(self, copy: Copy) -> None:
        say = self.visit.say
        revision = say("map.unregistered") if copy.revision is None else say.count(copy.revision)
        ui.label(say("map.revision", revision=revision, hash=copy.sha256[:16])).classes("eh-faint")


def short_name(row: Row, day: date) -> str:
    unit = register().reported_district(row.key, day)
    return unit.name if unit else row.key


def read_day(typed: str) -> date | None:
    """Of dd/MM/yyyy; None for anything else."""
    try:
        return datetime.strptime(typed.strip()[:10], "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        return None


def build(visit: Visit) -> Tick:
    return CaseMapPage(visit).tick


PAGE = ConsolePage("/map", "map", 50, "map", build)
