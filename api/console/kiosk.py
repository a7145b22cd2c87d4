"""The full-screen page of one gate, and the feed that it lives from: plain HTML that starts at once and runs
for weeks.

A beat each second says how the gate stands; a page that hears none for three seconds says that it hears
nothing. Initials and birth years go through, and are kept nowhere.
"""

import html
import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from nicegui import __version__ as nicegui_version
from starlette.types import Send

from api.access import SESSION_COOKIE, Identity, cookie_of, role
from api.console.kiosk_faces import resting, shown_to_people, standing_shown
from api.console.wording import texts
from api.deck import Deck, OfDeck
from api.edge.gate_screens import GateScreens
from api.gates import is_gate
from api.problems import Problem, not_found
from api.sse import ServerSentEvents
from hub.facts import ID_PATTERN
from hub.version import epihub_version

router = APIRouter(include_in_schema=False, dependencies=[role("reporter")])
Device = Path(pattern=ID_PATTERN)
_BUTTONS = ("sound_on", "sound_off", "sound_touch", "light", "dark", "full")


@router.get("/kiosk/{device}", dependencies=[role("reporter")])
async def page(deck: OfDeck, device: str = Device) -> Response:
    """The page of a gate of the edge beside us."""
    gate = _gate_of(deck, device)
    site = {told["id"]: told.get("name") or told["id"] for told in deck.settings.sites}.get(gate["site"], "")
    words, second = texts("vi"), texts("en")
    told = {name: f"{words[f'kiosk.{name}']} · {second[f'kiosk.{name}']}" for name in _BUTTONS}
    told |= {"title": words["kiosk.title"], "device": device, "site": site, "feed": f"/kiosk/{device}/feed"}
    told |= {"start_vi": words["kiosk.start"], "start_en": second["kiosk.start"]}
    told |= {"version": _version(), "nicegui": nicegui_version}
    escaped = {name: html.escape(text) for name, text in told.items()}
    faces = {name: json.dumps(resting(name)).replace("<", "\\u003c") for name in ("lost", "ready")}
    return HTMLResponse(_template().format(**escaped, **faces), headers={"Cache-Control": "no-store"})


@router.get("/kiosk/{device}/feed", dependencies=[role("reporter")])
async def feed(request: Request, deck: OfDeck, device: str = Device) -> Response:
    """Server-sent events: ``beat`` and ``screen``; ``leave`` when the key of the page is gone."""
    _gate_of(deck, device)
    who: Identity = request.scope["epihub.identity"]
    return KioskFeed(deck, device, who, cookie_of(request, SESSION_COOKIE))


class KioskFeed(ServerSentEvents):
    """What one gate shows, until the page goes."""

    def __init__(self, deck: Deck, device: str, who: Identity, session: str) -> None:
        super().__init__(deck.meters, deck.stopping)
        self._deck = deck
        self._device = device
        self._who = who
        self._session = session
        self._zone = ZoneInfo(deck.settings.timezone)

    async def _feed(self, send: Send) -> None:
        screens = _screens_of(self._deck)
        try:
            await self._put(send, b"retry: 1000\n\n")
            async with screens.following():
                await self._show(send, screens)
            await self._put(send, _event("leave", {}))
        except (OSError, TimeoutError):
            self._meters.stream_cut()  # the page opens it again

    async def _show(self, send: Send, screens: GateScreens) -> None:
        after = 0
        while self._is_let_in():
            after, found = await screens.next(self._device, after)
            body = self._beat(screens)
            for one in found[-1:]:  # of several the last is the one before the gate
                body += _event("screen", shown_to_people(one.told) | {"left_ms": screens.left_ms(one)})
            await self._put(send, body)

    def _is_let_in(self) -> bool:
        """A key that was revoked shows nothing more; else the session lasts as long as the page looks."""
        access = self._deck.access
        if self._who.local:
            return not access.required
        access.sessions.renew(self._session)
        return access.keys.by_id(self._who.id) is not None

    def _beat(self, screens: GateScreens) -> bytes:
        standing = screens.standing
        shown = standing_shown(standing.gates.get(self._device), away=standing.away)
        now = datetime.fromtimestamp(self._deck.now_ms() / 1000, self._zone)
        return _event("beat", shown | {"clock": now.strftime("%H:%M"), "version": _version()})


def _event(name: str, told: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


def _gate_of(deck: Deck, device: str) -> dict[str, str]:
    """Raises Problem 404 for what is no gate, 421 where no edge is beside us."""
    found = next((told for told in deck.settings.devices if told["id"] == device and is_gate(told)), None)
    if found is None:
        raise not_found("gate")
    _screens_of(deck)
    return found


def _screens_of(deck: Deck) -> GateScreens:
    if deck.screens is None:
        raise Problem(421, "edge.elsewhere", "Only the edge itself has the screens of its gates.")
    return deck.screens


@cache
def _version() -> str:
    """A page of another version loads itself anew."""
    return epihub_version()


@cache
def _template() -> str:
    return files("api.console").joinpath("kiosk.html").read_text("utf-8")
