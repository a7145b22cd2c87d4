"""An order placed by hand: by the same call as the API's, under the same checks, each fault at its field."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from api.console.form_dialog import form_dialog
from api.console.manual_pages import manual_link
from api.console.visit import Visit
from api.edge.order_form import Faults, checked, faults_of, offered, suggested_number
from api.edge.several_tests import SeveralTests
from api.problems import Problem
from storage.contract import Row

PRIORITIES = ("ROUTINE", "STAT")
# What the edge and the form may say of a field or of the whole; a test holds the texts to it.
FAULTS = (
    "specimen_missing", "specimen_pattern", "tests_missing", "tests_pattern", "tests_count", "order_missing",
    "order_pattern", "order_other_content", "order_resulted", "site_missing", "other", "full", "away",
)  # fmt: skip
_OF_FORM = {"orders.full": "full", "edge.away": "away", "orders.refused": "away"}


class OrderDialog:
    """One a page; ``done`` is told after an order was placed."""

    def __init__(self, visit: Visit, done: Callable[[], Awaitable[None]]) -> None:
        self.visit = visit
        self._done = done
        self._analyzers: list[Row] = []
        self._fields: dict[str, Any] = {}
        self._dialog, self._card = form_dialog()

    async def ask(self) -> None:
        """Open an empty form; what can be chosen is what the edge says just now."""
        edge = self.visit.deck.edge
        self._analyzers = []
        try:
            self._analyzers = await edge.orderable() if edge is not None else []
        except Problem:
            ui.notify(self.visit.say("edge.away"), type="negative")
            return
        self._card.clear()
        with self._card:
            self._draw()
        self._dialog.open()

    def _draw(self) -> None:
        say = self.visit.say
        ui.label(say("order.place_title")).classes("eh-strong").props("role=heading aria-level=2")
        ui.label(say("order.place_note")).classes("eh-faint")
        self._fields = {}
        self._draw_specimen()
        self._draw_place()
        self._tests_box = ui.element("div").classes("eh-field")
        self._draw_tests([])
        with ui.element("div").classes("eh-line"):
            named = {name: say(f"order.{name}") for name in PRIORITIES}
            toggle = ui.toggle(named, value="ROUTINE").props("dense no-caps unelevated").classes("eh-spans")
            self._fields["priority"] = toggle
        now = datetime.fromtimestamp(self.visit.deck.now_ms() / 1000, say.zone)
        number = ui.input(say("order.number"), value=suggested_number(now)).props("maxlength=64")
        self._field("order", number, say("order.number_hint"))
        self._wrong = ui.label().classes("eh-wrong").props("role=alert")
        with ui.element("div").classes("eh-dialog-acts"):
            manual_link(say("order.manual"), "orders.md")
            ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
            self._place = ui.button(say("order.place"), on_click=self._send).props("unelevated no-caps")

    def _field(self, name: str, made: Any, hint: str = "") -> None:
        made.props("dense outlined stack-label hide-bottom-space").classes("eh-field")
        if hint:
            made.props["hint"] = hint
        made.on_value_change(lambda: self._mark({name: ""}))
        self._fields[name] = made

    def _draw_specimen(self) -> None:
        made = ui.input(self.visit.say("result.specimen")).props("maxlength=64 autofocus autocomplete=off")
        self._field("specimen", made, self.visit.say("order.specimen_hint"))
        # A barcode reader ends with Enter: the next field is wanted then, not the order.
        made.on("keydown.enter", lambda: self._fields["tests"].run_method("focus"))

    def _draw_place(self) -> None:
        say, visit = self.visit.say, self.visit
        sites = sorted({str(row["site"]) for row in self._analyzers})
        devices = {"": say("order.any_device")}
        devices |= {
            str(row["id"]): f"{row['id']} · {visit.site_name(row['site'])}" for row in self._analyzers
        }
        self._field("device", ui.select(devices, value="", label=say("result.analyzer")))
        self._fields["device"].on_value_change(self._offer)
        named = {site: visit.site_name(site) for site in sites}
        only = sites[0] if len(sites) == 1 else None
        self._field("site", ui.select(named, value=only, label=say("result.site")))
        self._fields["site"].on_value_change(self._offer)
        self._fields["site"].set_visibility(len(sites) > 1)

    def _draw_tests(self, chosen: list[str]) -> None:
        """A new element each time: browsers name an option by its place, and a late click into an old list
        would choose another test of the new one."""
        device, site = (str(self._fields[name].value or "") for name in ("device", "site"))
        known = offered(self._analyzers, device, site)
        options = {code: code for code in chosen} | known
        self._tests_box.clear()
        with self._tests_box:
            label = " · ".join([self.visit.say("order.tests"), *([device] if device else [])])
            made = SeveralTests(options, chosen, label)
        self._field("tests", made, self.visit.say("order.tests_hint" if known else "order.tests_none"))

    def _offer(self) -> None:
        """Other tests to choose from; what was chosen stays chosen."""
        several = len({row["site"] for row in self._analyzers}) > 1
        self._fields["site"].set_visibility(several and not self._fields["device"].value)
        self._draw_tests(list(self._fields["tests"].value))

    def _filled(self) -> dict[str, Any]:
        """As the API would get it: a named analyzer tells its site itself."""
        told = {name: field.value for name, field in self._fields.items()}
        told |= {name: str(told[name] or "").strip() for name in ("specimen", "order")}
        told["tests"] = [str(test).strip() for test in told["tests"] or ()]
        return told | ({"site": None} if told["device"] else {})

    async def _send(self) -> None:
        order, faults = checked(self._filled())
        edge, who = self.visit.deck.edge, self.visit.who
        if order is not None and edge is not None and who.may("operator"):
            self._place.disable()
            try:
                await edge.place_orders([order.told()], who.id, "console", "" if who.local else who.id)
            except Problem as problem:
                faults = faults_of(problem)
            self._place.enable()
        elif order is not None:
            self._wrong.set_text(self.visit.say("quarantine.forbidden"))
            return
        self._mark(dict.fromkeys((*self._fields, ""), "") | faults)
        if not faults and order is not None:
            self._dialog.close()
            ui.notify(self.visit.say("order.placed_done", order=order.order))
            await self._done()

    def _mark(self, faults: Faults) -> None:
        """Say each fault at its field; an empty one takes back what was said there."""
        for name, code in faults.items():
            if name == "priority":
                continue
            text = self._in_words(name, code) if code else ""
            if name:
                self._fields[name].error = text or None
            else:
                self._wrong.set_text(text)

    def _in_words(self, name: str, code: str) -> str:
        known = f"{name}_{code}" if name else _OF_FORM.get(code, "other")
        return self.visit.say(f"order_fault.{known if known in FAULTS else 'other'}")
