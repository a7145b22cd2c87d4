"""A table that somebody uploads: what would become of it, or every mistake by row; then it is entered."""

from typing import Any

from nicegui import events, ui

from api.console.intake_faults import fault_rows, said
from api.console.visit import Visit
from api.intake_files.columns import Column, TableKind
from api.intake_files.table import MOST_ERRORS
from api.intake_uploads import Upload, upload
from api.problems import Problem

LARGEST_FILE_BYTES = 1_000_000  # with the form around it, it fits a body
_SHOWN = 200


class IntakeUpload:
    """For one type; nothing is kept of a file but while its page is open."""

    def __init__(self, visit: Visit, kind: TableKind, columns: tuple[Column, ...]) -> None:
        self.visit, self._kind, self._columns = visit, kind, columns
        self._name, self._body, self._rows = "", b"", 0
        say = visit.say
        with ui.element("section").classes("eh-panel eh-intake-file"):
            ui.label(say("intake.from_file")).classes("eh-strong").props("role=heading aria-level=2")
            self._templates()
            self._picker = ui.upload(
                label=say("intake.choose_file"),
                auto_upload=True,
                max_files=1,
                max_file_size=LARGEST_FILE_BYTES,
                on_upload=self._came,
                on_rejected=lambda: self._tell("", wrong=say("intake.too_large")),
            )
            self._picker.props('accept=".csv,.xlsx,text/csv" flat bordered').classes("eh-upload")
            self._told = ui.label().classes("eh-told").props("role=status")
            self._wrong = ui.label().classes("eh-wrong").props("role=alert")
            self._becomes = ui.label().classes("eh-faint")
            self._send = ui.button(say("intake.send"), on_click=self._enter).props("unelevated no-caps")
            self._send.set_visibility(False)
            self._faults = ui.element("div")

    def _templates(self) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-intake-templates"):
            for form in ("csv", "xlsx"):
                address = f"/api/v1/intake/{self._kind}/template.{form}?lang={say.language}"
                ui.link(say(f"intake.template_{form}"), address).props("download")

    def _tell(self, text: str, becomes: str = "", *, wrong: str = "") -> None:
        self._told.set_text(text)
        self._wrong.set_text(wrong)
        self._becomes.set_text(becomes)
        self._send.set_visibility(False)
        self._faults.clear()

    async def _came(self, came: events.UploadEventArguments) -> None:
        self._name, self._body = came.file.name[:80], await came.file.read()
        self._picker.reset()
        self._tell(self.visit.say("intake.checking", name=self._name))
        done = await self._tried(check=True)
        if done is None:
            return
        say = self.visit.say
        counts = {name: say.count(number) for name, number in done.counts.items()}
        self._rows = done.rows
        told = say("intake.preview", name=self._name, count=say.count(done.rows))
        self._tell(told, say("intake.becomes", **counts))
        self._send.set_visibility(True)

    async def _enter(self) -> None:
        say = self.visit.say
        self._send.disable()
        self._told.set_text(say("intake.sending", done=0, count=say.count(self._rows)))
        done = await self._tried(check=False)
        self._send.enable()
        if done is None:
            return
        counts = {name: say.count(number) for name, number in done.counts.items()}
        self._tell(say("intake.sent", count=say.count(done.rows)), say("intake.becomes", **counts))
        self._body = b""

    def _progress(self, entered: int) -> None:
        say = self.visit.say
        told = say("intake.sending", done=say.count(entered), count=say.count(self._rows))
        self._told.set_text(told)

    async def _tried(self, *, check: bool) -> Upload | None:
        """None: what is wrong is told already."""
        progress = None if check else self._progress
        try:
            done = await upload(
                self.visit.deck, self._kind, self._body, self.visit.who, check=check, progress=progress
            )
        except Problem as problem:
            self._tell("", wrong=self._sentence(problem))
            return None
        if done.errors:
            self._show(done.errors)
            return None
        return done

    def _sentence(self, problem: Problem) -> str:
        say, errors = self.visit.say, problem.extra.get("errors") or [{}]
        if problem.code == "intake.bad_file":
            return said(say, str(errors[0].get("code", "")))
        if problem.code == "person.edge_only":
            return say("intake.edge_only")
        return say("intake.may_not") if problem.status == 403 else say("intake.away")

    def _show(self, errors: list[dict[str, Any]]) -> None:
        say, key = self.visit.say, "refused_most" if len(errors) >= MOST_ERRORS else "refused"
        self._tell("", wrong=say(f"intake.{key}", count=say.count(len(errors))))
        columns = [
            {"name": name, "label": say(f"intake.{name}"), "field": name, "align": "left"}
            for name in ("row", "field", "error")
        ]
        with self._faults:
            rows = fault_rows(say, errors[:_SHOWN], self._columns)
            ui.table(rows=rows, columns=columns, row_key="key").props("dense flat").classes("eh-faults")
