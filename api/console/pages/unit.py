"""One unit of the cold chain: its sections, each of its own folder's making."""

import re

from nicegui import ui

from api.console.unit_section import UnitSection, find_sections
from api.console.visit import ConsolePage, Tick, Visit
from hub.errors import StoreUnavailable

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


class Framed:
    """A section in its frame; what cannot be read is said, not left as it was."""

    def __init__(self, visit: Visit, section: UnitSection, device: str) -> None:
        with ui.element("section").classes(f"eh-panel eh-unit-section eh-unit-{section.name}"):
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
        if not _ID.match(self._device):
            ui.label(visit.say("unit.no_such")).classes("eh-why eh-strong").props("role=status")
            return
        self._build()

    def _build(self) -> None:
        visit = self.visit
        ui.label(self._device).props("role=heading aria-level=2").classes("eh-unit-name")
        with ui.element("div").classes("eh-unit-sections"):
            for section in find_sections():
                if visit.who.may(section.role):
                    self._framed.append(Framed(visit, section, self._device))

    async def tick(self) -> None:
        """Renew each section."""
        for framed in self._framed:
            await framed.tick()


def build(visit: Visit) -> Tick:
    return UnitPage(visit).tick


PAGE = ConsolePage("/cold-chain/{device}", "unit", 41, "thermostat", build, under="/cold-chain")
