"""Quarantine: what could not be understood, why in words, and the second try."""

from collections.abc import Sequence

from nicegui import ui

from api.console.board import MOST_ENTRIES
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.problems import Problem
from storage.contract import Row

_STATES = ("WAITING", "REPLAYED", "DISCARDED")


class Entry:
    """One entry and the button to try again."""

    def __init__(self, visit: Visit, row: Row) -> None:
        self.visit = visit
        self.row = row
        say = visit.say
        with ui.element("article").classes("eh-entry") as self.box:
            with ui.element("div").classes("eh-entry-what"):
                ui.label(say.trouble(row["reason"])).classes("eh-strong")
                ui.label(self._where()).classes("eh-faint")
                self._told = ui.label().classes("eh-told").props("role=status")
            ui.label(row["reason"]).classes("eh-code")
            ui.label(say.named("quarantine", row["state"])).classes(f"eh-chip eh-entry-{row['state']}")
            ui.label(say.moment(ms_of(row["received"]))).classes("eh-age")
            self._button = ui.button(say("quarantine.replay"), icon="replay", on_click=self._replay)
            self._button.props("outline dense no-caps").set_visibility(row["state"] == "WAITING")

    def _where(self) -> str:
        say, row = self.visit.say, self.row
        device = row["device"] or say("quarantine.unattributed")
        place = say("quarantine.place", place=row["place"]) if row.get("place") else ""
        edge = say("quarantine.at_edge", edge=row["edge"])
        kept = say("quarantine.at_hub") if row.get("where") == "hub" else edge
        size = say("quarantine.bytes", bytes=say.count(int(row.get("bytes") or 0)))
        parts = [device, self.visit.site_name(row["site"]), place, size, kept]
        return " · ".join(part for part in parts if part)

    async def _replay(self) -> None:
        say = self.visit.say
        if not self.visit.who.may("operator"):
            self._told.set_text(say("quarantine.forbidden"))
            return
        self._button.disable()
        self._told.set_text(say("quarantine.working"))
        try:
            told = await self.visit.deck.hub.replay(str(self.row["id"]), self.visit.who.id)
        except Problem:
            self._told.set_text(say("quarantine.away"))
        else:
            reason = say.reason(told["reason"])
            key = told["outcome"] if told["outcome"] in {"done", "refused"} else "failed"
            text = say(f"quarantine.{key}", events=say.count(told["events"]), reason=reason)
            self._told.set_text(text)
            ui.notify(text)  # an entry that is settled leaves the list, and its line with it
        self._button.enable()


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
                self._entries[name] = Entry(self.visit, row)
            self._entries[name].box.move(target_index=place)


def build(visit: Visit) -> Tick:
    return Quarantine(visit).tick


PAGE = ConsolePage("/quarantine", "quarantine", 5, "inventory_2", build)
