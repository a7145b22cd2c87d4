"""What of the API is audited: reads that name a person's specimen, lists of such rows, and every change."""

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import get_args
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Identity
from api.audit_trail import AuditTrail, noted
from api.problems import Problem
from hub.payloads import Call

# Of one specimen, order or message: each read is a row.
ONE = frozenset(
    {
        "/results/{result}",
        "/journeys",
        "/orders/{order}",
        "/edges/{edge}/captures/{capture}",
        "/cameras/{camera}/snapshot.jpg",
        "/cameras/{camera}/look",
    }
)
# Lists of such rows, which programs ask again and again: a row for each who asks what in ten minutes.
LISTS = frozenset(
    {
        "/results",
        "/events",
        "/stream",
        "/scans",
        "/orders",
        "/runs",
        "/edges/{edge}/captures",
        "/specimens/unmatched",
        "/audit",
    }
)
_DEVICES = frozenset({"/ingest/{device}", "/iclock/{what}", "/isapi/{device}"})  # kept at the edge
_MOST_PAIRS = 20
_CONSOLE = frozenset({"/login", "/logout"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_TOLD = frozenset({"limit", "cursor", "format", "lang"})
_PLAIN = re.compile(r"[A-Za-z0-9._:~/+|-]{1,64}\Z")
_REFUSED = 400
_FORMAL = re.compile(
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{8,64}"
    r"|[0-9]{1,8}|(?:[a-z]{2})?[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{4,12}(?:Z|[+ -][0-9:]{4,5})?)?)\Z"
)
_WORDS = frozenset({*get_args(Call), "true", "false"})
_PERSONAL = re.compile(r"(?:\d{9}|\d{10}|\d{12})\Z")  # a phone or national id, typed into the wrong field
_AGAIN_MS = 600_000
_MOST_PAIRS = 20
_MOST_REMEMBERED = 10_000


def target_of(scope: Scope, status: int) -> str:
    """Path and query by name. Ids of what there is stand as they are; what somebody typed is hashed.

    People search for names and patient numbers where a specimen belongs: of a query, and of an address that
    leads nowhere, only what no person has by its form is told.
    """
    tell = plain if status < _REFUSED else formal
    named = {name: tell(str(value)) for name, value in scope.get("path_params", {}).items()}
    asked = sorted(parse_qsl(scope["query_string"].decode("latin-1")))  # the guard has bounded its length
    told = [(tell(name), formal(value)) for name, value in asked if name not in _NOT_TOLD]
    return " ".join(f"{name}={value}" for name, value in [*named.items(), *told][:_MOST_PAIRS])


def formal(text: str) -> str:
    """A machine's id, a day, a short number or a word of ours as it is, anything else as a hash."""
    return plain(text) if _FORMAL.match(text) or text in _WORDS else _hashed(text)


def plain(text: str) -> str:
    """An id as it is, anything else as the beginning of its SHA-256."""
    if _PLAIN.match(text) and not _PERSONAL.match(text):
        return text
    return _hashed(text)


def _hashed(text: str) -> str:
    return "h:" + sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def peer_of(asker: HTTPConnection) -> str:
    """The address, empty on this machine."""
    host = asker.client.host if asker.client else ""
    try:
        return "" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return ""


class Audited:
    """Notes before the answer begins; where that cannot be kept, the answer is that problem."""

    def __init__(self, app: ASGIApp, trail: AuditTrail, now_ms: Callable[[], int]) -> None:
        self._app = app
        self._trail = trail
        self._now_ms = now_ms
        self._seen: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = False

        async def watch(message: Message) -> None:
            nonlocal refused
            if refused:
                return
            if message["type"] == "http.response.start":
                problem = await self._noted(scope, message["status"])
                if problem is not None:
                    refused = True
                    await problem.answer()(scope, receive, send)
                    return
            await send(message)

        await self._app(scope, receive, watch)

    async def _noted(self, scope: Scope, status: int) -> Problem | None:
        action = self._action(scope, status)
        if action is None:
            return None
        who: Identity | None = scope.get("epihub.identity")
        actor, target = (who.id if who else ""), target_of(scope, status)
        if action.removeprefix("GET ") in LISTS and self._again(actor, action, target):
            return None
        told = (actor, who.role if who else "", "api", action, target, str(status))
        try:
            await self._trail.keep(noted(self._now_ms(), *told, peer_of(HTTPConnection(scope))))
        except Problem as problem:
            return problem
        return None

    def _action(self, scope: Scope, status: int) -> str | None:
        """Method and route; None: nothing to note. Nobody's refused requests are counted, not noted."""
        route = scope.get("route")
        if not isinstance(route, APIRoute) or route.path in _DEVICES or route.path in _CONSOLE:
            return None
        if status == 401:
            return None
        safe = scope["method"] in _SAFE
        if safe and (route.path not in ONE | LISTS or status >= 400):
            return None
        return f"{scope['method']} {route.path}"

    def _again(self, actor: str, action: str, target: str) -> bool:
        """Whether the same was noted in the last ten minutes."""
        name, now_ms = (actor, action, target), self._now_ms()
        known = self._seen.get(name)
        if known is not None and now_ms - known < _AGAIN_MS:
            return True
        self._seen[name] = now_ms
        self._seen.move_to_end(name)
        while len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return False
