"""One message in a dialog: what it was, why it waits, what the profile makes of it now; raw for the vault."""

from typing import Any

from nicegui import ui

from api.console.outcome import call_chip, control_badge, cycles_of, fact_name
from api.console.visit import Visit
from api.console.wording import ms_of
from api.edge.look import LookForm
from api.problems import Problem
from hub.payloads import LabResult
from storage.contract import Row

SETTLED = frozenset({"done", "refused"})
CHANGES = ("same", "changed", "new", "gone")


class MessageDialog:
    """One a page; ``show`` opens it for a capture of the edge beside us."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog eh-message") as self._card:
            pass
        self._dialog.on("hide", self._card.clear)  # what was shown is kept nowhere

    async def show(self, capture: str) -> None:
        """Read the message again with today's profile, and open the dialog."""
        edge, say = self.visit.deck.edge, self.visit.say
        self._card.clear()
        self._dialog.open()
        if edge is None:
            return
        try:
            row = await edge.message(capture)
        except Problem as problem:
            key = "capture_unknown" if problem.status == 404 else "edge_away"
            with self._card:
                ui.label(say(f"look.{key}")).classes("eh-strong")
                self._acts(None)
            return
        with self._card:
            self._head(row)
            with ui.element("div").classes("eh-message-halves"):
                with ui.element("section").classes("eh-message-half"):
                    self._title("message.raw")
                    LookForm(self.visit, edge, capture, str(row["device"]), None)
                with ui.element("section").classes("eh-message-half"):
                    self._title("message.parsed")
                    self._parsed(row)
            self._acts(row)

    def _head(self, row: Row) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-message-head"):
            ui.label(self.visit.device_name(row["device"])).classes("eh-strong").props(
                "role=heading aria-level=2"
            )
            ui.label(say(f"capture.{row['state']}")).classes(f"eh-chip eh-capture-{row['state']}")
            size = say("quarantine.bytes", bytes=say.count(row["bytes"]))
            told = [self.visit.site_name(row["site"]), say.moment(ms_of(row["received"])), size]
            told.append(say("message.answered" if row["answered"] else "message.by_link"))
            ui.label(" · ".join(told)).classes("eh-faint")

    def _title(self, key: str) -> None:
        ui.label(self.visit.say(key)).classes("eh-message-title").props("role=heading aria-level=3")

    def _parsed(self, row: Row) -> None:
        say = self.visit.say
        if row["parts"]:
            self._why(row)
        if not row["read"]:
            ui.label(say("message.nobody_reads")).classes("eh-faint")
        elif row["parts"] and not row["trouble"]:
            ui.label(say("message.understood_now")).classes("eh-told")
        for fact in row["facts"]:
            self._fact(fact)
        if row["more_facts"]:
            ui.label(say("message.more_facts", count=say.count(row["more_facts"]))).classes("eh-faint")
        if not row["facts"]:
            ui.label(say("message.no_facts")).classes("eh-empty")
        for each in row["forwards"]:
            with ui.element("div").classes("eh-line"):
                ui.icon("forward_to_inbox").classes("eh-faint")
                ui.label(each["forward"]).classes("eh-strong")
                ui.label(say(f"forward.{each['state']}")).classes(f"eh-chip eh-forward-{each['state']}")
                ui.label(each["code"]).classes("eh-code")

    def _why(self, row: Row) -> None:
        """What could not be understood when it came; ``trouble`` is what today's profile leaves over."""
        say = self.visit.say
        with ui.element("div").classes("eh-why"):
            for part in row["parts"]:
                with ui.element("div").classes("eh-line"):
                    ui.label(say.trouble(part["reason"])).classes("eh-strong")
                    ui.label(part["reason"]).classes("eh-code")
                    if part["place"]:
                        ui.label(say("quarantine.place", place=part["place"])).classes("eh-faint")
                    chip = ui.label(say.named("quarantine", part["state"]))
                    chip.classes(f"eh-chip eh-entry-{part['state']}")

    def _fact(self, fact: Row) -> None:
        say, data = self.visit.say, fact["data"]
        with ui.element("div").classes(f"eh-fact eh-change-{fact['change']}"):
            with ui.element("div").classes("eh-fact-what"):
                with ui.element("div").classes("eh-specimen"):
                    if data.get("control"):
                        control_badge(say)
                    ui.label(fact_name(say, fact)).classes("eh-strong eh-clip")
                ui.label(_about(self.visit, fact)).classes("eh-faint")
            if fact["type"] == LabResult.TYPE:
                call_chip(say, data["call"])
                ui.label(cycles_of(say, data)).classes("eh-age")
            if fact["repeat"]:
                ui.label(say("message.repeat")).classes("eh-chip")
            if fact["change"] != "same":
                ui.label(say(f"message.{fact['change']}")).classes("eh-chip eh-is-info")

    def _acts(self, row: Row | None) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-dialog-acts"):
            told = ui.label().classes("eh-told").props("role=status")
            if row is not None and row["read"] and self.visit.who.may("operator"):
                again = ui.button(say("message.replay"), icon="replay").props("outline no-caps")

                async def replay() -> None:
                    again.disable()
                    told.set_text(say("quarantine.working"))
                    told.set_text(await replayed(self.visit, str(row["id"])))

                again.on_click(replay)
            ui.button(say("app.close"), on_click=self._dialog.close).props("flat no-caps")


async def replayed(visit: Visit, capture: str) -> str:
    """Replay one capture of the edge beside us; the outcome in words."""
    say, edge = visit.say, visit.deck.edge
    if edge is None or not visit.who.may("operator"):
        return say("quarantine.forbidden")
    try:
        told: dict[str, Any] = await edge.replay_capture(capture)
    except Problem:
        return say("quarantine.edge_away")
    key = told["outcome"] if told["outcome"] in SETTLED else "failed"
    return say(f"quarantine.{key}", count=say.count(told["events"]), reason=say.reason(told["reason"]))


def _about(visit: Visit, fact: Row) -> str:
    say, data = visit.say, fact["data"]
    told = [say.moment(ms_of(fact["time"]))]
    if fact["type"] == LabResult.TYPE:
        test = data["test"].get("text") or data["test"]["code"]
        told = [test, say.named("status", data["status"]), *told]
    return " · ".join(part for part in told if part)
