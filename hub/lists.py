"""Lists that the hub publishes to its edges: a retained manifest, and chunks of at most 256 KiB (design 5).

The chunks of a version stand before its manifest does, so whoever hears the manifest finds them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

import msgspec

from hub.errors import EpihubError

ROOT = "epihub/v1/list"
ALARM_RULES, ALARM_ANSWERS = "alarm-rules", "alarm-answers"
CHUNK_BYTES = 256 * 1024
KEEP_DAYS = 30  # how long an edge that hears nothing more may use a list of people
MOST_CHUNKS = 64  # of a list that is put together in memory
MOST_CHUNKS_ON_DISK = 512
VERSION_DIGITS = 16
_VERSION = re.compile(rf"[0-9a-f]{{{VERSION_DIGITS}}}\Z")
_encode = msgspec.json.Encoder().encode


class ListMoved(EpihubError):
    """Another version took its place while it was being published."""


class Manifest(msgspec.Struct, frozen=True):
    """``count`` items in ``chunks`` parts; ``sha256`` of all bytes; ``expires``: RFC 3339 in UTC, None never.

    Items are lines of JSON; in a list of people records (hub.people.records), and ``key`` names their key.
    """

    version: str
    count: int
    sha256: str
    chunks: int
    expires: str | None = None
    key: str | msgspec.UnsetType = msgspec.UNSET


_decode = msgspec.json.Decoder(Manifest).decode


class Published(Protocol):
    """One version of a list: what to publish."""

    @property
    def manifest(self) -> Manifest: ...

    def chunk_messages(self, name: str) -> Iterable[tuple[str, bytes]]:
        """Topics and payloads, retained, in the order in which they must be published; the manifest follows.

        Raises ListMoved.
        """
        ...


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list in memory."""

    manifest: Manifest
    chunks: tuple[bytes, ...]

    @classmethod
    def of(cls, items: Sequence[bytes]) -> "PublishedList":
        """``items`` are JSON without line ends; the version is made of them. Raises ValueError over 16 MB."""
        body = b"".join(item + b"\n" for item in items)
        chunks = tuple(body[at : at + CHUNK_BYTES] for at in range(0, len(body), CHUNK_BYTES))
        if len(chunks) > MOST_CHUNKS:
            raise ValueError("a list is too long")
        digest = sha256(body).hexdigest()
        return cls(Manifest(digest[:VERSION_DIGITS], len(items), digest, len(chunks)), chunks)

    def chunk_messages(self, name: str) -> list[tuple[str, bytes]]:
        version = self.manifest.version
        return [(chunk_topic(name, version, number), each) for number, each in enumerate(self.chunks)]

    def messages(self, name: str) -> list[tuple[str, bytes]]:
        """All of them, the manifest last."""
        return [*self.chunk_messages(name), manifest_message(name, self.manifest)]


def manifest_topic(name: str) -> str:
    return f"{ROOT}/{name}"


def chunk_topic(name: str, version: str, number: int) -> str:
    return f"{ROOT}/{name}/{version}/{number}"


def manifest_message(name: str, manifest: Manifest) -> tuple[str, bytes]:
    """Topic and payload, retained, behind all chunks."""
    return manifest_topic(name), _encode(manifest)


def manifest_of(payload: bytes) -> Manifest | None:
    """None of bytes that are no manifest."""
    try:
        found = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    sound = _VERSION.match(found.version) and 0 <= found.chunks <= MOST_CHUNKS_ON_DISK and found.count >= 0
    return found if sound else None


@dataclass(slots=True)
class Assembly:
    """Puts a list together from its manifest and chunks, in any order; hostile bytes make none."""

    name: str
    _manifest: Manifest | None = None
    _chunks: dict[str, bytes] = field(default_factory=dict)
    _told: str = ""  # the version that was whole last

    @property
    def missing(self) -> list[str]:
        """Topics of the chunks to subscribe to; by name, since not every broker has retained ones for #."""
        return [topic for topic in self._topics() if topic not in self._chunks]

    def take(self, topic: str, payload: bytes) -> list[bytes] | None:
        """The items, once a version is whole and true; what is told once is not told again."""
        if topic == manifest_topic(self.name):
            found = manifest_of(payload)
            news = found and found.version != self._told and found.chunks <= MOST_CHUNKS
            self._manifest = found if news else None
            self._chunks.clear()
        elif topic in self._topics() and len(payload) <= CHUNK_BYTES:
            self._chunks[topic] = payload
        return None if self._manifest is None or self.missing else self._whole(self._manifest)

    def _topics(self) -> list[str]:
        if self._manifest is None:
            return []
        version = self._manifest.version
        return [chunk_topic(self.name, version, number) for number in range(self._manifest.chunks)]

    def _whole(self, manifest: Manifest) -> list[bytes] | None:
        body = b"".join(self._chunks[topic] for topic in self._topics())
        items = body.splitlines()
        self._manifest = None
        self._chunks.clear()
        if sha256(body).hexdigest() != manifest.sha256 or len(items) != manifest.count:
            return None
        self._told = manifest.version
        return items
