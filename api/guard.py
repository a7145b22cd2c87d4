"""What every request passes first: size, Host, who asks, and the headers of every answer."""

import ipaddress
import socket
from collections.abc import Callable, Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Access, Identity, host_of, is_loopback, same_origin
from api.problems import Problem
from api.rates import Rates
from api.settings import ApiSettings

LARGEST_BODY_BYTES = 1 << 20
LARGEST_TARGET_BYTES = 8192
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# NiceGUI compiles templates in the browser and puts its start script into the page: both need ``unsafe-*``.
_CONSOLE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_API_PATHS = ("/api/", "/healthz", "/readyz", "/metrics", "/iclock/", "/isapi/")

Gate = Callable[[HTTPConnection, Identity | None], ASGIApp | None]


def known_hosts(settings: ApiSettings) -> frozenset[str]:
    """Names besides IP addresses that may stand in the Host header (against DNS rebinding)."""
    own = {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local", settings.host.lower()}
    return frozenset({"localhost", *own, *(name.lower() for name in settings.hosts)})


def host_is_ours(host: str, names: Collection[str]) -> bool:
    """A rebound name is a name: an address, or a name of ours, cannot be one."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host in names
    return True


class Guard:
    """Pure ASGI. ``gate`` decides about paths outside the API: the console, its files, its socket."""

    def __init__(self, app: ASGIApp, access: Access, hosts: frozenset[str], gate: Gate | None) -> None:
        self._app = app
        self._access = access
        self._hosts = hosts
        self._gate = gate
        self._rates = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        asker = HTTPConnection(scope)
        answer, body = _Answer(send, scope), _Body(asker, receive)
        try:
            admitted = self._admit(asker)
            body.require_declared_size()
            await admitted(scope, body, answer)
        except Problem as problem:
            await _refuse(problem, scope, receive, answer)
        except RuntimeError:
            # Starlette's middleware under NiceGUI: "No response returned.", to somebody who has gone.
            if answer.started or not body.asker_is_gone:
                raise

    def _admit(self, asker: HTTPConnection) -> ASGIApp:
        scope = asker.scope
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > LARGEST_TARGET_BYTES:
            raise Problem(414, "request.target_too_long")
        if not self._access.required and not is_loopback(host_of(asker)):
            raise Problem(401, "credentials.missing", "Without a key this is open to its own machine only.")
        if not host_is_ours(host_of(asker), self._hosts):
            raise Problem(421, "host.unknown", "This server has no such name; see [api] hosts.")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if changes and not same_origin(asker):
            raise Problem(403, "origin.foreign", "Another site may not ask this.")
        scope["epihub.identity"] = who = self._access.identify(asker)
        if is_api_path(scope["path"]) or scope["path"] == "/login":
            self._rates.take(who, asker.client.host if asker.client else "")
        if self._gate is not None and not is_api_path(scope["path"]):
            return self._gate(asker, who) or self._app
        return self._app


def is_api_path(path: str) -> bool:
    return path.startswith(_API_PATHS)


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4403, "reason": problem.code})
        return
    await problem.answer()(scope, receive, send)


class _Body:
    """``receive`` with a limit: the declared size is refused at once, an undeclared one when it is passed."""

    def __init__(self, asker: HTTPConnection, receive: Receive) -> None:
        self._receive = receive
        self._seen = 0
        self._limited = asker.scope["type"] == "http"
        self._declared = asker.headers.get("content-length", "0")
        self.asker_is_gone = False

    def require_declared_size(self) -> None:
        declared = self._declared
        if self._limited and (not declared.isdecimal() or int(declared[:12]) > LARGEST_BODY_BYTES):
            raise _too_large()

    async def __call__(self) -> Message:
        message = await self._receive()
        self.asker_is_gone = message["type"] == "http.disconnect"
        if self._limited:
            self._seen += len(message.get("body", b""))
            if self._seen > LARGEST_BODY_BYTES:
                raise _too_large()
        return message


def _too_large() -> Problem:
    return Problem(413, "request.too_large", "A body may have 1 MiB.")


class _Answer:
    """``send`` that adds the security headers to whatever starts."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._api = is_api_path(scope["path"])
        self._policy = _API_POLICY if self._api else _CONSOLE_POLICY
        self._secure = scope["scheme"] in {"https", "wss"}
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = self._policy
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Referrer-Policy", "no-referrer")
            headers["X-Frame-Options"] = "DENY"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            if self._secure:  # a year, RFC 6797; browsers pass it by where the address is a number
                headers["Strict-Transport-Security"] = "max-age=31536000"
            if self._api:
                headers.setdefault("Cache-Control", "no-store")
        await self._send(message)
