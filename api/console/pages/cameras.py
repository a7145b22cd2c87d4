"""Cameras: the wall. Which pictures can be trusted, the worst first; nothing old looks live."""

import json
from typing import Any

from nicegui import ui

from api.console.alarm_dialog import AlarmDialog
from api.console.camera_acts import MAINTENANCE_MINUTES
from api.console.camera_wall import (
    Camera,
    Changes,
    Wanted,
    arranged,
    counted,
    narrowed,
    script_words,
    stand,
    tile,
)
from api.console.condition import ORDER, SIGNS, Condition
from api.console.visit import ConsolePage, Tick, Visit
from api.settings import EVERYWHERE

SCRIPTS = ("camera_pictures", "camera_wall")


class CameraWallPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._changes = Changes()
        self._began = False
        self._chosen: set[Condition] = set()
        self._chips: dict[Condition, Any] = {}
        for script in SCRIPTS:
            ui.add_head_html(f'<script src="/console/{script}.js"></script>')
        self._service = AlarmDialog(visit, self._entered)
        self._of_site: list[Camera] = []
        self._resting: frozenset[str] = frozenset()
        self._tools()
        self._unknown = ui.label().classes("eh-why eh-strong").props("role=status")
        ui.element("div").props("id=camera-lost role=alert").classes("eh-cam-lost")
        ui.element("div").props("id=camera-order role=status").classes("eh-cam-ordering")
        wall = ui.element("div").props("id=camera-wall").classes("eh-wall")
        wall.props(f'aria-label="{visit.say("camera.wall")}" role=region')
        self._none = ui.label(visit.say("camera.none")).classes("eh-empty")
        ui.label(visit.say("camera.keys")).classes("eh-faint eh-cam-keys")

    def _tools(self) -> None:
        say, visit = self.visit.say, self.visit
        sites = {"": say("app.all")}
        sites |= {str(site["id"]): visit.site_name(site["id"]) for site in visit.deck.settings.sites}
        with ui.element("div").classes("eh-tools eh-cam-tools"):
            chips = ui.element("div").classes("eh-chips")
            with chips.props(f'role=group aria-label="{say("camera.by_state")}"'):
                for condition in ORDER:
                    self._chip(condition)
            self._site = ui.select(sites, value="", label=say("device.site"))
            self._site.props("dense outlined options-dense").classes("eh-choice")
            self._words = ui.input(placeholder=say("camera.search")).classes("eh-cam-search")
            self._words.props(f'dense outlined clearable debounce=200 aria-label="{say("camera.search")}"')
            self._by_site = ui.switch(say("camera.by_site"), value=True)
            self._rest = ui.button(icon="engineering", on_click=self._ask_service)
            self._rest.props("outline dense no-caps").set_visibility(False)
            for choice in (self._site, self._words, self._by_site):
                choice.on_value_change(self._again)

    def _chip(self, condition: Condition) -> None:
        chip = ui.button(on_click=lambda: self._choose(condition), color=None)
        chip.props("flat dense no-caps aria-pressed=false")
        self._chips[condition] = chip.classes(f"eh-cam-chip eh-is-{condition}")

    async def _choose(self, condition: Condition) -> None:
        self._chosen ^= {condition}
        pressed = condition in self._chosen
        self._chips[condition].props(f"aria-pressed={'true' if pressed else 'false'}")
        await self._again()

    async def _entered(self) -> None:
        self.visit.board.alarm_desk.changed()
        await self.tick()

    async def _again(self) -> None:
        """What somebody chose is shown at once, in its order."""
        await self._show(at_once=True)

    def _ask_service(self) -> None:
        """Maintenance of all cameras of the chosen site begins, or ends."""
        named = {"site": str(self._site.value), "devices": [camera.name for camera in self._of_site]}
        if self._all_rest():
            self._service.ask("put_back", named, "resume_site")
        else:
            self._service.ask("take_out", named | {"minutes": MAINTENANCE_MINUTES}, "maintain_site")

    def _all_rest(self) -> bool:
        return all(camera.name in self._resting for camera in self._of_site)

    def _show_service(self, cameras: list[Camera], resting: frozenset[str]) -> None:
        """Only of a chosen site, and where a ledger takes it."""
        visit, site = self.visit, str(self._site.value or "")
        self._of_site = [camera for camera in cameras if site and camera.site == site]
        self._resting = resting
        acts = visit.deck.store is not None and visit.who.may("operator")
        self._rest.set_visibility(bool(self._of_site) and acts)
        self._rest.set_text(visit.say(f"camera.{'put_back' if self._all_rest() else 'take_out'}_site"))

    async def tick(self) -> None:
        if not self._began:
            self._began = True
            ui.run_javascript(f"CameraWall.begin({_as_script(script_words(self.visit.say))})")
        self.visit.stay_signed_in()
        await self._show(at_once=False)

    async def _show(self, *, at_once: bool) -> None:
        visit, board, now_ms = self.visit, self.visit.board, self.visit.deck.now_ms()
        seen, away = await board.cameras.rows.get(), (await board.health.get()).fault
        here = visit.deck.edge is None or not (await board.edge.get()).fault
        resting = (await board.alarm_desk.get()).value.resting
        known = not (seen.fault or away)
        cameras = stand(visit, seen.value, known=known, here=here, resting=resting)
        wanted = Wanted(str(self._site.value or ""), str(self._words.value or ""), frozenset(self._chosen))
        by_site = bool(self._by_site.value)
        self._show_service(cameras, resting)
        groups = arranged(visit, narrowed(visit, cameras, wanted), by_site=by_site)
        told = self._changes.take([tile(visit, camera, now_ms) for camera in cameras], groups)
        ui.run_javascript(f"CameraWall.tell({_as_script(told | {'now': now_ms, 'at_once': at_once})})")
        for condition, count in counted(cameras).items():
            name = visit.say(f"camera.count_{condition}")
            self._chips[condition].set_text(f"{SIGNS[condition]} {visit.say.count(count)} {name}")
        self._none.set_visibility(not groups)
        self._none.set_text(visit.say("camera.none_chosen" if cameras else "camera.none"))
        why = "store" if seen.fault else ("hub" if visit.deck.store else "edge") if away else ""
        self._unknown.set_text(visit.say(f"camera.unknown_{why}") if why else "")
        self._unknown.set_visibility(bool(why))


def _as_script(told: object) -> str:
    """JSON that may stand in a script."""
    return json.dumps(told, ensure_ascii=True).replace("<", "\\u003c")


def build(visit: Visit) -> Tick:
    return CameraWallPage(visit).tick


PAGE = ConsolePage("/cameras", "cameras", 43, "videocam", build, at=EVERYWHERE)
