"""What people do about a camera, audited: judge it now, log in again, take its picture as the reference."""

from collections.abc import Awaitable, Callable
from typing import Literal

from nicegui import ui

from api.console.alarm_dialog import AlarmDialog
from api.console.camera_words import Standing
from api.console.form_dialog import form_dialog
from api.console.visit import Visit
from api.console.wording import Wording
from api.problems import Problem
from storage.contract import Row

Action = Literal["check", "reference", "login"]
ICONS = {"check": "policy", "reference": "compare", "login": "vpn_key"}
# Problems of the API that have words of their own here; every other one is said in general words.
FAULTS = {
    "audit.unavailable": "audit",
    "edge.away": "away",
    "edge.no_answer": "away",
    "edge.too_late": "away",
    "hub.away": "away",
}
MAINTENANCE_MINUTES = 120
LOGIN_FAULTS = frozenset({"unauthorized", "locked_out", "forbidden"})


def fault_words(say: Wording, outcome: str, reason: str) -> str:
    """Why a command was not done; empty when it was."""
    if outcome == "done":
        return ""
    if outcome in ("refused", "failed"):
        return say("camera.fault_refused", reason=say.reason(reason) or reason)
    return say("camera.fault_away")


def problem_words(say: Wording, problem: Problem) -> str:
    return say(f"camera.fault_{FAULTS.get(problem.code, 'other')}")


class CameraActs:
    """The buttons of one camera's page; made for operators only."""

    def __init__(self, visit: Visit, name: str, site: str, done: Callable[[], Awaitable[None]]) -> None:
        self.visit = visit
        self._name = name
        self._site = site
        self._dialog, self._card = form_dialog()
        self._service = AlarmDialog(visit, done)
        self._resting = False
        with ui.element("div").classes("eh-cam-acts"):
            self._check = self._button("check", lambda: self._send("check", self._check))
            self._login = self._button("login", lambda: self._send("login", self._login))
            self._reference = self._button("reference", self._ask_reference)
            self._rest = ui.button(icon="engineering", on_click=self._ask_service)
            self._rest.props("outline dense no-caps")
        self._told = ui.label().classes("eh-told").props("role=status")
        self._wrong = ui.label().classes("eh-wrong").props("role=alert")

    def show(self, told: Standing, row: Row, *, resting: bool, pictures: bool) -> None:
        """``pictures``: of this camera some are kept here."""
        self._resting = resting
        text = "put_back" if resting else "take_out"
        self._rest.set_text(self.visit.say(f"camera.{text}"))
        self._rest.set_visibility(self.visit.deck.store is not None)
        self._login.set_visibility(told.reason in LOGIN_FAULTS)
        self._reference.set_visibility(pictures and row.get("mode") != "options")

    def _button(self, action: Action, act: Callable[[], Awaitable[None] | None]) -> ui.button:
        button = ui.button(self.visit.say(f"camera.{action}"), icon=ICONS[action], on_click=act)
        return button.props("outline dense no-caps")

    def _ask_service(self) -> None:
        camera = {"id": self._name, "site": self._site, "minutes": MAINTENANCE_MINUTES}
        if self._resting:
            self._service.ask("put_back", camera, "resume")
        else:
            self._service.ask("take_out", camera, "maintain")

    def _ask_reference(self) -> None:
        say = self.visit.say
        self._card.clear()
        with self._card:
            title = ui.label(say("camera.accept_title", name=self._name)).classes("eh-strong")
            title.props("role=heading aria-level=2")
            ui.label(say("camera.accept_sure")).classes("eh-faint")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.cancel"), on_click=self._dialog.close).props("flat no-caps autofocus")
                sure = ui.button(say("camera.accept_act")).props("unelevated no-caps")

        async def accepted() -> None:
            self._dialog.close()
            await self._send("reference", sure)

        sure.on_click(accepted)
        self._dialog.open()

    async def _send(self, action: Action, button: ui.button) -> None:
        """As POST cameras/{device}/{action}."""
        self._told.set_text("")
        self._wrong.set_text("")
        button.disable()
        wrong = await self._asked(action)
        button.enable()
        self._wrong.set_text(wrong)
        self._told.set_text("" if wrong else self.visit.say(f"camera.{action}_done"))

    async def _asked(self, action: Action) -> str:
        deck, who, say = self.visit.deck, self.visit.who, self.visit.say
        if not who.may("operator"):
            return say("camera.fault_role")
        by_hub = deck.settings.has_hub or deck.edge is None
        try:
            if by_hub:
                told = await deck.hub.ask_camera(self._name, action, who.id)
            else:
                told = await deck.edge.ask_camera(self._name, action, who.id)  # type: ignore[union-attr]
        except Problem as problem:
            return problem_words(say, problem)
        return fault_words(say, told["outcome"], told["reason"])
