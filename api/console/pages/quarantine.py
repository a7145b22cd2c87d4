"""Quarantine: what could not be understood, why in words, the second try, and who may look at the bytes.

The same page in every console: a hub's decisions go to the edge by command, an edge's own are made here.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from api.console.board import MOST_ENTRIES
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.look import LookDialog
from api.problems import Problem
from api.settings import EVERYWHERE
from storage.contract import Row

OUTCOMES = frozenset({"done", "refused", "away", "expired"})
Decision = Callable[[], Awaitable[dict[str, Any]]]


class Entry:
    """One entry and what may be done about it."""

    def __init__(self, visit: Visit, row: Row, looking: LookDialog) -> None:
        self.visit = visit
        self.row = row
        self._looking = looking
        say = visit.say
        with ui.element("article").classes("eh-entry") as self.box:
            with ui.element("div").classes("eh-entry-what"):
                ui.label(say.trouble(row["reason"])).classes("eh-strong")
                ui.label(self._where()).classes("eh-faint")
                self._told = ui.label().classes("eh-told").props("role=status")
            ui.label(row["reason"]).classes("eh-code")
            ui.label(say.named("quarantine", row["state"])).classes(f"eh-chip eh-entry-{row['state']}")
            ui.label(say.moment(ms_of(row["received"]))).classes("eh-age")
            with ui.element("div").classes("eh-acts"):
                self._buttons = self._acts()

    def _acts(self) -> list[ui.button]:
        say, waits = self.visit.say, self.row["state"] == "WAITING"
        if self.row.get("capture"):
            look = ui.button(icon="visibility", on_click=self._look).props("flat dense round")
            look.props(f'aria-label="{say("look.open")}"').tooltip(say("look.open"))
        replay = ui.button(say("quarantine.replay"), icon="replay", on_click=self._replay)
        discard = ui.button(icon="delete_outline", on_click=self._ask_discard).props("flat dense round")
        discard.props(f'aria-label="{say("quarantine.discard")}"').tooltip(say("quarantine.discard"))
        replay.props("outline dense no-caps").set_visibility(waits)
        discard.set_visibility(waits and bool(self.row.get("capture")))
        return [replay, discard]

    def _where(self) -> str:
        say, row = self.visit.say, self.row
        device = self.visit.device_name(row["device"])
        place = say("quarantine.place", place=row["place"]) if row.get("place") else ""
        edge = say("quarantine.at_edge", edge=row["edge"])
        kept = say("quarantine.at_hub") if row.get("where") == "hub" else edge
        size = say("quarantine.bytes", bytes=say.count(int(row.get("bytes") or 0)))
        parts = [device, self.visit.site_name(row["site"]), place, size, kept]
        return " · ".join(part for part in parts if part)

    def _look(self) -> None:
        self._looking.ask(str(self.row["edge"]), str(self.row["capture"]), str(self.row["device"] or ""))

    async def _replay(self) -> None:
        deck, name = self.visit.deck, str(self.row["id"])
        if deck.store is None and deck.edge is not None:
            edge, capture = deck.edge, str(self.row["capture"])
            await self._decide(lambda: edge.replay_capture(capture))
        else:
            await self._decide(lambda: deck.hub.replay(name, self.visit.who.id))

    def _ask_discard(self) -> None:
        say = self.visit.say
        with self.box, ui.dialog(value=True) as dialog, ui.card().classes("eh-dialog"):
            ui.label(say("quarantine.discard_title")).classes("eh-strong")
            ui.label(say("quarantine.discard_sure")).classes("eh-faint")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=dialog.close).props("flat no-caps")
                sure = ui.button(say("quarantine.discard"), color="negative").props("no-caps unelevated")

        dialog.on("hide", dialog.delete)

        async def discard() -> None:
            dialog.close()
            await self._discard()

        sure.on_click(discard)

    async def _discard(self) -> None:
        deck, name = self.visit.deck, str(self.row["id"])
        if deck.store is None and deck.edge is not None:
            edge, capture = deck.edge, str(self.row["capture"])
            await self._decide(lambda: edge.discard_capture(capture))
        else:
            await self._decide(lambda: deck.hub.discard(name, self.visit.who.id))

    async def _decide(self, decision: Decision) -> None:
        say = self.visit.say
        if not self.visit.who.may("operator"):
            self._told.set_text(say("quarantine.forbidden"))
            return
        for button in self._buttons:
            button.disable()
        self._told.set_text(say("quarantine.working"))
        try:
            told = await decision()
        except Problem:
            self._told.set_text(say("quarantine.nobody" if self.visit.deck.store else "quarantine.edge_away"))
        else:
            self._tell(told)
        for button in self._buttons:
            button.enable()

    def _tell(self, told: dict[str, Any]) -> None:
        say = self.visit.say
        reason = say.reason(told["reason"])
        key = told["outcome"] if told["outcome"] in OUTCOMES else "failed"
        if key == "done" and told["reason"] == "discarded":
            key = "discarded"
        text = say(f"quarantine.{key}", count=say.count(told["events"]), reason=reason)
        self._told.set_text(text)
        ui.notify(text)  # an entry that is settled leaves the list, and its line with it


class Quarantine:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._entries: dict[str, Entry] = {}
        say = visit.say
        ui.label(say("quarantine.intro")).classes("eh-note")
        with ui.element("div").classes("eh-tools"):
            named = {"WAITING": say("quarantine.waiting"), "": say("quarantine.all_states")}
            self._state = (
                ui.toggle(named, value="WAITING").props("dense no-caps unelevated").classes("eh-spans")
            )
            self._count = ui.label().classes("eh-faint")
        self._looking = LookDialog(visit)
        self._box = ui.element("div").classes("eh-entries")
        with self._box:
            self._empty = ui.label(say("quarantine.empty")).classes("eh-empty")

    async def tick(self) -> None:
        """Add what is new and take away what left, so that an answer below a button stays to be read."""
        rows = (await self.visit.board.quarantine.get()).value.entries
        wanted = [row for row in rows if not self._state.value or row["state"] == self._state.value]
        self._empty.set_visibility(not wanted)
        told = self.visit.say("quarantine.more", count=MOST_ENTRIES)
        self._count.set_text(told if len(rows) == MOST_ENTRIES else "")
        self._arrange(wanted)

    def _arrange(self, wanted: Sequence[Row]) -> None:
        names = {str(row["id"]) for row in wanted}
        for name in [name for name in self._entries if name not in names]:
            self._entries.pop(name).box.delete()
        for place, row in enumerate(wanted):
            name = str(row["id"])
            if name in self._entries and self._entries[name].row == row:
                continue
            if name in self._entries:
                self._entries.pop(name).box.delete()
            with self._box:
                self._entries[name] = Entry(self.visit, row, self._looking)
            self._entries[name].box.move(target_index=place)


def build(visit: Visit) -> Tick:
    return Quarantine(visit).tick


PAGE = ConsolePage("/quarantine", "quarantine", 60, "inventory_2", build, at=EVERYWHERE)
