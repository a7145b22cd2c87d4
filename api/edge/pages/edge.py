"""Edge: what waits here, how full the spool is, the line to the bus, its devices; other edges' addresses."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from api.console.condition import SIGNS, Condition, device_condition
from api.console.tile import Tile
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.settings import EVERYWHERE
from storage.contract import Row

_MEGABYTE = 1024 * 1024
MARKS = (0.5, 0.8, 1.0)  # alarms at the first two, negative answers at the last (design 3)
OLD_MS = 600_000  # an event that waits this long is worth a look: ten minutes, as a reading


def disk_condition(share: float, *, full: bool) -> Condition:
    """By the marks of the quota."""
    if full or share >= MARKS[1]:
        return "bad"
    return "warn" if share >= MARKS[0] else "ok"


def waiting_condition(oldest_ms: int | None, now_ms: int) -> Condition:
    """Events may wait for days and lose nothing: old ones warn, no more."""
    return "warn" if oldest_ms is not None and now_ms - oldest_ms > OLD_MS else "ok"


class Here:
    """Tiles and lists of the edge beside us."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._drawn: dict[str, object] = {}
        with ui.element("div").classes("eh-tiles"):
            self.waiting = Tile(visit, "edge_waiting", "outbox", "/edge")
            self.oldest = Tile(visit, "edge_oldest", "hourglass_bottom", "/edge")
            self.bus = Tile(visit, "edge_bus", "lan", "/edge")
            self.disk = Tile(visit, "edge_disk", "storage", "/edge")
            self.quarantine = Tile(visit, "quarantine", "inventory_2", "/quarantine")
        self._meter()
        with ui.element("div").classes("eh-panels"):
            self.devices = self._panel("edge_devices")
            self.unsendable = self._panel("edge_unsendable")

    def _meter(self) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-meter").props(f'role=img aria-label="{say("edge.meter")}"'):
            self._fill = ui.element("div").classes("eh-meter-fill")
            for mark in MARKS:
                told = ui.label(f"{mark:.0%}".replace("%", " %")).classes("eh-meter-mark")
                told.style(f"left:{mark:.0%}")
        ui.label(say("edge.marks")).classes("eh-faint")

    def _panel(self, name: str) -> ui.element:
        with ui.element("section").classes("eh-panel"):
            with ui.element("div").classes("eh-panel-head"):
                ui.label(self.visit.say(f"tile.{name}")).props("role=heading aria-level=2")
            return ui.element("div").classes("eh-list")

    async def tick(self) -> None:
        """Renew all; an edge that does not answer is unknown, whatever it said before."""
        board = self.visit.board
        told, devices = await board.edge.get(), await board.edge_devices.get()
        if told.fault or not told.value:
            self._unknown()
        else:
            self._show(told.value)
        away = told.fault or devices.fault
        self._list("devices", self.devices, devices.value, lambda row: self._device(row, away=away), away)
        self._list("unsendable", self.unsendable, (await board.unsendable.get()).value, self._row, False)

    def _unknown(self) -> None:
        for tile in (self.waiting, self.oldest, self.bus, self.disk, self.quarantine):
            tile.show("unknown", "?", self.visit.say("edge.away"))

    def _show(self, told: dict[str, Any]) -> None:
        say, now_ms = self.visit.say, self.visit.deck.now_ms()
        spool, oldest = told["spool"], told["oldest_waiting_ms"]
        counts = {name: say.count(spool[name]) for name in ("spooled", "receipted", "skipped")}
        condition = waiting_condition(oldest, now_ms)
        self.waiting.show(condition, say.count(spool["waiting"]), say("edge.counts", **counts))
        age = "—" if oldest is None else say.age(oldest, now_ms)
        self.oldest.show(condition, age, say("edge.none_waits") if oldest is None else say.moment(oldest))
        self._show_bus(told["bus"])
        used, quota = spool["used_bytes"] / _MEGABYTE, spool["quota_bytes"] / _MEGABYTE
        sub = (
            say("edge.disk_full")
            if spool["full"]
            else say("edge.disk_sub", used=say.decimal(used), quota=say.decimal(quota, 0))
        )
        share = f"{say.decimal(spool['share'] * 100)} %"
        self.disk.show(disk_condition(spool["share"], full=spool["full"]), share, sub)
        self._fill.style(f"width:{min(spool['share'], 1.0) * 100:.2f}%")
        count = told["quarantined"]
        sub = say("tile.quarantine_sub" if count else "tile.quarantine_none")
        self.quarantine.show("warn" if count else "ok", say.count(count), sub)

    def _show_bus(self, bus: dict[str, Any]) -> None:
        say, since_ms = self.visit.say, bus["since_ms"] or None
        since = say("edge.since", moment=say.moment(since_ms)) if since_ms else say("edge.since_start")
        if not bus["connected"]:
            self.bus.show("warn", say("edge.cut"), since)
        elif not bus["hub_online"]:
            self.bus.show("warn", say("edge.no_hub"), since)
        else:
            self.bus.show("ok", say("edge.connected"), since)

    def _list(
        self, name: str, box: ui.element, rows: Sequence[Row], draw: Callable[[Row], None], away: bool
    ) -> None:
        drawn = (list(rows), away, self.visit.deck.now_ms() // 10_000)
        if self._drawn.get(name) == drawn:
            return
        self._drawn[name] = drawn
        box.clear()
        with box:
            for row in rows:
                draw(row)
            if not rows:
                ui.label(self.visit.say(f"edge.no_{name}")).classes("eh-empty")

    def _device(self, row: Row, *, away: bool) -> None:
        say = self.visit.say
        condition = device_condition(row, hub_up=not away)
        state = say.named("device", row["state"] if condition != "unknown" else "UNKNOWN")
        messages = row["messages"]
        with ui.element("div").classes("eh-row"):
            with ui.element("div"):
                ui.label(row["id"]).classes("eh-strong eh-clip")
                counted = {name: say.count(messages[name]) for name in ("received", "identical", "repeated")}
                ui.label(say("edge.messages", **counted)).classes("eh-faint")
            ui.label(self.visit.site_name(row["site"])).classes("eh-faint eh-clip")
            chip = ui.label(f"{SIGNS[condition]} {state}").classes(f"eh-chip eh-is-{condition}")
            chip.tooltip(say.reason(row["reason"]))
            ui.label(say.age(ms_of(row["last_message"]), self.visit.deck.now_ms())).classes("eh-age")

    def _row(self, row: Row) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-row"):
            ui.label(self.visit.device_name(row["device"])).classes("eh-strong eh-clip")
            ui.label(f"{row['type']} · {row['epoch']}/{row['seq']}").classes("eh-code")
            ui.label(say("quarantine.bytes", bytes=say.count(row["bytes"]))).classes("eh-faint")
            ui.label(say.age(ms_of(row["received"]), self.visit.deck.now_ms())).classes("eh-age")


class Elsewhere:
    """Edges apart from this hub, each with the address of its own console: people go there, we never do."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._drawn: list[Row] | None = None
        with ui.element("section").classes("eh-panel eh-edges"):
            with ui.element("div").classes("eh-panel-head"):
                ui.label(visit.say("edge.elsewhere")).props("role=heading aria-level=2")
            self._box = ui.element("div").classes("eh-list")
        ui.label(visit.say("edge.elsewhere_note")).classes("eh-note")

    async def tick(self) -> None:
        """Draw again when an edge came, or its receipts moved."""
        rows = (await self.visit.board.edges.get()).value
        if rows == self._drawn:
            return
        self._drawn = rows
        self._box.clear()
        with self._box:
            for row in rows:
                self._edge(row)
            if not rows:
                ui.label(self.visit.say("edge.no_edges")).classes("eh-empty")

    def _edge(self, row: Row) -> None:
        say = self.visit.say
        with ui.element("div").classes("eh-row"):
            ui.label(row["id"]).classes("eh-strong eh-clip")
            if row["url"]:
                link = ui.link(row["url"], row["url"], new_tab=True).classes("eh-clip eh-address")
                link.props('rel="noopener noreferrer"')
            else:
                ui.label(say("edge.no_address")).classes("eh-faint")
            ui.label(say("edge.stored", count=say.count(row["stored"]))).classes("eh-age")


def build(visit: Visit) -> Tick:
    parts: list[Here | Elsewhere] = [Here(visit)] if visit.deck.edge else []
    if visit.deck.store is not None:
        parts.append(Elsewhere(visit))

    async def tick() -> None:
        for part in parts:
            await part.tick()

    return tick


PAGE = ConsolePage("/edge", "edge", 50, "router", build, at=EVERYWHERE)
