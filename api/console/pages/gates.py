"""Gates: who is inside, what was decided lately and why, how each gate stands; alerts are loud here."""

from nicegui import ui

from api.console.condition import device_condition
from api.console.gate_alert_panel import AlertPanel
from api.console.gate_board import LiveGates
from api.console.gate_cards import GateCard, ZoneCard
from api.console.gate_dialogs import GateDialogs
from api.console.gate_scans import LastScans
from api.console.gate_words import in_order
from api.console.visit import ConsolePage, Tick, Visit
from api.gates import is_gate
from api.settings import EVERYWHERE
from hub.events import format_time
from storage.contract import Row

MOST_KEPT = 50


class GatesPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.has_store = visit.deck.store is not None
        say = visit.say
        dialogs = GateDialogs(visit)
        acts = visit.who.may("operator")
        self._screens = {told["id"] for told in visit.deck.settings.devices} if visit.deck.screens else set()
        self._open_gate = dialogs.open_gate if acts else None
        self._set_count = dialogs.set_count if acts and self.has_store else None
        self._zones: dict[str, ZoneCard] = {}
        self._gates: dict[str, GateCard] = {}
        self._lately: dict[str, Row] = {}
        self.alerts = AlertPanel(visit)
        if self.has_store:
            ui.label(say("gate.zones")).classes("eh-subtitle").props("role=heading aria-level=2")
            self._zone_box = ui.element("div").classes("eh-cards")
            self._no_zones = ui.label(say("gate.no_zones")).classes("eh-empty")
        ui.label(say("gate.gates")).classes("eh-subtitle").props("role=heading aria-level=2")
        self._gate_box = ui.element("div").classes("eh-cards eh-gates")
        self._no_gates = ui.label(say("gate.no_gates")).classes("eh-empty")
        self.scans = LastScans(visit, since_opened=not self.has_store)

    async def tick(self) -> None:
        board = self.visit.board
        live = await board.gates.live.get()
        scans = await board.gates.scans.get()
        self.alerts.tick(LiveGates() if live.fault else live.value, [] if scans.fault else scans.value)
        if self.has_store:
            zones = await board.gates.zones.get()
            self._show_zones(zones.value, fault=zones.fault)
        await self._show_gates(live.value, away=live.fault)
        if self.has_store:
            self.scans.show(scans.value, fault=scans.fault)
        else:
            self.scans.show(self._seen_lately(live.value), fault=live.fault)

    def _show_zones(self, rows: list[Row], *, fault: bool) -> None:
        for row in rows:
            if row["id"] not in self._zones:
                with self._zone_box:
                    self._zones[row["id"]] = ZoneCard(self.visit, row, self._set_count)
            self._zones[row["id"]].show(row, fault=fault)
        self._no_zones.set_visibility(not rows)

    async def _show_gates(self, live: LiveGates, *, away: bool) -> None:
        health, fleet = await self.visit.board.health.get(), await self.visit.board.fleet.get()
        rows = in_order([row for row in fleet.value if is_gate(row)])
        for row in rows:
            name = str(row["id"])
            here = live.gates.get(name)
            if name not in self._gates:
                with self._gate_box:
                    self._gates[name] = GateCard(
                        self.visit, row, self._open_gate, screen=name in self._screens
                    )
            known = not health.fault and not (away and name in self._screens)
            now = row | (here or {})
            self._gates[name].show(now, device_condition(now, hub_up=known))
        self._no_gates.set_visibility(not rows)

    def _seen_lately(self, live: LiveGates) -> list[Row]:
        """At an edge alone: what came while this page was open, without a name."""
        for told in live.items:
            key = f"{told['device']}-{told['at_ms']}"
            kept = {name: told[name] for name in ("device", "decision", "reason", "remarks", "took_ms")}
            self._lately[key] = {"id": key, "time": format_time(told["at_ms"]), **kept}
        for key in list(self._lately)[:-MOST_KEPT]:
            del self._lately[key]
        return sorted(self._lately.values(), key=lambda row: str(row["time"]), reverse=True)


def build(visit: Visit) -> Tick:
    return GatesPage(visit).tick


PAGE = ConsolePage("/gates", "gates", 45, "qr_code_scanner", build, at=EVERYWHERE)
