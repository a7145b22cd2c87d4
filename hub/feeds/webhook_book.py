"""Webhooks that were made by the API: a private file of the hub, for their secrets are in it.

One that leads to this machine or a private network is refused: such ones are for the configuration.
"""

import secrets
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hub.errors import OperatorError
from hub.feeds.contract import FeedSettings
from hub.feeds.refusals import BAD_NAME, BAD_URL, FULL, NO_WEBHOOK, TOO_MANY
from hub.feeds.signing import new_secret, secret_bytes
from hub.private_file import write_private

FILE = "webhooks.json"
KIND = "webhook"
MOST_WEBHOOKS = 50
MOST_PATTERNS = 50
LONGEST_URL = 500
KEY_BYTES = 32


class Webhook(msgspec.Struct, frozen=True):
    """``secrets``: the one in force first, then, while it is exchanged, the one before."""

    id: str
    url: str
    secrets: tuple[str, ...]
    types: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    created: str = ""
    created_by: str = ""

    def __repr__(self) -> str:
        return f"Webhook({self.id})"

    def settings(self) -> FeedSettings:
        """As the deliverer is told it."""
        options = {"url": self.url, "secrets": self.secrets}
        return FeedSettings(self.id, KIND, target_of(self.url), self.types, self.sites, options=options)

    def told(self) -> dict[str, Any]:
        """Without its secrets."""
        return {
            "id": self.id,
            "url": self.url,
            "types": list(self.types),
            "sites": list(self.sites),
            "created": self.created,
            "created_by": self.created_by,
            "rotating": len(self.secrets) > 1,
        }


def target_of(url: str) -> str:
    """A digest of where a destination goes."""
    return blake2b(url.encode(), digest_size=16).hexdigest()


class WebhookBook:
    """The file in ``data_dir``; nobody else writes it."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE

    def all(self) -> list[Webhook]:
        """By id; raises OperatorError for a file that cannot be read."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OperatorError(f"{self.path.name}: {error.strerror}") from error
        try:
            return sorted(msgspec.json.decode(raw, type=list[Webhook]), key=lambda each: each.id)
        except msgspec.DecodeError as error:
            raise OperatorError(f"{self.path.name} is damaged") from error

    def add(self, url: str, types: list[str], sites: list[str], by: str, at: str) -> Webhook:
        """With a new secret; raises OperatorError."""
        for text in _mistakes(url, types, sites):
            raise OperatorError(text)
        known = self.all()
        if len(known) >= MOST_WEBHOOKS:
            raise OperatorError(FULL)
        made = Webhook(f"wh-{secrets.token_hex(6)}", url, (_secret(),), tuple(types), tuple(sites), at, by)
        self._write([*known, made])
        return made

    def rotate(self, name: str, *, finish: bool) -> Webhook:
        """A new secret beside the one in force, or (``finish``) only the new one; raises OperatorError."""
        known = {each.id: each for each in self.all()}
        if name not in known:
            raise OperatorError(NO_WEBHOOK)
        kept = known[name].secrets
        fresh = kept[:1] if finish else (_secret(), kept[0])
        known[name] = msgspec.structs.replace(known[name], secrets=fresh)
        self._write(list(known.values()))
        return known[name]

    def remove(self, name: str) -> None:
        """Raises OperatorError."""
        known = self.all()
        left = [each for each in known if each.id != name]
        if len(left) == len(known):
            raise OperatorError(NO_WEBHOOK)
        self._write(left)

    def _write(self, webhooks: list[Webhook]) -> None:
        try:
            write_private(self.path, msgspec.json.encode(webhooks))
        except OSError as error:
            raise OperatorError(f"{self.path.name}: {error.strerror}") from error


def _secret() -> str:
    made = new_secret(secrets.token_bytes(KEY_BYTES))
    secret_bytes(made)
    return made


def _mistakes(url: str, types: list[str], sites: list[str]) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        good = False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not good or not plain or parts.username is not None or parts.fragment:
        yield BAD_URL
    words = [*types, *sites]
    if len(types) > MOST_PATTERNS or len(sites) > 1000:
        yield TOO_MANY
    if not all(word and len(word) <= 64 and word.isascii() and word.isprintable() for word in words):
        yield BAD_NAME
