"""The dialog of a raw look: a reason and a vault key each time, then the bytes as text and as hex.

A session left open shows nothing: the key is asked for anew, and is not kept.
"""

from collections.abc import Callable

from nicegui import ui

from api.access import GRANTS
from api.console.visit import Visit
from api.edge.link import EdgeLink, Looker, RawLook
from api.edge.raw import MOST_SHOWN_BYTES, hex_dump, visible_text
from api.keys import Key
from api.problems import Problem
from hub.edge.audit import LONGEST_REASON

DRAWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp"})
TOLD = frozenset({"reason.missing", "audit.unavailable", "capture.unknown", "edge.away"})


class LookDialog:
    """One a page; ``ask`` opens it for a capture."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        with ui.dialog() as self._dialog, ui.card().classes("eh-dialog eh-dialog-wide") as self._card:
            pass
        self._dialog.on("hide", self._card.clear)  # what was shown is kept nowhere

    def ask(self, edge: str, capture: str, device: str) -> None:
        """The form where the bytes are here, the edge's address where they are not."""
        deck = self.visit.deck
        self._card.clear()
        with self._card:
            if deck.edge is not None and edge == deck.settings.edge:
                LookForm(self.visit, deck.edge, capture, device, self._dialog.close)
            else:
                self._elsewhere(edge)
        self._dialog.open()

    def _elsewhere(self, edge: str) -> None:
        say, url = self.visit.say, self.visit.deck.settings.url_of_edge(edge)
        ui.label(say("look.elsewhere", edge=edge)).classes("eh-strong")
        if url:
            ui.link(url, url, new_tab=True).props('rel="noopener noreferrer"').classes("eh-address")
            ui.label(say("look.elsewhere_hint")).classes("eh-faint")
        else:
            ui.label(say("look.elsewhere_unknown", edge=edge)).classes("eh-faint")
        _acts(say("app.close"), self._dialog.close)


class LookForm:
    """Reason and key; what they open takes the form's place in the element where it was made."""

    def __init__(
        self, visit: Visit, edge: EdgeLink, capture: str, device: str, cancel: Callable[[], object] | None
    ) -> None:
        self.visit, self.edge, self.capture, self._cancel = visit, edge, capture, cancel
        say = visit.say
        self._place = ui.element("div").classes("eh-look")
        with self._place:
            ui.label(say("look.title")).classes("eh-strong")
            ui.label(f"{visit.device_name(device)} · {capture}").classes("eh-code")
            ui.label(say("look.warning")).classes("eh-faint")
            self._reason = ui.input(say("look.reason")).props(f"dense outlined maxlength={LONGEST_REASON}")
            self._key = ui.input(say("look.key"), password=True)
            self._key.props('dense outlined maxlength=128 autocomplete="off"')
            self._wrong = ui.label().classes("eh-wrong").props("role=alert")
            with ui.element("div").classes("eh-dialog-acts"):
                if cancel is not None:
                    ui.button(say("app.cancel"), on_click=cancel).props("flat no-caps")
                shown = ui.button(say("look.show"), icon="visibility", on_click=self._show)
                shown.props("no-caps unelevated")

    async def _show(self) -> None:
        say = self.visit.say
        token, reason = str(self._key.value or "").strip(), str(self._reason.value or "")
        self._key.set_value("")
        key = self._vault_key(token)
        if key is None:
            self._wrong.set_text(say("look.no_key"))
            return
        session = "" if self.visit.who.local else self.visit.who.id
        try:
            seen = await self.edge.look(self.capture, reason, Looker(key.id, "console", session))
        except Problem as problem:
            code = problem.code if problem.code in TOLD else "edge.away"
            self._wrong.set_text(say(f"look.{code.replace('.', '_')}"))
            return
        self._place.clear()
        with self._place:
            _show_raw(self.visit, seen)
            if self._cancel is not None:
                _acts(say("app.close"), self._cancel)

    def _vault_key(self, token: str) -> Key | None:
        found = self.visit.deck.access.keys.find(token)
        return found if found is not None and "vault" in GRANTS[found.role] else None


def _show_raw(visit: Visit, seen: RawLook) -> None:
    say, shown = visit.say, seen.raw[:MOST_SHOWN_BYTES]
    ui.label(say("look.title")).classes("eh-strong")
    size = say("quarantine.bytes", bytes=say.count(seen.size))
    told = [seen.device, seen.origin, say.moment(seen.received_ms), size, say("look.noted")]
    ui.label(" · ".join(part for part in told if part)).classes("eh-faint")
    _show_pictures(visit, seen)
    with ui.tabs().props("dense no-caps align=left") as tabs:
        text, digits = ui.tab("text", say("look.text")), ui.tab("hex", say("look.hex"))
    with ui.tab_panels(tabs, value=text).classes("eh-raw-panels").props("animated=false"):
        with ui.tab_panel(text):
            ui.label(visible_text(shown)).classes("eh-raw")
        with ui.tab_panel(digits):
            ui.label(hex_dump(shown)).classes("eh-raw eh-raw-hex")
    if seen.size > len(shown):
        ui.label(say("look.cut", bytes=say.count(len(shown)))).classes("eh-faint")


def _show_pictures(visit: Visit, seen: RawLook) -> None:
    """What a browser can draw, as it is; of the others their name."""
    say = visit.say
    for picture in seen.pictures:
        told = say(
            "look.picture", place=picture["place"], kind=picture["kind"], bytes=say.count(picture["bytes"])
        )
        ui.label(f"{told} · {picture['sha256'][:16]}").classes("eh-faint")
        if picture["kind"] in DRAWN and picture["content"] is not None:
            drawn = ui.element("img").classes("eh-picture")
            drawn.props["src"], drawn.props["alt"] = (
                f"data:{picture['kind']};base64,{picture['content']}",
                told,
            )


def _acts(close: str, act: Callable[[], object]) -> None:
    with ui.element("div").classes("eh-dialog-acts"):
        ui.button(close, on_click=act).props("flat no-caps")
