"""One incident: what happened, the readings around it, its ledger, and what may be done about it."""

import re
from collections.abc import Sequence

from nicegui import ui

from api.alarm_entries import entry_told
from api.console.alarm_dialog import ICONS, AlarmDialog
from api.console.alarm_form import offered
from api.console.alarm_words import (
    end_ms,
    entry_words,
    how_long,
    limit_told,
    marks,
    measured,
    short,
    sign,
    state_means,
    tone,
)
from api.console.chart import shift_of
from api.console.condition import limits_of
from api.console.device_pages import page_of
from api.console.explained_incidents import Explained
from api.console.incident_chart import drawn, readings, span_of
from api.console.standing_alarms import AlarmDesk
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.vaccine_probe import temperatures
from hub.errors import StoreUnavailable
from hub.machine_metrics import is_of_machine
from storage.contract import Row

MOST_ENTRIES = 1000
_ID = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
_CHART_AGAIN_MS = 10_000
_LINKED = {"merged_into": "alarm.merged", "suppressed_by": "alarm.suppressed"}


class IncidentPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._id = visit.path.rpartition("/")[2]
        self._drawn: object = None
        self._charted: tuple[int, int] = (0, 0)  # entry and time
        say = visit.say
        ui.link(say("alarm.back"), "/alarms").classes("eh-strong")
        self._unknown = ui.label().classes("eh-why eh-strong").props("role=status")
        self._unknown.set_visibility(False)
        self._dialog = AlarmDialog(visit, self.tick)
        with ui.element("div").classes("eh-incident") as self._box:
            self._what = ui.element("section").classes("eh-panel eh-incident-what")
            with ui.element("section").classes("eh-panel eh-incident-chart") as self._curve:
                ui.label(say("alarm.chart")).props("role=heading aria-level=2").classes("eh-strong")
                self._chart = ui.echart({}).classes("eh-chart eh-chart-tall")
                with ui.element("div").classes("eh-line eh-faint"):
                    ui.label(say("alarm.excursion")).classes("eh-key-excursion")
                    ui.label(say("alarm.unseen")).classes("eh-key-unseen")
            self._explained = Explained(visit)
            self._ledger = ui.element("section").classes("eh-panel eh-incident-ledger")
        self._box.set_visibility(False)

    async def tick(self) -> None:
        """Read it again; draw what changed."""
        visit, board = self.visit, self.visit.board
        if not _ID.match(self._id):
            self._tell("alarm.no_such")
            return
        try:
            row = await visit.deck.ledger.incident(self._id)
            entries = await visit.deck.ledger.incident_entries(0, limit=MOST_ENTRIES, incident_id=self._id)
        except StoreUnavailable:
            self._tell("alarm.unknown_store")
            return
        if row is None:
            self._tell("alarm.no_such")
            return
        away = "alarm.unknown_hub" if visit.deck.store else "alarm.unknown_edge"
        self._tell(away if (await board.health.get()).fault else "")
        self._box.set_visibility(True)
        desk = (await board.alarm_desk.get()).value
        if self._drawn != (row, bool(desk.rules)):
            self._drawn = (row, bool(desk.rules))
            words = visit.who.may("operator")
            self._draw_what(row, desk)
            self._draw_ledger(row, [entry_told(entry, row, words=words) for entry in entries])
        self._lasted.set_text(how_long(visit.say, row, visit.deck.now_ms()))
        await self._draw_chart(row, desk)
        await self._explained.tick(row)

    def _tell(self, key: str) -> None:
        self._unknown.set_text(self.visit.say(key) if key else "")
        self._unknown.set_visibility(bool(key))

    def _camera_page(self, row: Row) -> str:
        """Where the camera of this incident is shown; empty: it is none."""
        kinds = {told["id"]: told.get("kind") for told in self.visit.deck.settings.devices}
        page = page_of(row["device"], kinds.get(row["device"]), row["metric"])
        return page if page.startswith("/cameras/") else ""

    def _draw_what(self, row: Row, desk: AlarmDesk) -> None:
        say, visit, condition = self.visit.say, self.visit, tone(row)
        self._what.clear()
        self._what.classes(replace=f"eh-panel eh-incident-what eh-is-{condition}")
        with self._what:
            title = f"{sign(row)} {say.named('rule', row['kind'])}"
            ui.label(title).classes("eh-incident-name").props("role=heading aria-level=2")
            with ui.element("div").classes("eh-line eh-strong"):
                camera = self._camera_page(row)
                if camera:
                    ui.link(row["device"], camera).tooltip(say("camera.to_camera"))
                elif is_of_machine(row["metric"]) or visit.deck.store is None:
                    ui.label(row["device"])
                else:
                    ui.link(row["device"], f"/cold-chain/{row['device']}").tooltip(say("unit.to_unit"))
                ui.label(f"· {visit.site_name(row['site'])}")
            self._chips(row, condition)
            ui.label(state_means(say, row))
            with ui.element("dl").classes("eh-facts eh-incident-facts"):
                self._facts(row, limit_told(say, desk.rule(row)))
            self._notes(row, resting=row["device"] in desk.resting)
            if visit.who.may("operator"):
                self._acts(row)

    def _chips(self, row: Row, condition: str) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-chips"):
            ui.label(say.named("severity", row["severity"])).classes(f"eh-chip eh-is-{condition}")
            ui.label(say.named("incident", row["state"])).classes("eh-chip eh-is-unknown")
            for mark in marks(row):
                ui.label(say(f"alarm.{mark}")).classes("eh-chip eh-is-info")

    def _facts(self, row: Row, limit: str) -> None:
        say = self.visit.say
        cleared = say.moment(ms_of(row["cleared"])) if row["cleared"] else say("alarm.open_end")
        self._fact("rule", f"{limit} ({row['version']})" if limit else str(row["version"]))
        self._fact("began", say.moment(ms_of(row["time"])))
        self._fact("raised", say.moment(ms_of(row["raised"])))
        self._fact("ended", cleared)
        self._lasted = self._fact("lasted", "")
        self._fact("worst", measured(say, row["metric"], row["worst"]) or say("alarm.no_value"))
        self._fact("owner", row["assigned_to"] or say("alarm.no_owner"))
        if row["shelved_until"]:
            self._fact("shelved_until", say.moment(ms_of(row["shelved_until"])))
        if row["disposition"]:
            self._fact("disposition", say.named("disposition", row["disposition"]))

    def _fact(self, name: str, text: str) -> ui.label:
        with ui.element("dt"):
            ui.label(self.visit.say(f"alarm.fact_{name}"))
        with ui.element("dd"):
            return ui.label(text).classes("eh-strong")

    def _notes(self, row: Row, *, resting: bool) -> None:
        say = self.visit.say
        for mark in marks(row):
            ui.label(say(f"alarm.{mark}_means")).classes("eh-faint")
        if resting:
            ui.label(say("cold.resting")).classes("eh-strong")
        for field, key in _LINKED.items():
            if row[field]:
                with ui.element("div").classes("eh-why"):
                    ui.label(say(key))
                    ui.link(say("alarm.that_one"), f"/alarms/{row[field]}").classes("eh-strong")

    def _acts(self, row: Row) -> None:
        with ui.element("div").classes("eh-line eh-incident-acts"):
            for place, action in enumerate(offered(row, at_edge=self.visit.deck.store is None)):
                made = ui.button(self.visit.say(f"act.{action}"), icon=ICONS[action])
                made.props(
                    "unelevated no-caps" if place == 0 and row["state"] != "CLOSED" else "outline no-caps"
                )
                made.on_click(lambda action=action: self._dialog.ask(action, row))

    def _draw_ledger(self, row: Row, entries: Sequence[Row]) -> None:
        say = self.visit.say
        self._ledger.clear()
        with self._ledger:
            ui.label(say("alarm.ledger")).props("role=heading aria-level=2").classes("eh-strong")
            ui.label(say("alarm.ledger_note")).classes("eh-faint")
            with ui.element("ol").classes("eh-ledger"):
                for entry in entries:
                    self._entry(row, entry)
            if len(entries) == MOST_ENTRIES:
                ui.label(say("alarm.ledger_cut", count=say.count(MOST_ENTRIES))).classes("eh-faint")

    def _entry(self, row: Row, entry: Row) -> None:
        say = self.visit.say
        with ui.element("li"):
            with ui.element("div").classes("eh-line"):
                ui.label(short(say, ms_of(entry["time"]))).classes("eh-age")
                ui.label(say.named("ledger", entry["kind"])).classes("eh-strong")
                actor = say("ledger.by", by=entry["actor"]) if entry["actor"] else say("ledger.by_hub")
                ui.label(actor).classes("eh-faint")
            detail = entry_words(say, entry, row["metric"])
            if detail:
                ui.label(detail).classes("eh-ledger-detail")
            for name in ("into", "parent"):
                if entry["detail"].get(name):
                    ui.link(say("alarm.that_one"), f"/alarms/{entry['detail'][name]}")
            if entry.get("note"):
                ui.label(entry["note"]).classes("eh-ledger-note")

    async def _draw_chart(self, row: Row, desk: AlarmDesk) -> None:
        """Again when the ledger moved, and now and then while it goes on; a machine has no temperature."""
        visit, now_ms = self.visit, self.visit.deck.now_ms()
        self._curve.set_visibility(not is_of_machine(row["metric"]))
        if is_of_machine(row["metric"]):
            return
        if self._charted[0] == row["entry"] and now_ms - self._charted[1] < _CHART_AGAIN_MS:
            return
        start = ms_of(row["time"]) or now_ms
        episode = (start, end_ms(row, now_ms))
        span = span_of(*episode, now_ms)
        board = visit.board
        metric = await self._metric(row)
        try:
            steps = await readings(visit.deck.ledger, str(row["device"]), metric, span)
        except StoreUnavailable:
            return
        self._charted = (int(row["entry"]), now_ms)
        fleet = {each["id"]: each for each in (await board.fleet.get()).value}
        limits = limits_of(fleet.get(row["device"], {}).get("profile"))
        made = drawn(
            visit,
            limits,
            desk.rule(row),
            desk.corrected(steps),
            episode=episode,
            span=span,
            shift_ms=shift_of(visit, now_ms),
        )
        self._chart.options.clear()
        self._chart.options.update(made)
        self._chart.update()

    async def _metric(self, row: Row) -> str:
        """Its own where it is a temperature, else that of its unit: what matters to the vaccine."""
        if str(row["metric"]).startswith("temp."):
            return str(row["metric"])
        latest = temperatures((await self.visit.board.latest.get()).value)
        return next(
            (str(each["metric"]) for each in latest if each["device"] == row["device"]), "temp.vaccine"
        )


def build(visit: Visit) -> Tick:
    return IncidentPage(visit).tick


PAGE = ConsolePage(
    "/alarms/{alarm}", "alarm", 16, "notifications_active", build, of_ledger=True, under="/alarms"
)
