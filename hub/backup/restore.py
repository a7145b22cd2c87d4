"""``epihub restore``: build the new store beside, look at it, and only then put it in place."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

import apsw

from hub.backup.place import FILES, Place
from hub.backup.room import require_room
from hub.backup.spool import held_by, restore_spool
from hub.backup.stores import ALARMS, restore_postgres, restore_sqlite
from hub.errors import OperatorError
from hub.runtime.data_dir_lock import alone_in
from storage.archive import Archive, BadArchive, FilePart, Manifest, SpoolPart, StorePart
from storage.archive.writer import sync_folder
from storage.open import DATABASE
from storage.sqlite.backup import STORE
from storage.sqlite.connection import StoreLock

_SIDES = ("", "-wal", "-shm", "-journal")

Progress = Callable[[int, int], None]  # rows so far, rows in all


class Restored(NamedTuple):
    """What was done: ``lines`` for the operator (what was put back, kept, and put aside)."""

    lines: tuple[str, ...]


async def restore_backup(archive: Archive, place: Place, *, replace: bool, progress: Progress) -> Restored:
    """Put a backup back into ``place``, where no epihub may run.

    ``replace``: a store that is there is kept under another name instead of refusing.
    Raises OperatorError, StoreUnavailable, OSError; until the store is built and whole nothing is changed.
    """
    with ExitStack() as locks:
        for role in ("edge", "hub"):
            locks.enter_context(alone_in(place.data_dir, role))
        work = _Restore(archive, place, replace, progress)
        return Restored(tuple(await work.run()))


class _Restore:
    def __init__(self, archive: Archive, place: Place, replace: bool, progress: Progress) -> None:
        self.archive = archive
        self.place = place
        self.replace = replace
        self.stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.lines: list[str] = []
        self._rows = 0
        self._progress = progress

    async def run(self) -> list[str]:
        manifest = self.archive.manifest
        self._refuse(manifest)
        files = {part.name: self.archive.file(part) for part in manifest.files}
        if manifest.store:
            await self._store(manifest.store)
        if manifest.spool:
            self._spool(manifest.spool)
        if manifest.alarms:
            self._alarms(manifest.alarms)
        for part in manifest.files:
            self._file(part, files[part.name])
        return self.lines

    def _refuse(self, manifest: Manifest) -> None:
        in_a_file = manifest.store and not self.place.store_url
        targets = [self.place.data_dir / DATABASE] if in_a_file else []
        targets += [self.place.alarms] if manifest.alarms else []
        for target in targets:
            if target.exists() and not self.replace:
                raise OperatorError(
                    f"{target} exists; --replace keeps it under another name and takes its place"
                )
        if unknown := [part.name for part in manifest.files if part.name not in FILES]:
            raise BadArchive(f"{len(unknown)} files in it are none of epihub's")
        require_room(self.place.data_dir, manifest.bytes)

    async def _store(self, part: StorePart) -> None:
        if self.place.store_url:
            await restore_postgres(self.archive, part, self.place, self._loaded)
        else:
            self._file_store(part, self.place.data_dir / DATABASE, STORE)
        told = ", ".join(f"{name} {count}" for name, count in part.counts.items())
        self.lines.append(f"kho / store: {self.place.store_name} ({told})")

    def _alarms(self, part: StorePart) -> None:
        target = self.place.alarms
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file_store(part, target, ALARMS)
        self.lines.append(f"cảnh báo của trạm / alarms of the edge: {target}")

    def _file_store(self, part: StorePart, target: Path, section: str) -> None:
        lock = StoreLock(target)
        lock.take()
        try:
            with _built(target) as fresh:
                restore_sqlite(self.archive, part, fresh, self._loaded, section)
                self._put(fresh, target)
        finally:
            lock.free()

    def _spool(self, part: SpoolPart) -> None:
        target = self.place.spool
        if held := held_by(target):
            self.lines.append(f"hàng đợi / spool: {target} holds {held} rows: left as it is")
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _built(target) as fresh:
            restore_spool(self.archive, part, fresh, self._loaded)
            self._put(fresh, target)
        self.lines.append(f"hàng đợi / spool: {target} ({part.events} events, {part.captures} captures)")

    def _file(self, part: FilePart, content: bytes) -> None:
        target = self.place.data_dir / FILES[part.name]
        if target.exists():
            same = target.read_bytes() == content
            self.lines.append(f"tệp / file: {target} {'is the same' if same else 'exists: left as it is'}")
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(target.parent)
        self.lines.append(f"tệp / file: {target}")

    def _put(self, fresh: Path, target: Path) -> None:
        """Swap atomically; what was there stays beside, with its WAL in it."""
        if target.exists():
            _settle(target)
            aside = _free_name(target.with_name(f"{target.name}.before-restore-{self.stamp}"))
            for side in _SIDES[1:]:
                with suppress(FileNotFoundError):
                    target.with_name(target.name + side).rename(aside.with_name(aside.name + side))
            os.link(target, aside)
            self.lines.append(f"bản cũ / the old one: {aside}")
        for side in _SIDES[1:]:  # a WAL that is left would be applied to the new file
            target.with_name(target.name + side).unlink(missing_ok=True)
        fresh.replace(target)
        sync_folder(target.parent)

    def _loaded(self, rows: int) -> None:
        self._rows += rows
        self._progress(self._rows, self.archive.manifest.rows)


@contextmanager
def _built(target: Path) -> Iterator[Path]:
    """The name under which a new file is built; nothing of it is left, nor of a killed restore."""
    fresh = target.with_name(f"{target.name}.restoring")
    _remove(fresh)
    try:
        yield fresh
    finally:
        _remove(fresh)


def _remove(fresh: Path) -> None:
    for side in _SIDES:
        fresh.with_name(fresh.name + side).unlink(missing_ok=True)


def _free_name(path: Path) -> Path:
    """Two restores of one second must not meet."""
    names = (path if number == 1 else path.with_name(f"{path.name}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _settle(path: Path) -> None:
    """Bring the WAL into the file, where the file still allows it; else it is kept beside it."""
    with suppress(apsw.Error):
        connection = apsw.Connection(str(path))
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.close()
