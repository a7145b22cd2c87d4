"""Forwards: what waits for a hospital's own system, what was given up and why, and a person's decision."""

from collections.abc import Sequence

from nicegui import ui

from api.console.analyzers import analyzers
from api.console.condition import SIGNS, Condition
from api.console.live_list import LiveList
from api.console.manual_pages import manual_link
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.edge.message import MessageDialog
from api.edge.resend_dialog import ResendDialog
from api.problems import Problem
from api.settings import BY_EDGE
from hub.forward_states import FORWARD_STATES
from storage.contract import Row

PAGE_ROWS = 50
_AGAIN_MS = 3000
SAMPLE = """[[forward]]
from = "{device}"
to = "mllp://10.1.2.3:6661"
"""


def queue_condition(queue: Row) -> Condition:
    """What was given up needs somebody; what waits only when nothing goes."""
    if queue["dead"]:
        return "bad"
    if queue["to"] is None:
        return "warn" if queue["waiting"] else "unknown"
    if queue["waiting"] and queue["trouble"]:
        return "warn"
    return "ok" if queue["last_delivered"] or queue["connected"] else "unknown"


class Forwards:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._asked_ms = 0
        self._queues: list[Row] | None = None
        self._next: int | None = None
        self._paged = False
        say = visit.say
        ui.label(say("forward.intro")).classes("eh-note")
        self._told = ui.label().classes("eh-told").props("role=status")
        self._resend = ResendDialog(visit, self._again)
        self._message = MessageDialog(visit)
        self._nothing = ui.element("section").classes("eh-panel eh-guide")
        with self._nothing:
            self._guide()
        self._nothing.set_visibility(False)
        self._cards = ui.element("div").classes("eh-cards")
        with ui.element("div").classes("eh-tools eh-tools-below") as self._tools:
            states: dict[str, str] = {"": say("app.all")}
            states |= {state: say(f"forward.{state}") for state in FORWARD_STATES}
            self._state = ui.select(states, value="", label=say("device.state"), on_change=self._again)
            self._state.props("dense outlined").classes("eh-choice")
        self._list = LiveList(self._delivery, say("capture.none"))
        self._older = ui.button(say("capture.older"), icon="expand_more", on_click=self._more)
        self._older.props("flat no-caps").set_visibility(False)
        self._tools.set_visibility(False)

    def _guide(self) -> None:
        """What a forward is for and how one is configured, in the words of this edge."""
        say = self.visit.say
        known = analyzers(list(self.visit.deck.settings.devices))
        device = known[0]["id"] if known else "genexpert-01"
        ui.label(say("forward.none")).classes("eh-strong").props("role=heading aria-level=2")
        ui.label(say("forward.what_for"))
        ui.label(say("forward.how"))
        with ui.element("pre").classes("eh-raw"):
            ui.label(SAMPLE.format(device=device))
        ui.label(say("forward.then"))
        manual_link(say("forward.manual"), "forwarding.md")

    async def tick(self) -> None:
        """Queues and deliveries, every three seconds; the list rests while older ones are looked at."""
        edge, now_ms = self.visit.deck.edge, self.visit.deck.now_ms()
        if edge is None or now_ms - self._asked_ms < _AGAIN_MS:
            return
        self._asked_ms = now_ms
        try:
            queues = await edge.forwards()
            rows = None if self._paged else await self._ask(None)
        except Problem:
            self._away()
            return
        self._told.set_text("")
        if queues != self._queues:
            self._queues = queues
            self._draw_queues(queues)
            self._nothing.set_visibility(not queues)
            self._tools.set_visibility(bool(queues))
        if rows is not None and queues:
            self._list.show(rows)

    def _away(self) -> None:
        """What was said before is history."""
        self._told.set_text(self.visit.say("edge.away"))
        self._queues = None
        self._nothing.set_visibility(False)
        self._cards.clear()
        self._list.clear()

    async def _again(self) -> None:
        self._asked_ms, self._paged, self._queues = 0, False, None
        await self.tick()

    async def _more(self) -> None:
        self._paged = True
        try:
            self._list.append(await self._ask(self._next))
        except Problem:
            self._away()

    async def _ask(self, before: int | None) -> list[Row]:
        edge = self.visit.deck.edge
        if edge is None:
            return []
        place = {} if before is None else {"before": before}
        rows, self._next = await edge.deliveries(state=self._state.value or None, limit=PAGE_ROWS, **place)
        self._older.set_visibility(self._next is not None)
        return rows

    def _draw_queues(self, queues: Sequence[Row]) -> None:
        self._cards.clear()
        with self._cards:
            for queue in queues:
                self._queue(queue)

    def _queue(self, queue: Row) -> None:
        say, condition = self.visit.say, queue_condition(queue)
        with ui.element("article").classes(f"eh-card eh-queue eh-is-{condition}"):
            with ui.element("div").classes("eh-card-head"):
                with ui.element("div"):
                    ui.label(str(queue["id"])).classes("eh-strong").props("role=heading aria-level=2")
                    way = f"{queue['device'] or '?'} → {queue['to'] or say('forward.not_configured')}"
                    ui.label(way).classes("eh-code")
                ui.label(f"{SIGNS[condition]} {say(f'state.{condition}')}").classes("eh-chip")
            with ui.element("div").classes("eh-card-now"):
                self._figure(queue["waiting"], "forward.waiting", "warn" if queue["trouble"] else "info")
                self._figure(queue["dead"], "forward.dead", "bad" if queue["dead"] else "info")
            if queue["trouble"]:
                ui.label(say("forward.trouble", reason=say.reason(queue["trouble"]))).classes("eh-wrong")
            last = say.age(ms_of(queue["last_delivered"]), self.visit.deck.now_ms())
            ui.label(say("forward.last", age=last)).classes("eh-faint")
            if queue["dead"] and self.visit.who.may("operator"):
                self._decide_all(queue)

    def _figure(self, count: int, key: str, condition: Condition) -> None:
        say = self.visit.say
        with ui.element("div").classes(f"eh-is-{condition if count else 'info'}"):
            ui.label(say.count(count)).classes("eh-card-value" + (" eh-toned" if count else ""))
            ui.label(say(key)).classes("eh-faint")

    def _decide_all(self, queue: Row) -> None:
        say, name, dead = self.visit.say, str(queue["id"]), int(queue["dead"])
        with ui.element("div").classes("eh-acts"):
            again = ui.button(say("forward.retry_all"), icon="replay")
            again.on_click(lambda: self._resend.ask_all("retry", name, dead)).props("outline dense no-caps")
            skip = ui.button(say("forward.skip_all"), icon="block")
            skip.on_click(lambda: self._resend.ask_all("skip", name, dead)).props("flat dense no-caps")

    def _delivery(self, row: Row) -> ui.element:
        say = self.visit.say
        with ui.element("article").classes("eh-entry eh-entry-delivery") as entry:
            with ui.element("div").classes("eh-entry-what"):
                ui.label(f"{row['device']} → {row['forward']}").classes("eh-strong eh-clip")
                came = say("forward.came", moment=say.moment(ms_of(row["received"])))
                ui.label(came).classes("eh-faint")
            ui.label(say(f"forward.{row['state']}")).classes(f"eh-chip eh-forward-{row['state']}")
            with ui.element("div").classes("eh-entry-why"):
                if row["code"]:
                    ui.label(say.reason(row["code"])).classes("eh-faint")
                if row["tries"]:
                    ui.label(say("forward.tries", count=say.count(row["tries"]))).classes("eh-age")
            with ui.element("div").classes("eh-acts"):
                self._acts(row)
        return entry

    def _acts(self, row: Row) -> None:
        say, capture = self.visit.say, str(row["capture"])
        look = ui.button(icon="article", on_click=lambda: self._message.show(capture))
        look.props(f'flat dense round aria-label="{say("message.open")}"').tooltip(say("message.open"))
        if not self.visit.who.may("operator"):
            return
        if row["state"] != "WAITING":
            again = ui.button(say("forward.retry"), icon="send")
            again.on_click(lambda: self._resend.ask_one("retry", row)).props("outline dense no-caps")
        if row["state"] in ("WAITING", "DEAD"):
            skip = ui.button(say("forward.skip"), icon="block")
            skip.on_click(lambda: self._resend.ask_one("skip", row)).props("flat dense no-caps")


def build(visit: Visit) -> Tick:
    return Forwards(visit).tick


PAGE = ConsolePage("/forwards", "forwards", 55, "forward_to_inbox", build, at=BY_EDGE)
