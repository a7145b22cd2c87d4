"""Signing in with a key, or with a name and a password: what is tried, slowed down and noted."""

import asyncio
from typing import TYPE_CHECKING

from api.attempts import too_many
from api.audit_trail import noted
from api.problems import Problem
from api.users import LONGEST_PASSWORD, User, right_password

if TYPE_CHECKING:
    from api.access import Access
    from api.deck import Deck

_AT_ONCE = 2  # each takes 64 MiB and a core for 50 ms
_MOST_WAIT = 20
_LONGEST_NAME = 32


class Door:
    """One for the process."""

    def __init__(self) -> None:
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def session_of(self, deck: "Deck", form: dict[str, str], address: str) -> str | None:
        """The token of a new session, None where nothing fits; raises Problem 429 and 503."""
        access = deck.access
        if token := form.get("key", "").strip():
            key = access.keys.find(token)
            fits = key is not None and access.of_key(key).may("reporter")
            who, begun_by = (key.id, key.id) if key and fits else ("", None)
        else:
            user = await self._user(
                access, form.get("user", "")[:_LONGEST_NAME], form.get("password", ""), address
            )
            who, begun_by = (user.name, user.session) if user else ("", None)
        await _note(deck, who, address)
        return access.sessions.begin(begun_by) if begun_by else None

    async def _user(self, access: "Access", name: str, password: str, address: str) -> User | None:
        """The same work and the same answer whether or not there is such a user."""
        name = name.strip().lower()
        access.attempts.require_patience(name, address)
        if self._waiting >= _MOST_WAIT:
            raise too_many(1.0)
        access.attempts.failed(name, address)
        user = access.users.find(name)
        self._waiting += 1
        try:
            async with self._hashing:
                right = await asyncio.to_thread(right_password, user, password[: LONGEST_PASSWORD + 1])
        finally:
            self._waiting -= 1
        if user is None or not right:
            return None
        access.attempts.succeeded(name, address)
        return user if access.of_user(user).may("reporter") else None


async def _note(deck: "Deck", who: str, address: str) -> None:
    """Of a refused one nothing that was typed: people type passwords where names belong."""
    if deck.trail is None:
        return
    told = ("", "console", "sign-in", "", "ok" if who else "refused", address)
    try:
        await deck.trail.keep(noted(deck.now_ms(), who, *told))
    except Problem:
        if who:
            raise
