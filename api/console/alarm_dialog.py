"""What people do about an incident or a unit: asked in a dialog, checked as by the API, entered."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from api.alarm_bodies import LONGEST_SHELF_MINUTES, LONGEST_WINDOW_MINUTES, SHORTEST_SHELF_MINUTES
from api.console.alarm_form import BODIES, FAULTS, FORM, OF_DEVICE, Asked, Faults, checked, refused
from api.console.alarm_words import DISPOSITIONS, latches
from api.console.daily_checks import ROUNDS, round_of
from api.console.form_dialog import form_dialog
from api.console.visit import Visit
from api.problems import Problem
from hub.alarms.incidents.actions import LONGEST_NOTE
from storage.contract import Row

SHELVES = (30, 60, 240, 480, LONGEST_SHELF_MINUTES)
SHELVES_OF_LATCHING = (15, 30, 60)  # the ledger takes no longer one
DAY = 1440
WINDOWS = (30, 60, 120, 240, 480, DAY, 3 * DAY, 7 * DAY, LONGEST_WINDOW_MINUTES)
NO_END = ""
ICONS = {
    "ack": "visibility",
    "comment": "chat_bubble_outline",
    "shelve": "snooze",
    "unshelve": "alarm_on",
    "assign": "person_add",
    "disposition": "vaccines",
    "check": "task_alt",
    "take_out": "do_not_disturb_on",
    "put_back": "play_circle",
}


class AlarmDialog:
    """One a page; ``done`` is told after something was entered."""

    def __init__(self, visit: Visit, done: Callable[[], Awaitable[None]]) -> None:
        self.visit = visit
        self._done = done
        self._fields: dict[str, Any] = {}
        self._words = ""
        self._dialog, self._card = form_dialog()

    def ask(self, action: str, row: Row, words: str = "") -> None:
        """About ``row``: an incident, or a device for an action of ``OF_DEVICE``, or ``devices`` of a site.

        ``words``: what it is called, if otherwise. A device's ``minutes``: how long it is out if nobody
        chooses another time.
        """
        say = self.visit.say
        self._words = words or action
        self._card.clear()
        self._fields = {}
        with self._card:
            title = ui.label(say(f"act.{self._words}_title")).classes("eh-strong")
            title.props("role=heading aria-level=2")
            ui.label(say(f"act.{self._words}_note")).classes("eh-faint")
            unnamed = action == "disposition" and self.visit.who.local
            if unnamed:
                ui.label(say("act.unnamed")).classes("eh-wrong").props("role=alert")
            else:
                self._draw_fields(action, row)
            self._wrong = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
                if not unnamed:
                    self._sure = ui.button(
                        say(f"act.{self._words}"), on_click=lambda: self._send(action, row)
                    )
                    self._sure.props("unelevated no-caps")
        self._dialog.open()

    def _draw_fields(self, action: str, row: Row) -> None:
        say, wanted = self.visit.say, BODIES[action].model_fields
        if "disposition" in wanted:
            named = {name: say(f"disposition.{name}") for name in DISPOSITIONS}
            self._field("disposition", ui.select(named, label=say("act.field_disposition")))
        if "round" in wanted:
            named = {name: say(f"act.round_{name}") for name in ROUNDS}
            due = round_of(self.visit.deck.now_ms(), say.zone)
            self._field("round", ui.select(named, value=due, label=say("act.field_round")))
        if action == "take_out":
            self._draw_window(row.get("minutes", NO_END), endless="devices" not in row)
        elif "minutes" in wanted:
            self._draw_minutes(latch=latches(row))
        if "to" in wanted:
            mine = "" if self.visit.who.local else self.visit.who.id
            to = ui.input(say("act.field_to"), value=mine).props("maxlength=64 autocomplete=off")
            self._field("to", to, say("act.field_to_hint"))
        name = next(name for name in ("note", "reason", "text") if name in wanted)
        words = ui.textarea(say(f"act.field_{name}")).props(f"autogrow maxlength={LONGEST_NOTE}")
        self._field(name, words, say("act.field_words_hint"))

    def _draw_minutes(self, *, latch: bool) -> None:
        minutes = SHELVES_OF_LATCHING if latch else SHELVES
        named = {each: self._span(each) for each in minutes}
        label = self.visit.say("act.field_minutes")
        self._field("minutes", ui.select(named, value=minutes[0], label=label))

    def _draw_window(self, minutes: int | str, *, endless: bool) -> None:
        """A whole site is never out for good."""
        say = self.visit.say
        named: dict[int | str, str] = {NO_END: say("act.no_end")} if endless else {}
        named |= {each: self._span(each) for each in WINDOWS}
        self._field("minutes", ui.select(named, value=minutes, label=say("act.field_minutes")))

    def _span(self, minutes: int) -> str:
        say = self.visit.say
        if minutes % DAY == 0:
            return say("span.d", n=minutes // DAY)
        return say("span.h", n=minutes // 60) if minutes % 60 == 0 else say("span.m", n=minutes)

    def _field(self, name: str, made: Any, hint: str = "") -> None:
        made.props("dense outlined stack-label hide-bottom-space").classes("eh-field")
        if hint:
            made.props["hint"] = hint
        made.on_value_change(lambda: self._mark({name: ""}))
        self._fields[name] = made

    async def _send(self, action: str, row: Row) -> None:
        filled = {name: "" if field.value is None else field.value for name, field in self._fields.items()}
        asked, faults = checked(action, filled, self.visit.deck.now_ms())
        if asked is not None:
            self._sure.disable()
            faults = await self._enter(action, row, asked)
            self._sure.enable()
        self._mark(dict.fromkeys((*self._fields, FORM), "") | faults)
        if faults:
            return
        self._dialog.close()
        ui.notify(self.visit.say(f"act.{self._words}_done"))
        await self._done()

    async def _enter(self, action: str, row: Row, asked: Asked) -> Faults:
        """Empty when it was entered."""
        who, hub = self.visit.who, self.visit.deck.hub
        if not who.may("operator") or (action == "disposition" and who.local):
            return {FORM: "forbidden"}
        told: dict[str, Any] = {"action": action, "by": who.id, "note": asked.note, "details": asked.details}
        try:
            if "devices" in row:
                answer = await hub.alarm_of_devices(site=row["site"], devices=row["devices"], **told)
            elif action in OF_DEVICE:
                answer = await hub.alarm_of_device(site=row["site"], device=row["id"], **told)
            else:
                answer = await hub.alarm(incident=row["id"], **told)
        except Problem as problem:
            return {FORM: "not_entered" if problem.code == "alarm.not_entered" else "away"}
        done = answer.get("outcome") == "done"
        return {} if done else refused(action, str(answer.get("reason", "")))

    def _mark(self, faults: Faults) -> None:
        """Say each fault at its field; an empty one takes back what was said there."""
        for name, code in faults.items():
            text = self._in_words(code) if code else ""
            if name in self._fields:
                self._fields[name].error = text or None
            elif text or name == FORM:
                self._wrong.set_text(text)

    def _in_words(self, code: str) -> str:
        say = self.visit.say
        if code in FAULTS:
            return say(f"act.fault_{code}", least=SHORTEST_SHELF_MINUTES, most=LONGEST_SHELF_MINUTES)
        if code in ("forbidden", "not_entered", "away"):
            return say(f"act.fault_{code}")
        told = say.named("refused", code.partition(".")[2])
        return say("act.fault_refused", reason=told)
