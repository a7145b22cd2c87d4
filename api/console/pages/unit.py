"""One unit of the cold chain: its sections, each of its own folder's making."""

import re

from nicegui import ui

from api.console.unit_section import UnitSection, find_sections
from api.console.visit import ConsolePage, Tick, Visit
from api.vaccine_probe import temperatures
from hub.errors import StoreUnavailable
from storage.contract import Row

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


class Framed:
    """A section in its frame; what cannot be read is said, not left as it was."""

    def __init__(self, visit: Visit, section: UnitSection, device: str) -> None:
        wide = " eh-unit-wide" if section.wide else ""
        with ui.element("section").classes(f"eh-panel eh-unit-section eh-unit-{section.name}{wide}"):
            ui.label(visit.say(f"section.{section.name}")).props("role=heading aria-level=2").classes(
                "eh-strong"
            )
            self._unknown = ui.label(visit.say("section.unknown")).classes("eh-why eh-strong")
            self._unknown.props("role=status").set_visibility(False)
            with ui.element("div").classes("eh-unit-body") as self._body:
                self._tick = section.build(visit, device)

    async def tick(self) -> None:
        try:
            await self._tick()
        except StoreUnavailable:
            self._show(known=False)
        else:
            self._show(known=True)

    def _show(self, *, known: bool) -> None:
        self._unknown.set_visibility(not known)
        self._body.set_visibility(known)


class UnitPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._device = visit.path.rpartition("/")[2]
        ui.link(visit.say("unit.back"), "/cold-chain").classes("eh-strong")
        self._framed: list[Framed] = []
        self._none = ui.label(visit.say("unit.no_such")).classes("eh-why eh-strong").props("role=status")
        self._none.set_visibility(False)
        self._box = ui.element("div")

    async def tick(self) -> None:
        """Renew each section; they are built when the unit is known."""
        if not self._framed:
            unit = await self._find()
            self._none.set_visibility(unit is None)
            if unit is None:
                return
            with self._box:
                self._build(unit)
        for framed in self._framed:
            await framed.tick()

    async def _find(self) -> Row | None:
        """The device, if it is a unit: one that tells a temperature, or should."""
        board = self.visit.board
        if not _ID.match(self._device):
            return None
        known = {row["id"]: row for row in (await board.fleet.get()).value}
        device = known.get(self._device)
        mine = [row for row in (await board.latest.get()).value if row["device"] == self._device]
        if temperatures(mine):
            return device or {"id": self._device, "site": mine[0]["site"]}
        return device if device and str(device.get("kind") or "").startswith("cold_") else None

    def _build(self, unit: Row) -> None:
        visit = self.visit
        with ui.element("div").classes("eh-unit-name"):
            ui.label(self._device).props("role=heading aria-level=2")
            told = (visit.site_name(unit.get("site")), str(unit.get("profile") or ""))
            ui.label(" · ".join(part for part in told if part)).classes("eh-faint")
        with ui.element("div").classes("eh-unit-sections"):
            for section in find_sections():
                if visit.who.may(section.role):
                    self._framed.append(Framed(visit, section, self._device))


def build(visit: Visit) -> Tick:
    return UnitPage(visit).tick


PAGE = ConsolePage("/cold-chain/{device}", "unit", 41, "thermostat", build, under="/cold-chain")
