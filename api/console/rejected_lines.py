"""The lines that a destination refused, in a dialog."""

from nicegui import ui

from api.console.visit import Visit
from api.console.wording import ms_of
from hub.errors import StoreUnavailable
from storage.contract import Row

MOST_LINES = 50


class RejectedLines:
    """One dialog of a page; shown for one destination at a time."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        say = visit.say
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog eh-dialog-wide"):
            self._title = ui.label().classes("eh-strong").props("role=heading aria-level=2")
            self._note = ui.label().classes("eh-faint").props("role=status")
            self._box = ui.element("div").classes("eh-list eh-refused")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.close"), on_click=self._dialog.close).props("flat no-caps")

    async def show(self, name: str) -> None:
        """The newest of destination ``name``."""
        say = self.visit.say
        self._title.set_text(say("destination.rejected_of", name=name))
        self._box.clear()
        try:
            rows = (await self.visit.deck.reader.rejected(name, limit=MOST_LINES, cursor=None)).items
        except StoreUnavailable:
            self._note.set_text(say("destination.lost"))
        else:
            many = say("destination.rejected_note", count=len(rows)) if rows else ""
            self._note.set_text(many or say("destination.rejected_none"))
            with self._box:
                for row in rows:
                    self._line(row)
        self._dialog.open()

    def _line(self, row: Row) -> None:
        say = self.visit.say
        number = say.count(row["number"])
        of = say("destination.of_event", number=number) if row["number"] else say("destination.of_none")
        with ui.element("div").classes("eh-refused-line"):
            ui.label(f"{say.moment(ms_of(row['at']))} · {of}").classes("eh-faint")
            ui.label(row["reason"]).classes("eh-strong")
            ui.label(row["line"]).classes("eh-code")
