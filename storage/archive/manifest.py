"""What a backup says of itself: a closed JSON document, checked before anything else is read."""

import re
from typing import Literal

import msgspec

from hub.errors import OperatorError
from storage.contract import Watermark

FORMAT = 2  # 1: without alarms of an edge
MANIFEST = "manifest.json"
LARGEST_MANIFEST_BYTES = 64 * 1024 * 1024  # a watermark of every epoch; 100 bytes each
LARGEST_BLOCK_BYTES = 64 * 1024 * 1024

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")

Dialect = Literal["sqlite", "postgresql"]


class BadArchive(OperatorError):
    """The file is no backup, is damaged, or was made by a newer epihub; nothing was changed."""


class TablePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table: ``bytes`` and ``sha256`` are those of its blocks before compression."""

    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str


class FilePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as it is."""

    name: str
    bytes: int
    sha256: str


class StorePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store in one moment: counts as its ``store`` row keeps them; ``sequences``: last number given."""

    dialect: Dialect
    schema: int
    id: str
    last_number: int
    deleted_number: int
    counts: dict[str, int]
    watermarks: tuple[Watermark, ...]
    sequences: dict[str, int]
    tables: tuple[TablePart, ...]


class SpoolPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The spool in one moment, a little before the store's."""

    schema: int
    epoch: str
    last_seq: int
    events: int
    captures: int
    tables: tuple[TablePart, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``made``: RFC 3339; ``epihub``: the version that wrote it; ``hub``: the installation's name or "".

    ``alarms``: the small store of an edge that judges by itself.
    """

    format: int
    epihub: str
    made: str
    hub: str
    edge: str
    store: StorePart | None
    spool: SpoolPart | None
    files: tuple[FilePart, ...]
    alarms: StorePart | None = None

    @property
    def databases(self) -> list[StorePart | SpoolPart]:
        """Those that are in it."""
        return [part for part in (self.store, self.spool, self.alarms) if part]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for database in self.databases for table in database.tables)

    @property
    def bytes(self) -> int:
        """Of all parts, before compression."""
        parts = [*self.files]
        size = sum(part.bytes for part in parts)
        for database in self.databases:
            size += sum(table.bytes for table in database.tables)
        return size


class _Head(msgspec.Struct):
    format: int


def encode_manifest(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode_manifest(body: bytes) -> Manifest:
    """Raises BadArchive, also for names that are no table's."""
    try:
        head = msgspec.json.decode(body, type=_Head)
        if head.format > FORMAT:
            raise BadArchive(f"this backup has format {head.format}, this epihub knows {FORMAT}")
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadArchive("this is not a backup of epihub: its manifest cannot be read") from error
    for database in manifest.databases:
        for table in database.tables:
            if not all(_NAME.match(name) for name in (table.name, *table.columns)):
                raise BadArchive("the manifest names something that is no table")
    return manifest
