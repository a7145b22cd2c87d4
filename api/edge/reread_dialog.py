"""Many messages read again: asked first, one after the other, with the outcome of each."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from api.console.visit import Visit
from api.edge.message import replayed

MOST_AT_ONCE = 500


class RereadDialog:
    """One a page; ``done`` is told when it is closed after something was read again."""

    def __init__(self, visit: Visit, done: Callable[[], Awaitable[None]]) -> None:
        self.visit = visit
        self._done = done
        self._running = self._changed = False
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog") as self._card:
            pass
        self._dialog.on("hide", self._closed)

    def ask(self, captures: Sequence[str]) -> None:
        """Confirm, then read ``captures`` again, five hundred at most."""
        say, chosen = self.visit.say, list(captures)[:MOST_AT_ONCE]
        self._card.clear()
        with self._card:
            ui.label(say("message.replay_title", count=say.count(len(chosen)))).classes("eh-strong")
            ui.label(say("message.replay_sure")).classes("eh-faint")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
                sure = ui.button(say("message.replay"), icon="replay").props("unelevated no-caps")
        sure.on_click(lambda: self._run(chosen))
        self._dialog.open()

    async def _run(self, chosen: Sequence[str]) -> None:
        """Closing the dialog ends it after the message in hand."""
        say = self.visit.say
        self._running = self._changed = True
        self._card.clear()
        with self._card:
            told = ui.label().classes("eh-strong").props("role=status")
            bar = ui.linear_progress(0, show_value=False).props("instant-feedback rounded")
            lines = ui.element("div").classes("eh-outcomes")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.close"), on_click=self._dialog.close).props("flat no-caps")
        for done, capture in enumerate(chosen, 1):
            if not self._running:
                return
            outcome = await replayed(self.visit, capture)
            told.set_text(say("message.replayed", done=say.count(done), count=say.count(len(chosen))))
            bar.set_value(done / len(chosen))
            with lines, ui.element("div").classes("eh-line"):
                ui.label(capture[-12:]).classes("eh-code")
                ui.label(outcome)
        self._running = False

    async def _closed(self) -> None:
        self._running = False
        self._card.clear()
        if self._changed:
            self._changed = False
            await self._done()
