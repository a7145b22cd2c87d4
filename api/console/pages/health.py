"""Health: every part of what stands behind this console, how it is, why, since when; the store's figures."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from api.console.condition import ORDER, SIGNS, Condition
from api.console.part_reasons import part_reason
from api.console.shell import HEALTH
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.settings import EVERYWHERE
from storage.contract import Figures

_MEGABYTE = 1024 * 1024


def part_condition(part: Mapping[str, Any], *, away: bool) -> Condition:
    """What was said before the process went away is history: unknown."""
    return "unknown" if away else HEALTH.get(str(part["state"]), "unknown")


class HealthPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._drawn: dict[str, object] = {}
        with ui.element("div").classes("eh-panels"):
            self._parts = self._panel("parts")
            self._store = self._panel("store") if visit.deck.store is not None else None
        ui.label(visit.say("health.note")).classes("eh-note")

    def _panel(self, name: str) -> ui.element:
        with ui.element("section").classes("eh-panel"):
            with ui.element("div").classes("eh-panel-head"):
                ui.label(self.visit.say(f"health.{name}")).props("role=heading aria-level=2")
            return ui.element("div").classes("eh-list")

    async def tick(self) -> None:
        """Draw again what changed; ages each ten seconds."""
        board = self.visit.board
        health, store = await board.health.get(), await board.store.get()
        self._show_parts(health.value.components, away=health.fault)
        if self._store is not None:
            self._show_store(self._store, store.value, fault=store.fault)

    def _show_parts(self, parts: Mapping[str, Mapping[str, Any]], *, away: bool) -> None:
        rows = sorted(parts.items(), key=lambda part: (ORDER[part_condition(part[1], away=away)], part[0]))
        if not self._changed("parts", (rows, away)):
            return
        self._parts.clear()
        with self._parts:
            for name, part in rows:
                self._part(name, part, away=away)
            if not rows:
                ui.label(self.visit.say("app.no_rows")).classes("eh-empty")

    def _part(self, name: str, part: Mapping[str, Any], *, away: bool) -> None:
        say, condition = self.visit.say, part_condition(part, away=away)
        since_ms = ms_of(part.get("since"))
        lag_ms = part.get("loop_lag_ms")
        lag = say("health.lag", ms=say.count(lag_ms)) if lag_ms is not None else ""
        told = " · ".join(each for each in (part_reason(say, str(part["reason"])), lag) if each)
        with ui.element("div").classes("eh-row eh-part"):
            ui.label(say.named("part", name)).classes("eh-strong")
            ui.label(told).classes("eh-faint")
            word = say(f"state.{condition}")
            ui.label(f"{SIGNS[condition]} {word}").classes(f"eh-chip eh-is-{condition}")
            since = say("edge.since", moment=say.moment(since_ms)) if since_ms else ""
            ui.label(since).classes("eh-age")

    def _show_store(self, box: ui.element, figures: Figures | None, *, fault: bool) -> None:
        if not self._changed("store", (figures, fault)):
            return
        say = self.visit.say
        box.clear()
        with box:
            if fault or figures is None:
                ui.label(f"{SIGNS['unknown']} {say('state.unknown')}").classes("eh-empty")
                return
            counted = ("events", "results", "readings", "poison", "last_number", "schema")
            for name in counted:
                self._figure(name, say.count(getattr(figures, name)))
            self._figure("bytes", f"{say.decimal(figures.bytes / _MEGABYTE)} MB")

    def _figure(self, name: str, value: str) -> None:
        with ui.element("div").classes("eh-row eh-figure"):
            ui.label(self.visit.say(f"store.{name}"))
            ui.label(value).classes("eh-strong")

    def _changed(self, name: str, shown: object) -> bool:
        now = (shown, self.visit.deck.now_ms() // 10_000)
        if self._drawn.get(name) == now:
            return False
        self._drawn[name] = now
        return True


def build(visit: Visit) -> Tick:
    return HealthPage(visit).tick


PAGE = ConsolePage("/health", "health", 90, "monitor_heart", build, at=EVERYWHERE)
