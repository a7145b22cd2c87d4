"""Lists that the hub publishes to its edges: a retained manifest, and chunks of at most 256 KiB (design 5).

The chunks of a version stand before its manifest does, so whoever hears the manifest finds them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

ROOT = "epihub/v1/list"
ALARM_RULES, ALARM_ANSWERS = "alarm-rules", "alarm-answers"
CHUNK_BYTES = 256 * 1024
MOST_CHUNKS = 64
VERSION_DIGITS = 16
_VERSION = re.compile(rf"[0-9a-f]{{{VERSION_DIGITS}}}\Z")
_encode = msgspec.json.Encoder().encode


class Manifest(msgspec.Struct, frozen=True):
    """``count`` items, one a line, in ``chunks`` parts; ``sha256`` of all bytes; ``expires``: None never."""

    version: str
    count: int
    sha256: str
    chunks: int
    expires: str | None = None


_decode = msgspec.json.Decoder(Manifest).decode


@dataclass(frozen=True, slots=True)
class PublishedList:
    """One version of a list: what to publish."""

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

    def messages(self, name: str) -> list[tuple[str, bytes]]:
        """Topics and payloads, in the order in which they must be published, all retained."""
        version = self.manifest.version
        parts = [(chunk_topic(name, version, number), each) for number, each in enumerate(self.chunks)]
        return [*parts, (manifest_topic(name), _encode(self.manifest))]


def manifest_topic(name: str) -> str:
    return f"{ROOT}/{name}"


def chunk_topic(name: str, version: str, number: int) -> str:
    return f"{ROOT}/{name}/{version}/{number}"


def manifest_of(payload: bytes) -> Manifest | None:
    """None of bytes that are no manifest."""
    try:
        found = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    sound = _VERSION.match(found.version) and 0 <= found.chunks <= MOST_CHUNKS and found.count >= 0
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
            self._manifest = found if found and found.version != self._told else None
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
