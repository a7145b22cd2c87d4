"""Destinations: time-series servers and systems that get events, how each stands, and a pause."""

from nicegui import ui

from api.console.condition import SIGNS
from api.console.destination_words import condition_of, figures, why
from api.console.feed_cards import FeedCards
from api.console.rejected_lines import RejectedLines
from api.console.visit import ConsolePage, Tick, Visit
from api.problems import Problem
from api.projections import UNUSED, projection_rows
from hub.errors import StoreUnavailable
from storage.contract import Row

_AGAIN_MS = 3000
SAMPLE = """[[projection]]
name = "victoria"
kind = "influx"
url = "http://127.0.0.1:8428"
bucket = "epihub"
read = "promql"
"""


class Destinations:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._drawn: object = None
        say = visit.say
        ui.label(say("destination.intro")).classes("eh-note")
        self._told = ui.label().classes("eh-told").props("role=status")
        self._rejected = RejectedLines(visit)
        self._guide = ui.element("section").classes("eh-panel eh-guide")
        with self._guide:
            ui.label(say("destination.none")).classes("eh-strong").props("role=heading aria-level=2")
            ui.label(say("destination.how"))
            with ui.element("pre").classes("eh-raw"):
                ui.label(SAMPLE)
        self._guide.set_visibility(False)
        self._cards = ui.element("div").classes("eh-cards")
        self._feeds = FeedCards(visit)

    async def tick(self) -> None:
        """Every three seconds."""
        now_ms = self.visit.deck.now_ms()
        if now_ms - self._asked_ms < _AGAIN_MS:
            return
        self._asked_ms = now_ms
        await self._feeds.tick(now_ms)
        try:
            rows = await projection_rows(self.visit.deck)
        except StoreUnavailable:
            self._lost()
            return
        shown = (rows, now_ms // 10_000, self._feeds.shown)
        if shown != self._drawn:
            self._draw(rows, now_ms)
            self._drawn = shown

    def _lost(self) -> None:
        """What was said before is history."""
        self._told.set_text(self.visit.say("destination.lost"))
        self._drawn = None
        self._guide.set_visibility(False)
        self._cards.clear()

    def _draw(self, rows: list[Row], now_ms: int) -> None:
        if self._drawn is None:
            self._told.set_text("")
        self._guide.set_visibility(not rows and not self._feeds.shown)
        self._cards.clear()
        with self._cards:
            for row in rows:
                self._card(row, now_ms)

    def _card(self, row: Row, now_ms: int) -> None:
        say, condition, name = self.visit.say, condition_of(row), str(row["id"])
        with ui.element("article").classes(f"eh-card eh-destination eh-is-{condition}"):
            with ui.element("div").classes("eh-card-head"):
                ui.label(name).classes("eh-strong").props("role=heading aria-level=2")
                state = say.named("destination_state", str(row["state"]))
                ui.label(f"{SIGNS[condition]} {state}").classes("eh-chip")
            if sentence := why(say, row):
                ui.label(sentence).classes("eh-why")
            with ui.element("div").classes("eh-card-now"):
                backlog = row["backlog"]
                ui.label("—" if backlog is None else say.count(backlog)).classes("eh-card-value")
                ui.label(say("destination.backlog")).classes("eh-faint")
            for key, value in figures(say, row, now_ms):
                self._figure(key, value)
            self._figure("rejected", say.count(row["rejected"]))
            ui.label(say("destination.compare", name=name)).classes("eh-code")
            self._acts(row)

    def _figure(self, key: str, value: str) -> None:
        with ui.element("div").classes("eh-row eh-figure"):
            ui.label(self.visit.say.named("destination", key))
            ui.label(value).classes("eh-strong")

    def _acts(self, row: Row) -> None:
        say, name = self.visit.say, str(row["id"])
        with ui.element("div").classes("eh-acts"):
            if row["rejected"]:
                look = ui.button(say("destination.show_rejected"), icon="list")
                look.on_click(lambda: self._rejected.show(name)).props("flat dense no-caps")
            if not self.visit.who.may("admin") or row["state"] == UNUSED:
                return
            action, icon = ("resume", "play_arrow") if row["paused_by"] else ("pause", "pause")
            button = ui.button(say.named("destination", action), icon=icon)
            button.on_click(lambda: self._decide(name, action)).props("outline dense no-caps")

    async def _decide(self, name: str, action: str) -> None:
        say, done = self.visit.say, {"pause": "paused", "resume": "resumed"}[action]
        try:
            await self.visit.deck.hub.decide_projection(name, action, self.visit.who.id)
        except Problem:
            self._told.set_text(say("destination.not_done"))
            return
        text = (
            say("destination.paused", name=name)
            if done == "paused"
            else say("destination.resumed", name=name)
        )
        self._asked_ms = 0
        await self.tick()
        self._told.set_text(text)


def build(visit: Visit) -> Tick:
    return Destinations(visit).tick


PAGE = ConsolePage("/destinations", "destinations", 70, "dns", build)
