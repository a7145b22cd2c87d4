"""Puts the console into the app: pages found by folder, who may see them, NiceGUI set up."""

import copy
import importlib
import logging
import pkgutil
from collections.abc import Sequence
from importlib.resources import files
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Request, Response
from nicegui import core, ui
from nicegui.translations import translations
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp

import api.console.pages
import api.edge.pages
from api.access import SESSION_COOKIE, Identity, cookie_of, role, unauthorized
from api.audited_control import of_console
from api.console import kiosk, login, manual_pages
from api.console.boards import Boards
from api.console.shell import Shell, start
from api.console.visit import ConsolePage, Tick, Visit
from api.console.wording import Language, Wording, texts
from api.deck import Deck
from api.guard import Gate
from api.problems import Problem
from api.scope import NOT_SERVED
from api.settings import Role

_OPEN = ("/login", "/logout", "/preferences", "/console/", "/_nicegui/", "/favicon.ico")
_SOCKET = "/_nicegui_ws/"
_RECONNECT_SECONDS = 10.0
_BUILD_SECONDS = 20.0  # a slow machine answers late rather than with an error


def find_pages(role: Role = "both", *, ledger: bool = False) -> list[ConsolePage]:
    """Every page of ``api.console.pages`` and ``api.edge.pages`` that ``role`` has, in their order.

    ``ledger``: of an edge alone that keeps alarms of its own.
    """
    folders = {"api.console.pages.": api.console.pages.__path__, "api.edge.pages.": api.edge.pages.__path__}
    names = [found.name for name, path in folders.items() for found in pkgutil.iter_modules(path, name)]
    found: list[ConsolePage] = [importlib.import_module(name).PAGE for name in names]
    had = (page for page in found if role in page.at or (ledger and page.of_ledger))
    return sorted(had, key=lambda page: page.order)


def mount_console(app: FastAPI, deck: Deck) -> Gate:
    """Add the console to ``app``; gives the gate that keeps strangers out."""
    pages = find_pages(deck.settings.role, ledger=deck.own_alarms is not None)
    # NiceGUI warns of each unknown address and quotes it: people type names and numbers there.
    logging.getLogger("nicegui").setLevel(logging.ERROR)
    zone = ZoneInfo(deck.settings.timezone)
    boards = Boards(of_console(deck), zone)
    app.include_router(login.router)
    app.include_router(manual_pages.router)
    app.include_router(kiosk.router)
    if not any(page.path == "/" for page in pages):
        app.include_router(_home("/edge"))
    for page in pages:
        _serve(page, pages, boards)
    _translate()
    ui.run_with(
        app,
        title="epihub",
        favicon=files("api.console").joinpath("logo.svg").read_text("utf-8"),
        language="vi",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECT_SECONDS,
        show_welcome_message=False,
    )
    # NiceGUI answers the socket of any site by itself; the guard has checked the origin before.
    core.app.config.socket_io_js_transports = ["websocket"]
    return _gate(pages)


def _home(path: str) -> APIRouter:
    """An edge alone has no overview: its own page is the way in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/", dependencies=[role("reporter")])
    async def home() -> Response:
        return RedirectResponse(path, 303)

    return router


def _translate() -> None:
    """The few words that NiceGUI says itself."""
    translations["vi"] = _own_words("vi")
    translations["en-GB"] = _own_words("en")


def _own_words(language: Language) -> dict[str, str]:
    say = texts(language)
    return {
        "connection_lost": say["banner.lost"],
        "trying_to_reconnect": say["banner.reconnecting"],
        "message_too_long": say["banner.too_long"],
        "message_too_long_body": say["banner.too_long_body"],
    }


def _gate(pages: Sequence[ConsolePage]) -> Gate:
    roles = {page.path: page.role for page in pages}

    def gate(asker: HTTPConnection, who: Identity | None) -> ASGIApp | None:
        path = asker.scope["path"]
        if path.startswith(_OPEN):
            return None
        if who is None:
            if asker.scope["type"] == "http" and not path.startswith(_SOCKET):
                return RedirectResponse("/login", 303)
            raise unauthorized()
        if not who.may(roles.get(path, "reporter")):
            raise Problem(403, "role.missing", "Your key may not see this page.")
        return None

    return gate


def _serve(page: ConsolePage, pages: Sequence[ConsolePage], boards: Boards) -> None:
    @ui.page(page.path, response_timeout=_BUILD_SECONDS)
    async def show(request: Request) -> None:
        who: Identity = request.scope["epihub.identity"]
        deck, board = boards.of(who.scope)
        visit = Visit(
            deck,
            board,
            Wording(login.language_of(request), boards.zone),
            who,
            login.dark_of(request),
            request.url.path,
            cookie_of(request, SESSION_COOKIE),
        )
        _dress(visit, page)
        shell = Shell(visit, page, pages)
        with shell.body:
            tick = page.build(visit)
        await start(shell, _held(tick, shell, visit) if who.scope else tick)()


def _held(tick: Tick, shell: Shell, visit: Visit) -> Tick:
    """For who has a scope: a page of what is not divided by sites says so, once."""
    closed = False

    async def renew() -> None:
        nonlocal closed
        if closed:
            return
        try:
            await tick()
        except Problem as problem:
            if problem.code != NOT_SERVED:
                raise
            closed = True
            shell.body.clear()
            with shell.body:
                ui.label(visit.say("scope.not_served")).props('role="status"')

    return renew


def _dress(visit: Visit, page: ConsolePage) -> None:
    """Language, theme and title belong to the visitor; NiceGUI keeps them with the page."""
    client = ui.context.client
    own = copy.copy(client.page)
    own.language = "vi" if visit.say.language == "vi" else "en-GB"
    own.dark = visit.dark
    own.title = f"{visit.say(f'nav.{page.name}')} · epihub"
    client.page = own
    ui.colors(primary="#0f766e", secondary="#334155", accent="#0ea5e9")
    for style in login.STYLES:
        ui.add_head_html(f'<link rel="stylesheet" href="/console/{style}.css">')
