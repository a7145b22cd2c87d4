"""Pictures of one camera: what it sees beside what it should see, with their age; a look; the video."""

import json
from typing import Any
from urllib.parse import urlsplit

from nicegui import ui

from api.console.camera_wall import CHECK_SECONDS, picture_of, script_words
from api.console.camera_words import Standing
from api.console.form_dialog import form_dialog
from api.console.visit import Visit
from api.problems import Problem
from storage.contract import Row

KINDS = {"now": "latest", "reference": "reference", "event": "event"}
_STILL_SECONDS = 60.0
_LOOK_UP_MS = 5000


def web_address(text: object) -> str:
    """Where the video is, if that is a page of the web; empty for anything else, which may be a script."""
    try:
        parts = urlsplit(str(text or ""))
        host = parts.hostname
    except ValueError:
        return ""
    return str(text) if parts.scheme in ("http", "https") and host and not parts.username else ""


class CameraShots:
    """``name``: an id of ours, [a-z0-9_-]."""

    def __init__(self, visit: Visit, name: str) -> None:
        self.visit = visit
        self._name = name
        self._began = False
        self._large: list[ui.button] = []
        self._looked_up_ms = 0
        self._taken: dict[str, str] | None = None  # the newest of each kind; None: not known yet
        say = visit.say
        ui.add_head_html('<script src="/console/camera_pictures.js"></script>')
        self._dialog, self._card = form_dialog()
        with ui.element("div").classes("eh-cam-shots"):
            for kind in KINDS:
                with ui.element("figure").classes(f"eh-cam-figure eh-cam-figure-{kind}"):
                    with ui.element("figcaption").classes("eh-faint"):
                        ui.label(say(f"camera.picture_{kind}"))
                        self._enlarge(kind)
                    ui.element("div").props(f"id=camera-shot-{kind}").classes("eh-cam-shot")
        with ui.element("div").classes("eh-cam-acts"):
            self._look = ui.button(say("camera.look"), icon="play_circle", on_click=self._open_look)
            self._look.props("outline dense no-caps")
            self._link = ui.link(say("camera.link"), "", new_tab=True).props('rel="noopener noreferrer"')
            self._link.tooltip(say("camera.link_note")).classes("eh-strong")
            self._there = ui.link("", "", new_tab=True).props('rel="noopener noreferrer"')
            self._there.classes("eh-strong").set_visibility(False)

    def _enlarge(self, kind: str) -> None:
        say = self.visit.say
        name = f"{say('camera.enlarge')}: {say(f'camera.picture_{kind}')}"
        button = ui.button(icon="zoom_in", on_click=lambda: self._open_large(kind))
        self._large.append(button.props(f'flat dense round size=sm aria-label="{name}"').tooltip(name))

    async def show(self, row: Row, told: Standing) -> bool:
        """Whether pictures of it are kept here."""
        visit = self.visit
        why = picture_of(visit, row)
        address = web_address(row.get("link"))
        self._link.set_visibility(bool(address))
        if address:
            self._link.props["href"] = address
        for button in (self._look, *self._large):
            button.set_visibility(why == "yes")
        if why == "there":
            self._lead_there(str(row.get("edge") or ""))
        if not self._began:
            self._began = True
            ui.run_javascript(f"CameraPictures.begin({json.dumps(dict(script_words(visit.say)))})")
        if why == "yes":
            await self._look_up()
        boxes = {f"camera-shot-{kind}": self._box(kind, row, told, why) for kind in KINDS}
        ui.run_javascript(f"CameraPictures.show({json.dumps(boxes)})")
        return why == "yes"

    async def _look_up(self) -> None:
        """When which picture was taken; nothing is asked for that is not there."""
        now_ms, edge = self.visit.deck.now_ms(), self.visit.deck.edge
        if edge is None or now_ms - self._looked_up_ms < _LOOK_UP_MS:
            return
        self._looked_up_ms = now_ms
        try:
            kept = await edge.pictures(self._name)
        except Problem:
            return  # who asks for them hears why
        self._taken = {str(each["kind"]): str(each["time"]) for each in reversed(kept)}

    def _lead_there(self, edge: str) -> None:
        address = web_address(self.visit.deck.settings.url_of_edge(edge))
        self._there.set_text(self.visit.say("camera.at_edge", edge=edge))
        self._there.set_visibility(bool(address))
        if address:
            self._there.props["href"] = f"{address.rstrip('/')}/cameras/{self._name}"

    def _box(self, kind: str, row: Row, told: Standing, why: str) -> dict[str, Any]:
        every = float(row.get("check_seconds") or CHECK_SECONDS)
        still = kind != "now"
        query = f"?kind={KINDS[kind]}" if still else ""
        if why == "yes" and self._taken is not None and KINDS[kind] not in self._taken:
            why = "yet"
        return {
            "url": f"/api/v1/cameras/{self._name}/snapshot.jpg{query}",
            "every": _STILL_SECONDS if still else every,
            "still": still,
            "taken": (self._taken or {}).get(KINDS[kind], "") if still else "",
            "dead": told.condition == "unknown",
            "why": why,
            "yet": f"none_{kind}",
            "name": self._name,
        }

    def _open_large(self, kind: str) -> None:
        """One look, one audit row: what is seen large is not renewed."""
        say, box = self.visit.say, f"camera-large-{kind}"
        self._card.clear()
        with self._card:
            what = say(f"camera.picture_{kind}")
            title = ui.label(say("camera.enlarge_title", what=what, name=self._name)).classes("eh-strong")
            title.props("role=heading aria-level=2")
            ui.element("div").props(f"id={box}").classes("eh-cam-shot eh-cam-large")
            ui.label(say("camera.enlarge_note")).classes("eh-faint")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.close"), on_click=self._dialog.close).props("flat no-caps autofocus")
        self._dialog.open()
        told = {
            "url": f"/api/v1/cameras/{self._name}/snapshot.jpg?kind={KINDS[kind]}&size=full",
            "every": _STILL_SECONDS,
            "still": True,
            "once": True,
            "dead": False,
            "why": "yes",
            "yet": f"none_{kind}",
            "name": self._name,
        }
        ui.run_javascript(f"CameraPictures.open({json.dumps({box: told})})")

    def _open_look(self) -> None:
        say = self.visit.say
        self._card.clear()
        with self._card:
            title = ui.label(say("camera.look_title", name=self._name)).classes("eh-strong")
            title.props("role=heading aria-level=2")
            ended = ui.label().classes("eh-wrong").props("role=status")
            picture = ui.element("img").classes("eh-cam-look")
            picture.props(f'src="/api/v1/cameras/{self._name}/look.mjpg"')
            picture.props(f'alt="{say("camera.look_alt", name=self._name)}"')
            picture.on("error", lambda: ended.set_text(say("camera.look_ended")))
            ui.label(say("camera.look_note")).classes("eh-faint")
            with ui.element("div").classes("eh-dialog-acts"):
                ui.button(say("app.close"), on_click=self._dialog.close).props("flat no-caps autofocus")
        self._dialog.open()
