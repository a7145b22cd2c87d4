"""What people tell of a lot: put into this unit, moved to another, taken out; asked in a dialog, entered."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from api.console.form_dialog import form_dialog
from api.console.lot_form import FORM, MOVE, OUT, PUT, checked, refused
from api.console.visit import Visit
from api.problems import Problem
from hub.exposure.placements import REASONS
from hub.exposure.products import products
from hub.exposure.vial_monitor import VVM_TYPES
from storage.contract import Row


class LotDialog:
    """One a page; ``done`` is told after something was entered."""

    def __init__(self, visit: Visit, unit: str, done: Callable[[], Awaitable[None]]) -> None:
        self.visit, self._unit, self._done = visit, unit, done
        self._fields: dict[str, Any] = {}
        self._dialog, self._card = form_dialog()

    async def ask(self, action: str, row: Row | None = None) -> None:
        """``row``: the lot that is moved or taken out."""
        say = self.visit.say
        others = await self._other_units() if action == MOVE else {}
        self._card.clear()
        self._fields = {}
        with self._card:
            title = say(f"lot.{action}_title", lot=row["id"] if row else "", unit=self._unit)
            ui.label(title).classes("eh-strong").props("role=heading aria-level=2")
            ui.label(say(f"lot.{action}_note")).classes("eh-faint")
            {PUT: self._draw_put, MOVE: lambda: self._draw_move(others), OUT: self._draw_out}[action]()
            self._wrong = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
                self._sure = ui.button(say(f"lot.{action}"), on_click=lambda: self._send(action, row))
                self._sure.props("unelevated no-caps")
        self._dialog.open()

    async def _other_units(self) -> dict[str, str]:
        """Devices that tell temperatures, with their sites."""
        latest = await self.visit.deck.reader.latest_readings()
        named = {str(row["device"]): row["site"] for row in latest if row.get("unit") == "Cel"}
        shown = {name: f"{name} · {self.visit.site_name(site)}" for name, site in sorted(named.items())}
        return {name: text for name, text in shown.items() if name != self._unit}

    def _draw_put(self) -> None:
        say = self.visit.say
        self._field("lot", _text(say("lot.field_lot")), say("lot.lot_hint"))
        named = {product.id: product.name for product in products().values()}
        self._field("product", ui.select(named, label=say("lot.field_product")))
        self._field("expiry", _text(say("lot.field_expiry")), say("lot.day_hint"))
        self._field("doses", _text(say("lot.field_doses")))
        self._field(
            "vvm", ui.select({"": "—"} | {name: name for name in VVM_TYPES}, label=say("lot.field_vvm"))
        )
        self._draw_times(thaws=True)

    def _draw_move(self, units: dict[str, str]) -> None:
        say = self.visit.say
        self._field("unit", ui.select(units, label=say("lot.field_unit"), with_input=True))
        self._field("doses", _text(say("lot.field_doses")))
        self._draw_times(thaws=False)

    def _draw_out(self) -> None:
        say = self.visit.say
        named = {name: say(f"lot.reason_{name}") for name in REASONS}
        self._field("reason", ui.select(named, label=say("lot.field_reason")))
        self._draw_times(thaws=False)

    def _draw_times(self, *, thaws: bool) -> None:
        say = self.visit.say
        self._field("since", _text(say("lot.field_since")), say("lot.since_hint"))
        if thaws:
            self._field("thawed", _text(say("lot.field_thawed")), say("lot.thawed_hint"))

    def _field(self, name: str, made: Any, hint: str = "") -> None:
        made.props("dense outlined stack-label hide-bottom-space").classes("eh-field")
        if hint:
            made.props["hint"] = hint
        made.on_value_change(lambda: self._mark({name: ""}))
        self._fields[name] = made

    async def _send(self, action: str, row: Row | None) -> None:
        say = self.visit.say
        filled = {name: field.value for name, field in self._fields.items()}
        asked, faults = checked(action, filled, say.read_moment, self._unit, row)
        told = {name: say(f"lot.fault_{code}") for name, code in faults.items()}
        if not told:
            self._sure.disable()
            told = await self._enter(action, asked)
            self._sure.enable()
        self._mark(dict.fromkeys((*self._fields, FORM), "") | told)
        if not told:
            self._dialog.close()
            ui.notify(say("lot.done"))
            await self._done()

    async def _enter(self, action: str, asked: dict[str, Any]) -> dict[str, str]:
        """What is wrong, by field; empty when it was entered."""
        say, who = self.visit.say, self.visit.who
        if not who.may("operator"):
            return {FORM: say("lot.fault_forbidden")}
        try:
            answer = await self.visit.deck.hub.place_lot(by=who.id, **asked)
        except Problem:
            return {FORM: say("lot.fault_away")}
        if answer.get("outcome") == "done":
            return {}
        field, reason = refused(action, str(answer.get("reason", "")))
        return {field: say.named("lot_refused", reason)}

    def _mark(self, told: dict[str, str]) -> None:
        for name, text in told.items():
            if name in self._fields:
                self._fields[name].error = text or None
            elif text or name == FORM:
                self._wrong.set_text(text)


def _text(label: str) -> ui.input:
    return ui.input(label).props("maxlength=41 autocomplete=off")
