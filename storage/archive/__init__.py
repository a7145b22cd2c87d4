"""The backup's file: one ZIP, readable by any unzip, the same for SQLite and PostgreSQL.

``manifest.json`` says what is in it; ``store/<table>.rows``, ``spool/…`` and ``alarms/…`` hold the rows of a
table as blocks (four bytes of length, big endian, then a MessagePack array of rows); ``files/<name>``
are files as they are. Everything is written and read in blocks: memory does not grow with the store.
"""

from storage.archive.manifest import (
    FORMAT,
    BadArchive,
    FilePart,
    Manifest,
    SpoolPart,
    StorePart,
    TablePart,
)
from storage.archive.reader import Archive
from storage.archive.writer import ArchiveWriter, Tell

__all__ = [
    "FORMAT",
    "Archive",
    "ArchiveWriter",
    "BadArchive",
    "FilePart",
    "Manifest",
    "SpoolPart",
    "StorePart",
    "TablePart",
    "Tell",
]
