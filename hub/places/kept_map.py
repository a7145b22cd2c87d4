"""The map that a hub draws: boundaries that were imported into its data directory, else the schematic one."""

import json
import os
from pathlib import Path
from typing import Literal, NamedTuple

from hub.places.boundaries import FILE_NAME, Boundaries, Json, read_boundaries, schematic

Origin = Literal["schematic", "imported"]


class Map(NamedTuple):
    """``origin``: schematic ("sơ đồ"), or boundaries that somebody imported."""

    collection: Json
    origin: Origin


class KeptMap:
    """Reads the file again only when it has changed."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE_NAME
        self._seen: tuple[int, int] | None = None
        self._map = Map(schematic(), "schematic")

    def read(self) -> Map:
        """Blocks while a file is read; one that is broken, or away, leaves the schematic map."""
        seen = self._look()
        if seen != self._seen:
            self._map, self._seen = self._made(), seen
        return self._map

    def _look(self) -> tuple[int, int] | None:
        try:
            told = self._path.stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size

    def _made(self) -> Map:
        try:
            found = read_boundaries(self._path.read_bytes())
        except OSError:
            return Map(schematic(), "schematic")
        return Map(schematic(), "schematic") if found.problems else Map(found.collection, "imported")


def keep(found: Boundaries, data_dir: Path) -> None:
    """Whole or not at all; raises OSError."""
    target = data_dir / FILE_NAME
    fresh = target.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(found.collection, file, ensure_ascii=False, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def forget(data_dir: Path) -> bool:
    """Back to the schematic map; False: there was no other."""
    target = data_dir / FILE_NAME
    known = target.exists()
    target.unlink(missing_ok=True)
    return known
