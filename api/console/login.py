"""Plain pages beside NiceGUI: signing in and out, preferences, our own pictures and style."""

import html
from importlib.resources import files
from typing import Annotated
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from nicegui import __version__

from api.access import ANYONE, SESSION_COOKIE, cookie_of, role
from api.console.wording import Language, as_language, texts
from api.deck import OfDeck
from api.problems import Problem

router = APIRouter(include_in_schema=False, dependencies=[role(ANYONE)])
LANGUAGE_COOKIE = "epihub_language"
DARK_COOKIE = "epihub_dark"
WantedPath = Annotated[str, Query(alias="next", max_length=300)]
TOO_MANY = 429
_YEAR_SECONDS = 365 * 86_400
_LARGEST_FORM = 4096
_STYLE = "text/css; charset=utf-8"
STYLES = ("theme", "laboratory", "alarms", "unit", "gates", "cameras", "reports", "map", "intake")
_SCRIPT = "text/javascript; charset=utf-8"
_FILES = (
    {"logo.svg": "image/svg+xml"}
    | {f"{name}.css": _STYLE for name in (*STYLES, "kiosk")}
    | {f"{name}.js": _SCRIPT for name in ("kiosk", "gate_tones", "camera_pictures", "camera_wall")}
)
_LOGIN = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} · epihub</title>
<link rel="icon" href="/console/logo.svg"><link rel="stylesheet" href="/_nicegui/{version}/static/fonts.css">
<link rel="stylesheet" href="/console/theme.css"></head>
<body class="eh-login {dark}"><form method="post" action="/login?{query}"><img src="/console/logo.svg" alt="">
<h1>epihub <small>{hub}</small></h1><p class="eh-login-wrong" role="alert">{wrong}</p>
<label for="user">{user}</label><input id="user" name="user" autocomplete="username" autofocus maxlength="32"
autocapitalize="none" spellcheck="false"><label for="password">{password}</label><input id="password"
name="password" type="password" autocomplete="current-password" maxlength="256"><label for="key">{key}</label>
<input id="key" name="key" type="password" autocomplete="off" maxlength="128">
<button>{enter}</button><p class="eh-login-hint">{hint}</p></form>
</body></html>
"""


def language_of(request: Request) -> Language:
    return as_language(cookie_of(request, LANGUAGE_COOKIE))


def dark_of(request: Request) -> bool:
    return cookie_of(request, DARK_COOKIE) == "1"


def inner_path(wanted: str) -> str:
    """A path of this console, never another place: "/" for everything else."""
    parts = urlsplit(wanted)
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    ours = plain and not parts.scheme and not parts.netloc and wanted.startswith("/") and wanted[1:2] != "/"
    return wanted if ours and len(wanted) < 200 else "/"


@router.get("/console/{name}", dependencies=[role(ANYONE)])
async def file(name: str) -> Response:
    """Our own logo and style sheet."""
    if name not in _FILES:
        raise Problem(404, "http.not_found")
    body = files("api.console").joinpath(name).read_bytes()
    return Response(body, media_type=_FILES[name], headers={"Cache-Control": "public, max-age=3600"})


@router.get("/login", dependencies=[role(ANYONE)])
async def ask(request: Request, deck: OfDeck, wanted: WantedPath = "/") -> Response:
    """The page that asks for a name and a password, or a key."""
    return _page(request, deck.settings.hub, wanted)


@router.post("/login", dependencies=[role(ANYONE)])
async def enter(request: Request, deck: OfDeck, wanted: WantedPath = "/") -> Response:
    """Begin a session for who may read. The guard has refused what another site's page posts."""
    told = parse_qs((await request.body())[:_LARGEST_FORM].decode("utf-8", "replace"))
    form = {name: values[0] for name, values in told.items()}
    try:
        session = await deck.access.door.session_of(deck, form, request.client.host if request.client else "")
    except Problem as problem:
        if problem.status != TOO_MANY:
            raise
        return _page(request, deck.settings.hub, wanted, wrong="sign_in.wait", refused=problem)
    if session is None:
        return _page(request, deck.settings.hub, wanted, wrong="sign_in.wrong")
    answer = RedirectResponse(inner_path(wanted), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="strict", secure=secure, path="/")
    return answer


@router.get("/logout", dependencies=[role(ANYONE)])
async def leave(request: Request, deck: OfDeck) -> Response:
    """End the session."""
    deck.access.sessions.end(cookie_of(request, SESSION_COOKIE))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@router.get("/preferences", dependencies=[role(ANYONE)])
async def prefer(
    wanted: WantedPath = "/",
    language: Language | None = None,
    dark: bool | None = None,
) -> Response:
    """Remember language and theme in this browser."""
    answer = RedirectResponse(inner_path(wanted), 303)
    if language is not None:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
    if dark is not None:
        answer.set_cookie(
            DARK_COOKIE, "1" if dark else "0", max_age=_YEAR_SECONDS, samesite="lax", httponly=True
        )
    return answer


def _page(
    request: Request, hub: str, wanted: str, *, wrong: str = "", refused: Problem | None = None
) -> Response:
    language = language_of(request)
    say = texts(language)
    body = _LOGIN.format(
        version=__version__,
        language=language,
        dark="body--dark" if dark_of(request) else "",
        title=say["login.title"],
        query=html.escape(urlencode({"next": inner_path(wanted)})),
        hub=html.escape(hub),
        wrong=say[wrong] if wrong else "",
        user=say["sign_in.user"],
        password=say["sign_in.password"],
        key=say["sign_in.or_key"],
        enter=say["login.enter"],
        hint=html.escape(say["sign_in.hint"]),
    )
    # Under no-referrer a browser posts the form with Origin: null, as a foreign page would.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    if refused is not None:
        return HTMLResponse(body, refused.status, headers | refused.headers)
    return HTMLResponse(body, 403 if wrong else 200, headers)
