"""Overview: open incidents; what needs somebody, in six tiles; the newest results and temperatures below."""

from collections import Counter
from collections.abc import Sequence

from nicegui import ui

from api.console.board import Waiting
from api.console.cold_units import ColdUnit, cold_units
from api.console.condition import SIGNS, Condition, Shown, device_condition
from api.console.outcome import specimen_head
from api.console.shell import health_condition
from api.console.standing_alarms import SEVERITIES, UNSEEN
from api.console.tile import Tile
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.link import Health
from storage.contract import Row

_NEWEST = 8
_UNSURE = ("INVALID", "ERROR", "NO_RESULT", "INDETERMINATE")


class Overview:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        with ui.element("div").classes("eh-tile-wide"):
            self.alarms = Tile(visit, "alarms", "notifications_active", "/alarms")
        with ui.element("div").classes("eh-tiles eh-tiles-six"):
            self.devices = Tile(visit, "devices", "memory", "/devices")
            self.results = Tile(visit, "results", "biotech", "/results")
            self.cold = Tile(visit, "cold", "thermostat", "/cold-chain")
            self.quarantine = Tile(visit, "quarantine", "inventory_2", "/quarantine")
            self.spool = Tile(visit, "spool", "outbox", "/edge")
            self.health = Tile(visit, "health", "monitor_heart", "/health")
        with ui.element("div").classes("eh-panels"):
            self.newest = self._panel("latest_results", "/results")
            self.now = self._panel("cold_now", "/cold-chain")
        self._shown: dict[str, object] = {}

    def _panel(self, name: str, path: str) -> ui.element:
        with ui.element("section").classes("eh-panel"):
            with ui.element("div").classes("eh-panel-head"):
                ui.label(self.visit.say(f"tile.{name}")).props("role=heading aria-level=2")
                ui.link(self.visit.say("tile.see_all"), path)
            return ui.element("div").classes("eh-list")

    async def tick(self) -> None:
        """Renew tiles and lists."""
        board = self.visit.board
        health, waiting = await board.health.get(), await board.quarantine.get()
        fleet, latest = (await board.fleet.get()).value, (await board.latest.get()).value
        alarms = await board.alarms.get()
        today = await board.today.get()
        self._show_alarms(alarms.value.rows, fault=alarms.fault or health.fault)
        self._show_devices(fleet, hub_up=not health.fault)
        # Without the hub's process nothing arrives any more: figures of before are no sign that all is well.
        self._show_results(today.value, fault=today.fault or health.fault)
        desk = (await board.alarm_desk.get()).value
        self._show_cold(cold_units(latest, fleet, desk, self.visit.deck.now_ms()))
        self._show_quarantine(waiting.value, fault=waiting.fault or health.fault)
        self._show_spool((await board.figures.get()).value.waiting, fault=health.fault)
        self._show_health(health.value, fault=health.fault)
        self._show_newest((await board.results.get()).value[:_NEWEST])

    def _show_alarms(self, rows: Sequence[Row], *, fault: bool) -> None:
        say = self.visit.say
        if fault:  # nobody judges: what stood before is no sign that nothing is wrong now
            self.alarms.show("unknown", "?", say("tile.alarms_unknown"))
            return
        by = Counter(str(row["severity"]) for row in rows)
        told = [f"{say.count(by[name])} {say(f'severity.{name}').lower()}" for name in SEVERITIES if by[name]]
        unseen = say.count(sum(row["state"] in UNSEEN for row in rows))
        waiting = say.count(sum(row["state"] == "LATCHED" for row in rows))
        sub = say("tile.alarms_sub", unseen=unseen, waiting=waiting) if rows else say("tile.alarms_none")
        worst: Condition = "bad" if by["critical"] else "warn" if rows else "ok"
        self.alarms.show(worst, " · ".join(told) or "0", sub)

    def _show_devices(self, fleet: Sequence[Row], *, hub_up: bool) -> None:
        say = self.visit.say
        found = Counter(device_condition(row, hub_up=hub_up) for row in fleet)
        worst: Condition = "bad" if found["bad"] else "unknown" if found["unknown"] or not fleet else "ok"
        sub = say("tile.devices_sub", unknown=say.count(found["unknown"]), count=say.count(len(fleet)))
        self.devices.show(worst, say.count(found["bad"]) if hub_up else "?", sub)

    def _show_results(self, calls: Counter[str], *, fault: bool) -> None:
        say = self.visit.say
        unsure = say.count(sum(calls[call] for call in _UNSURE))
        sub = say("tile.results_sub", positive=say.count(calls["POS"]), invalid=unsure)
        self.results.show("unknown" if fault else "ok", say.count(calls.total()), sub)

    def _show_cold(self, found: Sequence[ColdUnit]) -> None:
        say = self.visit.say
        counted = Counter(shown.condition for _, _, shown in found)
        worst: Condition = "bad" if counted["bad"] else "unknown" if counted["unknown"] or not found else "ok"
        sub = say("tile.cold_sub", unknown=say.count(counted["unknown"]), count=say.count(len(found)))
        self.cold.show(worst, say.count(counted["bad"]), sub)
        seen = [(device["id"], reading["time"], reading["value"], shown) for device, reading, shown in found]
        self._list("now", self.now, seen, lambda: [self._unit(*unit) for unit in found])

    def _show_quarantine(self, waiting: Waiting, *, fault: bool) -> None:
        say = self.visit.say
        condition: Condition = "unknown" if fault else "warn" if waiting.count else "ok"
        sub = say("tile.quarantine_sub" if waiting.count else "tile.quarantine_none")
        self.quarantine.show(condition, say.count(waiting.count) + ("+" if waiting.more else ""), sub)

    def _show_spool(self, waiting: int | None, *, fault: bool) -> None:
        unknown = fault or waiting is None
        figure = "?" if unknown or waiting is None else self.visit.say.count(waiting)
        condition: Condition = "unknown" if unknown else "ok" if (waiting or 0) < 1000 else "warn"
        self.spool.show(condition, figure, self.visit.say("tile.spool_sub"))

    def _show_health(self, health: Health, *, fault: bool) -> None:
        say = self.visit.say
        parts = health.components.values()
        well = sum(part["state"] == "ok" for part in parts)
        sub = say("tile.health_sub", ok=say.count(well), total=say.count(len(parts)))
        status = "unknown" if fault else health.status
        self.health.show(health_condition(health, fault=fault), say(f"health.{status}"), "" if fault else sub)

    def _show_newest(self, rows: Sequence[Row]) -> None:
        self._list("newest", self.newest, list(rows), lambda: [self._result(row) for row in rows])

    def _list(self, name: str, box: ui.element, seen: object, fill: object) -> None:
        """Build a list again only when what it shows has changed."""
        minute = self.visit.deck.now_ms() // 10_000
        if self._shown.get(name) == (seen, minute):
            return
        self._shown[name] = (seen, minute)
        box.clear()
        with box:
            if not fill():  # type: ignore[operator]
                ui.label(self.visit.say("app.no_rows")).classes("eh-empty")

    def _result(self, row: Row) -> Row:
        say = self.visit.say
        with ui.element("div").classes("eh-row" + (" eh-row-control" if row.get("control") else "")):
            specimen_head(say, row)
            ui.label(self.visit.site_name(row["site"])).classes("eh-faint eh-clip")
            ui.label(say.named("call", row["call"])).classes(f"eh-chip eh-call-{row['call']}")
            ui.label(say.age(ms_of(row["time"]), self.visit.deck.now_ms())).classes("eh-age")
        return row

    def _unit(self, device: Row, reading: Row, shown: Shown) -> Row:
        say = self.visit.say
        with ui.element("div").classes("eh-row"):
            ui.label(device["id"]).classes("eh-strong eh-clip")
            ui.label(self.visit.site_name(device["site"])).classes("eh-faint eh-clip")
            ui.label(f"{SIGNS[shown.condition]} {say.degrees(reading.get('value'))}").classes(
                f"eh-chip eh-is-{shown.condition}"
            ).tooltip(say(f"cold.{shown.why}"))
            ui.label(say.age(ms_of(reading["time"]), self.visit.deck.now_ms())).classes("eh-age")
        return device


def build(visit: Visit) -> Tick:
    return Overview(visit).tick


PAGE = ConsolePage("/", "overview", 10, "dashboard", build)
