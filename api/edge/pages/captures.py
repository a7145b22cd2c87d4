"""Captures: every message this edge keeps, unopened; the vault may look."""

from typing import Any

from nicegui import ui

from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.look import LookDialog
from api.problems import Problem
from api.settings import BY_EDGE
from storage.contract import Row

PAGE_ROWS = 50
_AGAIN_MS = 5000  # how often an open page asks for what is new


class Captures:
    """The page of one visitor: filters, rows, and older ones on demand."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._next: Any = None
        self._paged = False
        self._asked_ms = 0
        self._drawn: list[Row] | None = None
        say = visit.say
        ui.label(say("capture.intro")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            devices = sorted(told["id"] for told in visit.deck.settings.devices)
            named = {"": say("app.all"), **{name: name for name in devices}}
            self._device = ui.select(named, value="", label=say("device.name"), on_change=self._again)
            self._device.props("dense outlined").classes("eh-choice")
            self._from = self._moment("capture.from")
            self._to = self._moment("capture.to")
            self._told = ui.label().classes("eh-faint").props("role=status")
        self._looking = LookDialog(visit)
        self._box = ui.element("div").classes("eh-entries")
        self._older = ui.button(say("capture.older"), icon="expand_more", on_click=self._more)
        self._older.props("flat no-caps").set_visibility(False)

    def _moment(self, name: str) -> ui.input:
        say = self.visit.say
        wrong = {say("capture.bad_moment"): lambda text: not text or say.read_moment(text) is not None}
        made = ui.input(say(name), placeholder=say("capture.form"), on_change=self._again, validation=wrong)
        return made.props("dense outlined stack-label hide-bottom-space clearable").classes("eh-choice")

    async def tick(self) -> None:
        """What is new, every five seconds, while the reader looks at the newest."""
        now_ms = self.visit.deck.now_ms()
        if not self._paged and now_ms - self._asked_ms >= _AGAIN_MS:
            self._asked_ms = now_ms
            rows = await self._ask(None)
            if rows is not None and rows != self._drawn:
                self._drawn = rows
                self._box.clear()
                self._draw(rows)

    async def _again(self) -> None:
        self._asked_ms, self._paged, self._drawn = 0, False, None
        await self.tick()

    async def _more(self) -> None:
        self._paged = True
        rows = await self._ask(self._next)
        self._draw(rows or [], empty=False)

    async def _ask(self, before: Any) -> list[Row] | None:
        wanted: dict[str, Any] = {"limit": PAGE_ROWS, "device": self._device.value or None}
        moment = self.visit.say.read_moment
        spans = {"from_ms": moment(self._from.value or ""), "to_ms": moment(self._to.value or "")}
        spans["before"] = before
        wanted |= {name: value for name, value in spans.items() if value is not None}
        if self.visit.deck.edge is None:
            return None
        try:
            rows, self._next = await self.visit.deck.edge.captures(**wanted)
        except Problem as problem:
            key = "capture.too_much" if problem.status == 422 else "edge.away"
            self._told.set_text(self.visit.say(key))
            return None
        self._told.set_text("")
        self._older.set_visibility(self._next is not None)
        return rows

    def _draw(self, rows: list[Row], *, empty: bool = True) -> None:
        with self._box:
            for row in rows:
                self._entry(row)
            if empty and not rows:
                ui.label(self.visit.say("capture.none")).classes("eh-empty")

    def _entry(self, row: Row) -> None:
        say, capture, device = self.visit.say, str(row["id"]), str(row["device"])
        edge = self.visit.deck.settings.edge
        state = "waiting" if row["waiting"] else "settled" if row["problems"] else "understood"
        with ui.element("article").classes("eh-entry"):
            with ui.element("div").classes("eh-entry-what"):
                ui.label(device).classes("eh-strong")
                ui.label(self.visit.site_name(row["site"])).classes("eh-faint")
            ui.label(capture).classes("eh-code")
            ui.label(say(f"capture.{state}")).classes(f"eh-chip eh-capture-{state}")
            with ui.element("div"):
                ui.label(say.moment(ms_of(row["received"]))).classes("eh-age")
                ui.label(say("quarantine.bytes", bytes=say.count(row["bytes"]))).classes("eh-age")
            look = ui.button(say("look.open"), icon="visibility")
            look.props("outline dense no-caps").on_click(lambda: self._looking.ask(edge, capture, device))


def build(visit: Visit) -> Tick:
    return Captures(visit).tick


PAGE = ConsolePage("/captures", "captures", 7, "mail_lock", build, at=BY_EDGE)
