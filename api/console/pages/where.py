"""Where is my result: a specimen in, one line of steps for each of its results, and the orders that wait."""

from typing import Any

from nicegui import ui

from api.console.journey import draw_steps
from api.console.outcome import call_chip, control_badge, cycles_of
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.message import MessageDialog
from api.edge.resend_dialog import ResendDialog
from api.journeys import Followed, follow
from api.problems import Problem
from api.settings import EVERYWHERE
from hub.errors import StoreUnavailable
from storage.contract import Row

_LONGEST_SPECIMEN = 128
_AGAIN_MS = 5000
_REST = 20  # times as long as an answer took: a look through a full spool takes a second


class Where:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._specimen = ""
        self._asked_ms = 0
        self._pause_ms = _AGAIN_MS
        self._drawn: Followed | None = None
        say = visit.say
        ui.label(say("journey.intro")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            self._input = ui.input(say("result.specimen")).props("outlined clearable autofocus maxlength=128")
            self._input.classes("eh-search").on("keydown.enter", self._find).on("clear", self._find)
            ui.button(say("journey.find"), icon="search", on_click=self._find).props("unelevated no-caps")
        self._told = ui.label().classes("eh-told").props("role=status")
        self._message = MessageDialog(visit)
        self._resend = ResendDialog(visit, self._renew)
        self._box = ui.element("div").classes("eh-journeys")

    async def tick(self) -> None:
        """A result on its way moves: asked again every five seconds."""
        now_ms = self.visit.deck.now_ms()
        if self._specimen and now_ms - self._asked_ms >= self._pause_ms:
            await self._renew()

    async def _find(self) -> None:
        self._specimen = str(self._input.value or "").strip()[:_LONGEST_SPECIMEN]
        self._drawn = None
        self._box.clear()
        self._told.set_text("")
        if self._specimen:
            await self._renew()

    async def _renew(self) -> None:
        self._asked_ms = self.visit.deck.now_ms()
        specimen = self._specimen
        try:
            found = await follow(self.visit.deck, specimen)
        except StoreUnavailable:
            self._unknown("banner.store_away")
            return
        except Problem as problem:
            self._unknown("capture.too_much" if problem.status == 422 else "edge.away")
            return
        self._pause_ms = max(_AGAIN_MS, _REST * (self.visit.deck.now_ms() - self._asked_ms))
        if found != self._drawn and specimen == self._specimen:
            self._drawn = found
            self._told.set_text("")
            self._box.clear()
            with self._box:
                self._draw(found)

    def _unknown(self, why: str) -> None:
        """Steps that nobody vouches for any more are not shown."""
        self._told.set_text(self.visit.say(why))
        self._drawn = None
        self._box.clear()

    def _draw(self, found: Followed) -> None:
        say = self.visit.say
        for item in found.items:
            self._journey(item)
        for order in found.orders or ():
            if order["state"] in ("PLACED", "SENT") or not found.items:
                self._order(order)
        if not found.items:
            with ui.element("section").classes("eh-panel eh-nothing"):
                ui.icon("search_off").classes("eh-nothing-sign")
                ui.label(say("journey.nothing", specimen=self._specimen)).classes("eh-strong")
        self._searched(found)

    def _journey(self, item: Row) -> None:
        say, here = self.visit.say, self.visit.deck.edge is not None
        with ui.element("article").classes("eh-panel eh-journey"):
            with ui.element("div").classes("eh-journey-head"):
                if item["control"]:
                    control_badge(say)
                ui.label(str(item["specimen"])).classes("eh-strong").props("role=heading aria-level=2")
                ui.label(str(item["test"].get("text") or item["test"]["code"])).classes("eh-faint")
                call_chip(say, str(item["call"]))
                ui.label(cycles_of(say, item)).classes("eh-age")
                status = [say.named("status", str(item["status"])), str(item["device"])]
                ui.label(" · ".join([*status, self.visit.site_name(item["site"])])).classes("eh-faint")
                capture, edge = item.get("capture"), self.visit.deck.settings.edge
                if capture and here and item.get("edge") == edge:
                    look = ui.button(say("message.open"), icon="article")
                    look.props("flat dense no-caps").on_click(lambda: self._message.show(str(capture)))
            may = self.visit.who.may("operator") and here
            draw_steps(self.visit, item, (lambda step: self._resend.ask(item, step)) if may else None)

    def _order(self, order: Row) -> None:
        say = self.visit.say
        with (
            ui.element("article").classes("eh-panel eh-journey"),
            ui.element("div").classes("eh-journey-head"),
        ):
            ui.icon("assignment").classes("eh-faint")
            ui.label(say("journey.order", order=order["id"])).classes("eh-strong")
            ui.label(say(f"order.{order['state']}")).classes(f"eh-chip eh-order-{order['state']}")
            to = say("journey.order_to", device=order["sent_to"]) if order["sent_to"] else ""
            placed = say.moment(ms_of(order["received"]))
            told = [", ".join(order["tests"]), placed, to]
            ui.label(" · ".join(part for part in told if part)).classes("eh-faint")

    def _searched(self, found: Followed) -> None:
        """What was looked through: nothing found is not the same as nothing there."""
        say, searched = self.visit.say, found.searched
        told: list[str] = []
        if searched["store"]:
            told.append(say("journey.searched_store"))
        if searched["edge"]:
            since = say.moment(ms_of(searched["since"]))
            told.append(say("journey.searched_edge", edge=searched["edge"], since=since))
        with ui.element("div").classes("eh-searched"):
            ui.label(say("journey.searched", where="; ".join(told))).classes("eh-faint")
            if searched["quarantined"]:
                count = say.count(searched["quarantined"])
                ui.link(say("journey.quarantined", count=count), "/captures")
            for edge in searched["elsewhere"]:
                self._elsewhere(edge)

    def _elsewhere(self, edge: dict[str, Any]) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-line"):
            ui.label(say("journey.elsewhere", edge=edge["id"])).classes("eh-faint")
            if edge["url"]:
                ui.link(edge["url"], edge["url"], new_tab=True).props('rel="noopener noreferrer"')
            else:
                ui.label(say("edge.no_address")).classes("eh-faint")


def build(visit: Visit) -> Tick:
    return Where(visit).tick


PAGE = ConsolePage("/where", "where", 32, "travel_explore", build, role="operator", at=EVERYWHERE)
