"""``epihub backup``: one file, made while everything goes on."""

import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from hub.backup.place import CONFIG_MEMBER, FILES, Place
from hub.backup.spool import SpoolSnapshot, snapshot
from hub.backup.stores import StoreSnapshot, alarms_snapshot, store_snapshot
from hub.errors import OperatorError
from hub.version import epihub_version
from storage.archive import FORMAT, ArchiveWriter, FilePart, Manifest
from storage.archive.writer import LEAST_FREE_BYTES

ENDING = ".zip"
LARGEST_FILE_BYTES = 128 * 1024 * 1024  # a list of six million people

Progress = Callable[[int, int, int], None]  # rows so far, rows in all, bytes of the file so far


class Taken(NamedTuple):
    """A finished backup."""

    path: Path
    bytes: int
    rows: int
    manifest: Manifest


class Parts(NamedTuple):
    """What an installation has, each in one moment; ``alarms``: those of an edge that judges by itself."""

    spool: SpoolSnapshot | None
    store: StoreSnapshot | None
    alarms: StoreSnapshot | None

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self if part)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self if part)


async def take_backup(place: Place, target: Path, progress: Progress) -> Taken:
    """Write a backup of ``place`` to ``target``, a new file or an existing folder.

    The spool is read first: whatever it gave to the hub meanwhile is then in the store's part too.
    Raises OperatorError, StoreUnavailable, OSError: no file was left.
    """
    path = _name(place, target)
    async with AsyncExitStack() as open_parts:
        spool = open_parts.enter_context(snapshot(place.spool)) if place.spool.exists() else None
        store = await open_parts.enter_async_context(store_snapshot(place))
        if store is None and spool is None:
            raise OperatorError(f"nothing to back up: neither {place.store_name} nor {place.spool} is there")
        alarms = await open_parts.enter_async_context(alarms_snapshot(place))
        parts = Parts(spool, store, alarms)
        _require_room(path.parent, parts.bytes)
        return await _write(place, path, parts, lambda rows, size: progress(rows, parts.rows, size))


async def _write(place: Place, path: Path, parts: Parts, tell: Callable[[int, int], None]) -> Taken:
    with ArchiveWriter(path, tell) as archive:
        manifest = Manifest(
            format=FORMAT,
            epihub=epihub_version(),
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            hub=place.hub,
            edge=place.edge,
            spool=parts.spool.dump(archive) if parts.spool else None,
            store=await parts.store.dump(archive) if parts.store else None,
            alarms=await parts.alarms.dump(archive) if parts.alarms else None,
            files=_add_files(archive, place),
        )
        return Taken(path, archive.finish(manifest), archive.rows, manifest)


def _name(place: Place, target: Path) -> Path:
    if not target.is_dir():
        if not target.parent.is_dir():
            raise OperatorError(f"{target.parent}: no such folder")
        return target
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return target / f"epihub-{place.hub or 'backup'}-{stamp}{ENDING}"


def _require_room(folder: Path, size: int) -> None:
    """Room for everything uncompressed: most backups take a third of it."""
    needed = size + LEAST_FREE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OperatorError(f"{folder}: {needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free")


def _add_files(archive: ArchiveWriter, place: Place) -> tuple[FilePart, ...]:
    sources = {name: place.data_dir / path for name, path in FILES.items() if name != CONFIG_MEMBER}
    if place.config is not None:
        sources[CONFIG_MEMBER] = place.config
    return tuple(archive.add_file(name, _content(path)) for name, path in sources.items() if path.exists())


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise OperatorError(f"{path}: too large for what it should be")
    return path.read_bytes()
