"""One item of intake, filled in by hand: read as a row of a table is, each mistake at its field."""

from typing import Any
from zoneinfo import ZoneInfo

from nicegui import ui

from api.console.intake_faults import said
from api.console.visit import Visit
from api.intake import tried
from api.intake_bodies import Body
from api.intake_files.columns import Column, TableKind
from api.intake_files.headings import choice, choices_of, heading
from api.intake_files.reading import body_of
from api.intake_files.table import RowError
from api.intake_uploads import require_role
from api.problems import Problem

FORM = ""  # the fault is none of a field
_HINTS = {"day": "dd/MM/yyyy", "moment": "dd/MM/yyyy HH:mm", "day_or_moment": "dd/MM/yyyy HH:mm"}


class IntakeForm:
    """For one type."""

    def __init__(self, visit: Visit, kind: TableKind, columns: tuple[Column, ...]) -> None:
        self.visit, self._kind, self._columns = visit, kind, columns
        self._fields: dict[str, Any] = {}
        say = visit.say
        with ui.element("section").classes("eh-panel eh-intake-form"):
            ui.label(say("intake.by_hand")).classes("eh-strong").props("role=heading aria-level=2")
            ui.label(say("intake.needed")).classes("eh-faint")
            with ui.element("div").classes("eh-intake-fields"):
                for column in columns:
                    self._draw(column)
            self._told = ui.label().classes("eh-told").props("role=status")
            self._wrong = ui.label().classes("eh-wrong").props("role=alert")
            self._sure = ui.button(say("intake.enter"), on_click=self._send).props("unelevated no-caps")

    def _draw(self, column: Column) -> None:
        say = self.visit.say
        label = heading(column, say.language) + (" *" if column.needed else "")
        made: Any
        if column.kind == "choice":
            made = ui.select({one: choice(one, say.language) for one in column.choices}, label=label)
        elif column.kind == "flag":
            made = ui.checkbox(label)
        else:
            made = ui.input(label).props("maxlength=200 autocomplete=off")
        made.classes("eh-field")
        if column.kind != "flag":
            made.props("dense outlined stack-label hide-bottom-space")
        if hint := _HINTS.get(column.kind):
            made.props["hint"] = hint
        if column.kind == "count":
            made.props("inputmode=numeric")
        made.on_value_change(lambda: self._clear(column.field))
        self._fields[column.field] = made

    def _clear(self, field: str) -> None:
        self._told.set_text("")
        self._mark({field: ""})

    async def _send(self) -> None:
        """Filled in again and sent twice it is one fact."""
        self._sure.disable()
        told, outcome = await self._enter()
        self._sure.enable()
        self._mark(dict.fromkeys((*self._fields, FORM), "") | told)
        self._told.set_text(self.visit.say(f"intake.{outcome}") if outcome else "")

    async def _enter(self) -> tuple[dict[str, str], str]:
        """(what is wrong, by field; how it ended)."""
        say = self.visit.say
        body, wrong = self._read()
        if body is None:
            return {one.field: said(say, one.code) for one in wrong}, ""
        try:
            require_role(self._kind, self.visit.who)
            rows, errors = await tried(self.visit.deck, self._kind, [body], self.visit.who.id, check=False)
        except Problem as problem:
            key = "edge_only" if problem.code == "person.edge_only" else "away"
            return {FORM: say("intake.may_not" if problem.status == 403 else f"intake.{key}")}, ""
        if errors:
            return {str(one["field"]): said(say, str(one["code"])) for one in errors}, ""
        return {}, str(rows[0]["outcome"])

    def _read(self) -> tuple[Body | None, list[RowError]]:
        zone = ZoneInfo(self.visit.deck.settings.timezone)
        filled = {name: _cell(field.value) for name, field in self._fields.items()}
        choices = {one.field: choices_of(one) for one in self._columns if one.kind == "choice"}
        cells = [filled[column.field] for column in self._columns]
        body, wrong = body_of(self._kind, 0, cells, self._columns, zone, choices)
        return (body.model_copy(update={"origin": "manual"}) if body else None), wrong

    def _mark(self, told: dict[str, str]) -> None:
        """A fault of a field that the form has not is told below it."""
        rest = []
        for name, text in told.items():
            field = self._fields.get(name)
            if field is not None and not isinstance(field, ui.checkbox):
                field.error = text or None
            elif text:
                rest.append(text)
        if FORM in told or rest:
            self._wrong.set_text(" · ".join(rest))


def _cell(value: object) -> str | None:
    """A box that is not ticked is left out: that is what it means."""
    if isinstance(value, bool):
        return "x" if value else None
    return str(value or "").strip() or None
