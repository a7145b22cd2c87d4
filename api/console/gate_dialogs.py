"""Two things that people do about gates, each audited: open one by hand, and say how many are in a zone."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from api import gate_openings, occupancy
from api.console.form_dialog import form_dialog
from api.console.gate_words import standing_reason
from api.console.visit import Visit
from api.problems import Problem
from storage.contract import Row

SHORTEST_REASON, LONGEST_REASON = 5, 500
MOST_INSIDE = 1_000_000
# Problems of the API that have words of their own here; every other one is said in general words.
FAULTS = frozenset(
    {
        *("gate.refused", "gate.failed", "edge.too_late", "edge.no_answer", "edge.away", "hub.away"),
        *("audit.unavailable", "zone.refused", "zone.failed"),
    }
)


class GateDialogs:
    """One a page; only for operators."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._dialog, self._card = form_dialog()

    def open_gate(self, device: str) -> None:
        """Ask why, then open; the words stay in the audit file of the machine that is asked."""
        say = self.visit.say

        async def send(words: str) -> str:
            if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
                return say("gate.reason_short", least=SHORTEST_REASON)
            return await self._done(self._opened(device, words), say("gate.opened", device=device))

        self._ask(say("gate.open_title", device=device), say("gate.open_sure"), say("gate.open"), send)

    def set_count(self, row: Row) -> None:
        """Ask how many were counted."""
        say = self.visit.say

        async def send(words: str) -> str:
            if not words.isdecimal() or int(words[:8]) > MOST_INSIDE:
                return say("gate.count_wrong", most=say.count(MOST_INSIDE))
            done = say("gate.count_set", zone=row["zone"], count=say.count(int(words)))
            return await self._done(self._set(row, int(words)), done)

        title = say("gate.count_title", zone=row["zone"])
        self._ask(title, say("gate.count_sure"), say("gate.count_save"), send, number=True)

    def _ask(
        self, title: str, sure: str, act: str, send: Callable[[str], Awaitable[str]], *, number: bool = False
    ) -> None:
        say = self.visit.say
        self._card.clear()
        with self._card:
            ui.label(title).classes("eh-strong").props("role=heading aria-level=2")
            ui.label(sure).classes("eh-faint")
            if number:
                field: Any = ui.input(say("gate.count_field")).props("inputmode=numeric maxlength=7")
            else:
                field = ui.textarea(say("gate.reason")).props(f"autogrow maxlength={LONGEST_REASON}")
            field.props("dense outlined stack-label autofocus").classes("eh-field")
            wrong = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps")
                button = ui.button(act).props("unelevated no-caps")

        async def clicked() -> None:
            button.disable()
            fault = await send(str(field.value or "").strip())
            button.enable()
            wrong.set_text(fault)
            if not fault:
                self._dialog.close()

        button.on_click(clicked)
        self._dialog.open()

    async def _done(self, work: Awaitable[None], words: str) -> str:
        """Empty when it was done; else why not, in words."""
        try:
            await work
        except Problem as problem:
            return self._in_words(problem)
        ui.notify(words)
        return ""

    def _in_words(self, problem: Problem) -> str:
        say, reason = self.visit.say, str(problem.extra.get("reason", ""))
        name = problem.code.replace(".", "_") if problem.code in FAULTS else "other"
        why = standing_reason(say, reason) if " " not in reason else ""
        return " ".join(part for part in (say(f"gate.fault_{name}"), f"({why})" if why else "") if part)

    async def _opened(self, device: str, reason: str) -> None:
        """As POST gates/{device}/open; raises Problem."""
        deck, who = self.visit.deck, self.visit.who
        if not who.may("operator"):
            raise Problem(403, "role.missing")
        asked = deck.hub if deck.settings.has_hub or deck.edge is None else deck.edge
        gate_openings.settled(await asked.open_gate(device, who.id, reason))

    async def _set(self, row: Row, count: int) -> None:
        """As POST occupancy/{zone}; raises Problem."""
        deck, who = self.visit.deck, self.visit.who
        if not who.may("operator"):
            raise Problem(403, "role.missing")
        occupancy.settled(await deck.hub.set_zone(row["edge"], row["zone"], count, who.id))
