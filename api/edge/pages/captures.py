"""Messages: what this edge took, by device, time, state and specimen; one opened, one or many read again."""

from typing import Any

from nicegui import ui

from api.console.analyzers import analyzers
from api.console.live_list import LiveList
from api.console.outcome import call_chip, call_chips
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.captures_by_specimen import captures_naming
from api.edge.message import MessageDialog
from api.edge.reread_dialog import RereadDialog
from api.problems import Problem
from api.settings import BY_EDGE
from storage.contract import Row

PAGE_ROWS = 50
ANALYZERS = "*"  # no device's name
STATES = ("understood", "problems", "quarantined", "unmapped")
_LONGEST_SPECIMEN = 128
_AGAIN_MS = 5000  # how often an open page asks for what is new
_REST = 20  # times as long as an answer took, at least


class Messages:
    """The page of one visitor: filters, rows, and older ones on demand."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._next: Any = None
        self._paged = False
        self._asked_ms = 0
        self._pause_ms = _AGAIN_MS
        self._chosen: dict[str, ui.checkbox] = {}
        say = visit.say
        ui.label(say("capture.intro")).classes("eh-note")
        self._tools()
        self._told = ui.label().classes("eh-faint").props("role=status")
        self._dialog = MessageDialog(visit)
        self._reread_dialog = RereadDialog(visit, self._again)
        self._list = LiveList(self._entry, say("capture.none"))
        self._older = ui.button(say("capture.older"), icon="expand_more", on_click=self._more)
        self._older.props("flat no-caps").set_visibility(False)

    def _tools(self) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-tools eh-tools-many"):
            self._specimen = ui.input(say("result.specimen"), placeholder=say("capture.specimen"))
            self._specimen.props("dense outlined stack-label clearable").classes("eh-choice")
            self._specimen.on("keydown.enter", self._again).on("clear", self._again)
            known = self.visit.deck.settings.devices
            self._analyzers = [str(row["id"]) for row in analyzers(list(known))]
            named = {"": say("app.all")} | ({ANALYZERS: say("capture.analyzers")} if self._analyzers else {})
            named |= {name: name for name in sorted(told["id"] for told in known)}
            first = ANALYZERS if self._analyzers else ""
            self._device = ui.select(named, value=first, label=say("device.name"), on_change=self._again)
            states = {"": say("app.all"), **{state: say(f"capture.{state}") for state in STATES}}
            self._state = ui.select(states, value="", label=say("device.state"), on_change=self._again)
            for chosen in (self._device, self._state):
                chosen.props("dense outlined").classes("eh-choice")
            self._from = self._moment("capture.from")
            self._to = self._moment("capture.to")
        with ui.element("div").classes("eh-tools eh-bulk") as self._bulk:
            self._count = ui.label().classes("eh-strong").props("role=status")
            replay = ui.button(say("message.replay_chosen"), icon="replay", on_click=self._replay)
            replay.props("unelevated dense no-caps")
            ui.button(say("message.none_chosen"), on_click=self._choose_none).props("flat dense no-caps")
        self._bulk.set_visibility(False)

    def _moment(self, name: str) -> ui.input:
        say = self.visit.say
        wrong = {say("capture.bad_moment"): lambda text: not text or say.read_moment(text) is not None}
        made = ui.input(say(name), placeholder=say("capture.form"), on_change=self._again, validation=wrong)
        return made.props("dense outlined stack-label hide-bottom-space clearable").classes("eh-choice")

    async def tick(self) -> None:
        """What is new, every five seconds, while the reader looks at the newest."""
        now_ms = self.visit.deck.now_ms()
        if self._paged or now_ms - self._asked_ms < self._pause_ms:
            return
        self._asked_ms = now_ms
        rows = await self._ask(None)
        self._pause_ms = max(_AGAIN_MS, _REST * (self.visit.deck.now_ms() - now_ms))
        if rows is not None:
            for capture in self._list.show(rows):
                if capture not in self._list.names:
                    self._chosen.pop(capture, None)
            self._show_chosen()

    async def _again(self) -> None:
        self._choose_none()
        self._asked_ms, self._paged = 0, False
        await self.tick()

    async def _more(self) -> None:
        self._paged = True
        self._list.append(await self._ask(self._next) or [])

    async def _ask(self, before: Any) -> list[Row] | None:
        edge, say = self.visit.deck.edge, self.visit.say
        if edge is None:
            return None
        try:
            wanted, told = await self._wanted(before)
            rows, self._next = await edge.messages(**wanted)
        except Problem as problem:
            self._told.set_text(say("capture.too_much" if problem.status == 422 else "edge.away"))
            return None
        self._told.set_text(told)
        self._older.set_visibility(self._next is not None)
        return rows

    async def _wanted(self, before: Any) -> tuple[dict[str, Any], str]:
        """What to ask the edge, and how far a search for a specimen could look."""
        say, deck = self.visit.say, self.visit.deck
        wanted: dict[str, Any] = {"limit": PAGE_ROWS, "state": self._state.value or ""}
        spans = {
            "device": self._device.value if self._device.value != ANALYZERS else "",
            "from_ms": say.read_moment(self._from.value or ""),
            "to_ms": say.read_moment(self._to.value or ""),
            "before": before,
        }
        wanted |= {name: value for name, value in spans.items() if value not in (None, "")}
        if self._device.value == ANALYZERS:  # a cold store's sensors would fill every page
            wanted["devices"] = self._analyzers
        specimen = str(self._specimen.value or "").strip()[:_LONGEST_SPECIMEN]
        if not specimen or deck.edge is None:
            return wanted, ""
        named, since_ms = await captures_naming(deck, deck.edge, specimen)
        key = "searched_store" if deck.store is not None else "searched_edge"
        return wanted | {"named": named}, say(f"capture.{key}", since=say.moment(since_ms))

    def _entry(self, row: Row) -> ui.element:
        say, capture = self.visit.say, str(row["id"])
        with ui.element("article").classes("eh-entry eh-entry-message") as entry:
            box = ui.checkbox(on_change=self._show_chosen).props("dense")
            box.props(f'aria-label="{say("message.choose")}"')
            box.set_visibility(self.visit.who.may("operator"))
            self._chosen[capture] = box
            with ui.element("div").classes("eh-entry-what"):
                ui.label(self.visit.device_name(row["device"])).classes("eh-strong")
                ui.label(self.visit.site_name(row["site"])).classes("eh-faint eh-clip")
            with ui.element("div").classes("eh-digest"):
                self._digest(row)
            ui.label(say(f"capture.{row['state']}")).classes(f"eh-chip eh-capture-{row['state']}")
            with ui.element("div").classes("eh-entry-when"):
                ui.label(say.moment(ms_of(row["received"]))).classes("eh-age")
                ui.label(say("quarantine.bytes", bytes=say.count(row["bytes"]))).classes("eh-age")
            look = ui.button(say("message.open"), icon="article", on_click=lambda: self._dialog.show(capture))
            look.props("outline dense no-caps")
        return entry

    def _digest(self, row: Row) -> None:
        """Specimens and calls; or the first reason why it was not understood."""
        say, told = self.visit.say, row["digest"]
        if told and told["specimens"]:
            more = f" +{say.count(told['more_specimens'])}" if told["more_specimens"] else ""
            ui.label(", ".join(told["specimens"]) + more).classes("eh-strong eh-clip")
        with ui.element("div").classes("eh-chips"):
            if told and told["results"] == 1 and told["calls"]:
                call_chip(say, next(iter(told["calls"])))
            elif told:
                call_chips(say, told["calls"])
            if told and told["controls"]:
                ui.label(say("run.controls", count=say.count(told["controls"]))).classes("eh-chip")
            if told and told["facts"] and not told["results"] and not told["withdrawn"]:
                ui.label(say("message.facts", count=say.count(told["facts"]))).classes("eh-chip")
            if told and told["repeats"]:
                ui.label(say("message.repeats", count=say.count(told["repeats"]))).classes("eh-chip")
        if row["parts"]:
            ui.label(say.trouble(row["parts"][0]["reason"])).classes("eh-faint eh-clip")

    def _show_chosen(self) -> None:
        count = len(self._captures_chosen())
        self._bulk.set_visibility(count > 0)
        self._count.set_text(self.visit.say("message.chosen", count=self.visit.say.count(count)))

    def _captures_chosen(self) -> list[str]:
        return [capture for capture, box in self._chosen.items() if box.value]

    def _choose_none(self) -> None:
        for box in self._chosen.values():
            box.set_value(False)
        self._show_chosen()

    def _replay(self) -> None:
        self._reread_dialog.ask(self._captures_chosen())


def build(visit: Visit) -> Tick:
    return Messages(visit).tick


PAGE = ConsolePage("/captures", "captures", 65, "forum", build, at=BY_EDGE)
