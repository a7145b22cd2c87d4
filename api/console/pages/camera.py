"""One camera: can its picture be trusted, why not, since when, and what can be done about it."""

import re

from nicegui import ui

from api.console.camera_acts import CameraActs
from api.console.camera_history import CameraHistory
from api.console.camera_shots import CameraShots
from api.console.camera_wall import stand
from api.console.camera_words import Standing, figures, measured, scores, sentence, state_word
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import ms_of
from api.settings import EVERYWHERE
from hub.errors import StoreUnavailable
from storage.cameras import UP
from storage.contract import Row

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


class CameraPage:
    """The page of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._name = visit.path.rpartition("/")[2]
        self._built = False
        self._drawn: object = None
        ui.link(visit.say("camera.back"), "/cameras").classes("eh-strong")
        self._none = ui.label(visit.say("camera.no_such")).classes("eh-why eh-strong").props("role=status")
        self._none.set_visibility(False)
        ui.element("div").props("id=camera-lost role=alert").classes("eh-cam-lost")
        self._box = ui.element("div")

    async def tick(self) -> None:
        """Renew everything; it is built when the camera is known."""
        self.visit.stay_signed_in()
        board = self.visit.board
        seen, away = await board.cameras.rows.get(), (await board.health.get()).fault
        row = next((each for each in seen.value if each["id"] == self._name), None)
        if row is None or not _ID.match(self._name):
            self._none.set_visibility(not self._built)
            return
        if not self._built:
            self._built = True
            self._none.set_visibility(False)
            with self._box:
                self._build(row)
        here = self.visit.deck.edge is None or not (await board.edge.get()).fault
        resting = (await board.alarm_desk.get()).value.resting
        known = not (seen.fault or away)
        (camera,) = stand(self.visit, [row], known=known, here=here, resting=resting)
        await self._show(row, camera.told, resting=self._name in resting)

    async def _entered(self) -> None:
        self.visit.board.alarm_desk.changed()
        await self.tick()

    def _build(self, row: Row) -> None:
        visit, say = self.visit, self.visit.say
        with ui.element("div").classes("eh-cam-head"):
            ui.label(self._name).props("role=heading aria-level=2").classes("eh-unit-name")
            ui.label(visit.site_name(row.get("site"))).classes("eh-faint")
            self._mark = ui.label().classes("eh-mark")
            self._why = ui.label().classes("eh-strong").props("role=status")
        self._learning = ui.label(say("camera.learning")).classes("eh-faint eh-cam-learning")
        with ui.element("div").classes("eh-unit-sections"):
            with self._panel("pictures", wide=True):
                self._shots = CameraShots(visit, self._name)
            self._acts: CameraActs | None = None
            if visit.who.may("operator"):
                with self._panel("acts", wide=True):
                    self._acts = CameraActs(visit, self._name, str(row.get("site") or ""), self._entered)
            with self._panel("figures"):
                self._measured = ui.label().classes("eh-faint eh-cam-measured")
                self._figures = ui.element("dl").classes("eh-cam-figures")
            with self._panel("faults"):
                self._scores = ui.element("div").classes("eh-cam-scores")
                ui.label(say("camera.scores_note")).classes("eh-faint")
            with self._panel("timeline", wide=True):
                self._unknown = ui.label(say("section.unknown")).classes("eh-why eh-strong")
                self._unknown.props("role=status").set_visibility(False)
                self._history = CameraHistory(visit, self._name) if visit.deck.store else None
                if self._history is None:
                    ui.label(say("camera.no_hub_here")).classes("eh-faint")

    def _panel(self, name: str, *, wide: bool = False) -> ui.element:
        wider = " eh-unit-wide" if wide else ""
        panel = ui.element("section").classes(f"eh-panel eh-unit-section eh-cam-panel-{name}{wider}")
        with panel:
            title = ui.label(self.visit.say(f"camera.{name}")).classes("eh-strong")
            title.props("role=heading aria-level=2")
        return panel

    async def _show(self, row: Row, told: Standing, *, resting: bool) -> None:
        say, now_ms = self.visit.say, self.visit.deck.now_ms()
        self._mark.classes(replace=f"eh-mark eh-is-{told.condition}")
        self._mark.set_text(f"{told.sign} {state_word(say, told)}")
        self._why.set_text(sentence(say, told, now_ms))
        self._learning.set_visibility(bool(row.get("learning")))
        pictures = await self._shots.show(row, told)
        if self._acts is not None:
            self._acts.show(told, row, resting=resting, pictures=pictures)
        self._show_figures(row, now_ms)
        if self._history is not None:
            try:
                await self._history.tick()
            except StoreUnavailable:
                self._unknown.set_visibility(True)
            else:
                self._unknown.set_visibility(False)

    def _show_figures(self, row: Row, now_ms: int) -> None:
        say = self.visit.say
        self._measured.set_text(measured(say, row, now_ms))
        last = say.age(ms_of(row.get("last_frame")), now_ms)
        seen = row.get("state") in UP
        drawn = ([*figures(say, row), ("last_frame", last)], scores(row) if seen else [], seen)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._figures.clear()
        with self._figures:
            for name, value in drawn[0]:
                with ui.element("div"):
                    with ui.element("dt"):
                        ui.label(say(f"camera.{name}"))
                    with ui.element("dd"):
                        ui.label(value)
        self._draw_scores(drawn[1], seen=seen)

    def _draw_scores(self, told: list[tuple[str, float, bool]], *, seen: bool) -> None:
        """Those of a picture that is gone say nothing of the camera now."""
        say = self.visit.say
        self._scores.clear()
        with self._scores:
            if not told:
                ui.label(say("camera.no_scores" if seen else "camera.no_picture")).classes("eh-faint")
            for fault, score, stands in told:
                condition = "bad" if stands else "warn" if score >= 1 else "ok"
                with ui.element("div").classes(f"eh-cam-score eh-is-{condition}"):
                    ui.label(say.reason(fault))
                    with ui.element("div").classes("eh-cam-bar").props("aria-hidden=true"):
                        ui.element("div").style(f"width:{min(score, 2) * 50:.0f}%")
                    ui.label(say.decimal(score, 2)).classes("eh-age")
                    ui.label(say("camera.standing") if stands else "").classes("eh-strong")


def build(visit: Visit) -> Tick:
    return CameraPage(visit).tick


PAGE = ConsolePage("/cameras/{device}", "camera", 44, "videocam", build, at=EVERYWHERE, under="/cameras")
