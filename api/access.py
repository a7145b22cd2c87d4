"""Who asks, and what they may: keys, sessions of the console, and the open door of a first try (design 8).

Every route names the role it needs with ``role(...)``; a test refuses one that does not.
"""

import hashlib
import ipaddress
import secrets
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from api.attempts import Attempts
from api.keys import ROLES, Key, KeyRing, Role
from api.problems import Problem
from api.scope import Place, Scope
from api.sign_in import Door
from api.users import USERS_FILE, User, UserBook

SESSION_COOKIE = "epihub_session"
ANYONE = "anyone"
_FORWARDING_HEADERS = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-real-ip",
    "via",
)
_SESSION_SECONDS = 12 * 3600
_MOST_SESSIONS = 1000
_LARGEST_COOKIE_HEADER = 8192
_LARGEST_BASIC = 1024

# What a role may besides itself. ``vault`` (raw captures) and ``device`` (posting) belong to nobody else.
GRANTS: dict[str, frozenset[str]] = {
    "admin": frozenset({"admin", "operator", "reporter", "public"}),
    "operator": frozenset({"operator", "reporter", "public"}),
    "reporter": frozenset({"reporter", "public"}),
    "public": frozenset({"public"}),
    "device": frozenset({"device"}),
    "vault": frozenset({"vault"}),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody with a role; ``id`` is the key's or user's, or ``local`` for the first try without keys.

    ``scope``: the part of the province that they may see; None: all of it (api/scope.py).
    """

    id: str
    role: Role
    local: bool = False
    scope: Scope | None = None

    def may(self, wanted: str) -> bool:
        return wanted == ANYONE or wanted in GRANTS[self.role]


class Need:
    """A dependency that lets in whoever has one of ``roles``; it names what the route asks for."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    def __call__(self, request: Request) -> Identity | None:
        who: Identity | None = request.scope.get("epihub.identity")
        if ANYONE in self.roles:
            return who
        if who is None:
            raise unauthorized()
        if not any(who.may(wanted) for wanted in self.roles):
            raise Problem(403, "role.missing", f"This needs the role {' or '.join(self.roles)}.")
        return who


def role(*roles: str) -> Any:
    """The dependency by which a route names its role: ``who: Identity = role("reporter")``."""
    if not roles or not set(roles) <= {ANYONE, *ROLES}:
        raise ValueError(f"no such role: {roles}")
    return Depends(Need(*roles))


def unauthorized() -> Problem:
    challenge = {"WWW-Authenticate": 'Bearer realm="epihub"'}
    return Problem(401, "credentials.missing", "Send a key: Authorization: Bearer …", headers=challenge)


class Sessions:
    """Sessions of the console, in memory: a restart ends them, and so does revoking their key."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def begin(self, key_id: str) -> str:
        """A new session's token; the oldest session goes when there are 1,000."""
        token = secrets.token_urlsafe(32)
        self._open[_digest(token)] = (key_id, self._now() + _SESSION_SECONDS)
        while len(self._open) > _MOST_SESSIONS:
            self._open.popitem(last=False)
        return token

    def key_of(self, token: str) -> str | None:
        found = self._open.get(_digest(token))
        if found is None or found[1] < self._now():
            return None
        return found[0]

    def renew(self, token: str) -> None:
        """As if it began now, unless it has ended: for a page that is looked at all day and never touched."""
        if (key_id := self.key_of(token)) is not None:
            self._open[_digest(token)] = (key_id, self._now() + _SESSION_SECONDS)

    def end(self, token: str) -> None:
        self._open.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    """Looked up by hash, so that the time of a look-up says nothing about a token."""
    return hashlib.sha256(token.encode()).digest()


class Access:
    """Finds who asks: a bearer token, a session of the console, or this machine before any key exists."""

    def __init__(
        self, keys: KeyRing, sessions: Sessions, sites: Sequence[Place] = (), users: UserBook | None = None
    ) -> None:
        self.keys = keys
        self.sessions = sessions
        self.users = users if users is not None else UserBook(keys.path.with_name(USERS_FILE))
        self.attempts = Attempts()
        self.door = Door()
        self._sites = sites

    @property
    def required(self) -> bool:
        """Whether credentials are needed; False is the first try, and the console says so."""
        return self.keys.required or self.users.required

    def identify(self, asker: HTTPConnection) -> Identity | None:
        header = asker.headers.get("authorization", "")
        if header:
            return self._bearer(header)
        if not self.required:
            return Identity("local", "admin", local=True) if is_local(asker) else None
        return self._session(asker)

    def of_key(self, key: Key) -> Identity:
        """Who a key is."""
        return Identity(key.id, key.role, scope=self._scope(key))

    def of_user(self, user: User) -> Identity:
        """Who a user is."""
        return Identity(user.name, user.role, scope=self._scope(user))

    def _scope(self, one: Key | User) -> Scope | None:
        held = one.sites or one.districts
        return Scope.of(one.sites, one.districts, self._sites) if held else None

    def _bearer(self, header: str) -> Identity | None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "basic":
            key = self.keys.find(_password(token))
            # Browsers send such a password again by themselves: none that opens more than a door.
            return self.of_key(key) if key and key.role == "device" else None
        key = self.keys.find(token.strip()) if scheme.lower() == "bearer" else None
        return self.of_key(key) if key else None

    def _session(self, asker: HTTPConnection) -> Identity | None:
        token = cookie_of(asker, SESSION_COOKIE)
        if not token or not same_origin(asker):
            return None
        begun_by = self.sessions.key_of(token)
        if begun_by and (user := self.users.of_session(begun_by)):
            return self.of_user(user)
        key = self.keys.by_id(begun_by) if begun_by else None
        return self.of_key(key) if key else None


def _password(told: str) -> str:
    """Of Basic (RFC 7617), which E006/DS01 leaves to a monitor's maker; the user may be anybody."""
    if len(told) > _LARGEST_BASIC:
        return ""
    try:
        return b64decode(told.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def cookie_of(asker: HTTPConnection, name: str) -> str:
    header = asker.headers.get("cookie", "")
    if len(header) > _LARGEST_COOKIE_HEADER:
        return ""
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def host_of(asker: HTTPConnection) -> str:
    """The name in the Host header, lower case and without port; "" when it is malformed."""
    try:
        parts = urlsplit("//" + asker.headers.get("host", ""))
        _ = parts.port
    except ValueError:
        return ""
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return (parts.hostname or "") if plain else ""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_origin(asker: HTTPConnection) -> bool:
    """Whether a browser says that our own page asks; callers that are no browsers send neither header."""
    origin = asker.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != asker.headers.get("host", "").lower():
        return False
    navigates = asker.headers.get("sec-fetch-mode") == "navigate" and asker.scope.get("method") == "GET"
    return navigates or asker.headers.get("sec-fetch-site") not in {"cross-site", "same-site"}


def is_local(asker: HTTPConnection) -> bool:
    """Peer and Host on loopback, no foreign page, no proxy in between."""
    peer = asker.client.host if asker.client else ""
    forwarded = any(name in asker.headers for name in _FORWARDING_HEADERS)
    return is_loopback(peer) and is_loopback(host_of(asker)) and not forwarded and same_origin(asker)
