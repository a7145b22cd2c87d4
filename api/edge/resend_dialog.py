"""Asked before a message goes to a hospital's own system again, or never: the decision is in the audit."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from api.console.visit import Visit
from api.edge.forwards import Choice, Decider
from api.problems import Problem
from storage.contract import Row

TROUBLE = frozenset({"forward.settled", "audit.unavailable"})


class ResendDialog:
    """One a page; ``done`` is told after something was decided."""

    def __init__(self, visit: Visit, done: Callable[[], Awaitable[None]]) -> None:
        self.visit = visit
        self._done = done
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog") as self._card:
            pass
        self._dialog.on("hide", self._card.clear)

    def ask(self, item: Row, step: Row) -> None:
        """About one message; a delivered one would be there twice, and the dialog says so."""
        say = self.visit.say
        twice = step.get("delivery") == "DELIVERED"
        title = say("forward.resend_title", forward=step["forward"])
        self._confirm("retry", str(step["forward"]), str(item["capture"]), title, twice=twice)

    def ask_all(self, choice: Choice, forward: str, count: int) -> None:
        """About all that were given up."""
        title = self.visit.say(
            f"forward.{choice}_all_title", forward=forward, count=self.visit.say.count(count)
        )
        self._confirm(choice, forward, "", title)

    def ask_one(self, choice: Choice, delivery: Row) -> None:
        """About one delivery."""
        title = self.visit.say(f"forward.{choice}_title", forward=delivery["forward"])
        twice = choice == "retry" and delivery["state"] == "DELIVERED"
        self._confirm(choice, str(delivery["forward"]), str(delivery["capture"]), title, twice=twice)

    def _confirm(
        self, choice: Choice, forward: str, capture: str, title: str, *, twice: bool = False
    ) -> None:
        say = self.visit.say
        self._card.clear()
        with self._card:
            ui.label(title).classes("eh-strong")
            if twice:
                ui.label(say("forward.twice")).classes("eh-wrong")
            ui.label(say(f"forward.{choice}_sure")).classes("eh-faint")
            told = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
                sure = ui.button(
                    say(f"forward.{choice}"), color="negative" if choice == "skip" else "primary"
                )
                sure.props("unelevated no-caps")

        async def decide(_: Any = None) -> None:
            sure.disable()
            wrong = await self._decide(choice, forward, capture)
            if wrong:
                told.set_text(wrong)
                sure.enable()
                return
            self._dialog.close()
            await self._done()

        sure.on_click(decide)
        self._dialog.open()

    async def _decide(self, choice: Choice, forward: str, capture: str) -> str:
        """ "" when it is done, else why not in words."""
        say, visit = self.visit.say, self.visit
        if visit.deck.edge is None or not visit.who.may("operator"):
            return say("quarantine.forbidden")
        session = "" if visit.who.local else visit.who.id
        try:
            changed = await visit.deck.edge.decide(
                choice, forward, capture, Decider(visit.who.id, "console", session)
            )
        except Problem as problem:
            key = problem.code if problem.code in TROUBLE else "edge_away"
            return say(f"forward.{key.replace('.', '_')}")
        ui.notify(say(f"forward.{choice}_done", count=say.count(changed)))
        return ""
