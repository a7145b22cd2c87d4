"""Calibrations of the unit's sensors: all that were issued, and for admins a form for one more."""

from typing import Any

from nicegui import ui

from api.calibrated import calibrations_of, rows_of
from api.console.calibration_form import FORM, checked, refused
from api.console.form_dialog import form_dialog
from api.console.live_list import LiveList
from api.console.unit_section import UnitSection
from api.console.visit import Tick, Visit
from api.console.wording import ms_of
from api.problems import Problem
from hub.alarms.incidents.actions import LONGEST_NOTE
from storage.contract import Row

_TO_THE_MINUTE = 16  # letters of dd/MM/yyyy HH:mm


class Calibrations:
    """The section of one visitor."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._list = LiveList(self._draw, visit.say("calibration.none"))
        if visit.who.may("admin"):
            self._form = CalibrationForm(visit, device)
            ui.button(visit.say("calibration.new"), on_click=self._form.ask).props("flat no-caps icon=tune")

    async def tick(self) -> None:
        """Renew the list, the last one issued first; raises StoreUnavailable."""
        known = await calibrations_of(self.visit.deck.reader, self._device)
        self._list.show(rows_of(known, self._device, "", self.visit.deck.now_ms())[::-1])

    def _draw(self, row: Row) -> ui.element:
        say = self.visit.say
        with ui.element("article").classes("eh-unit-incident") as entry:
            told = say("calibration.offset", metric=row["metric"], kelvin=say.decimal(row["offset"], 3))
            ui.label(told).classes("eh-strong")
            if row["counts"]:
                ui.label(say("calibration.counts")).classes("eh-chip eh-is-info")
            begins, ends = (say.moment(ms_of(row[name]))[:_TO_THE_MINUTE] for name in ("from", "to"))
            span = say("calibration.span", begins=begins, ends=ends if row["to"] else say("calibration.open"))
            ui.label(span).classes("eh-age")
            issued = say("calibration.issued", by=row["by"], moment=say.moment(ms_of(row["issued"])))
            ui.label(issued).classes("eh-faint")
            if self.visit.who.may("operator"):  # a person's own words, as in the ledger
                ui.label(row["certificate"]).classes("eh-faint")
        return entry


class CalibrationForm:
    """One a page."""

    def __init__(self, visit: Visit, device: str) -> None:
        self.visit, self._device = visit, device
        self._fields: dict[str, Any] = {}
        self._dialog, self._card = form_dialog()

    async def ask(self) -> None:
        """Open it empty, with the temperatures that the unit tells."""
        say = self.visit.say
        latest = await self.visit.deck.reader.latest_readings()
        metrics = sorted(row["metric"] for row in latest if row["device"] == self._device)
        temperatures = [name for name in metrics if name.startswith("temp")]
        self._card.clear()
        self._fields = {}
        with self._card:
            ui.label(say("calibration.new")).classes("eh-strong").props("role=heading aria-level=2")
            ui.label(say("calibration.note")).classes("eh-faint")
            first = temperatures[0] if temperatures else None
            self._field("metric", ui.select(temperatures, value=first, label=say("calibration.metric")))
            self._field("offset", ui.input(say("calibration.kelvin")), say("calibration.kelvin_hint"))
            self._field("begins", ui.input(say("calibration.from")), say("calibration.day_hint"))
            self._field("ends", ui.input(say("calibration.to")), say("calibration.to_hint"))
            paper = ui.textarea(say("calibration.certificate")).props(f"autogrow maxlength={LONGEST_NOTE}")
            self._field("certificate", paper, say("calibration.certificate_hint"))
            self._wrong = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
                self._sure = ui.button(say("calibration.issue"), on_click=self._send)
                self._sure.props("unelevated no-caps")
        self._dialog.open()

    def _field(self, name: str, made: Any, hint: str = "") -> None:
        made.props("dense outlined stack-label hide-bottom-space autocomplete=off").classes("eh-field")
        if hint:
            made.props["hint"] = hint
        made.on_value_change(lambda: self._mark({name: ""}))
        self._fields[name] = made

    async def _send(self) -> None:
        say = self.visit.say
        filled = {name: field.value for name, field in self._fields.items()}
        asked, faults = checked(filled, say.read_moment)
        told = {name: say(f"calibration.fault_{code}") for name, code in faults.items()}
        if not told:
            self._sure.disable()
            told = await self._enter(asked)
            self._sure.enable()
        self._mark(dict.fromkeys((*self._fields, FORM), "") | told)
        if not told:
            self._dialog.close()
            ui.notify(say("calibration.done"))

    async def _enter(self, asked: dict[str, Any]) -> dict[str, str]:
        """What is wrong, by field; empty when it was entered."""
        say, who = self.visit.say, self.visit.who
        if not who.may("admin"):
            return {FORM: say("calibration.fault_forbidden")}
        try:
            answer = await self.visit.deck.hub.calibrate(device=self._device, by=who.id, **asked)
        except Problem:
            return {FORM: say("calibration.fault_away")}
        if answer.get("outcome") == "done":
            return {}
        field, reason = refused(str(answer.get("reason", "")))
        return {field: say("act.fault_refused", reason=say.named("refused", reason))}

    def _mark(self, told: dict[str, str]) -> None:
        for name, text in told.items():
            if name in self._fields:
                self._fields[name].error = text or None
            else:
                self._wrong.set_text(text)


def build(visit: Visit, device: str) -> Tick:
    return Calibrations(visit, device).tick


SECTION = UnitSection("calibrations", 90, build)
