"""``epihub verify``: a backup put back into a temporary place, or the store as it is, looked through."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import apsw

from hub.alarms.incidents.entries import Head
from hub.alarms.rules import INFINITE
from hub.backup.place import FILES, Place
from hub.backup.room import require_room
from hub.backup.spool import copy_spool
from hub.backup.spool import snapshot as spool_snapshot
from hub.backup.spool_checks import check_spool
from hub.backup.stores import ALARMS
from hub.errors import OperatorError
from hub.spool.schema import open_reader
from storage.archive import Archive, BadArchive, SpoolPart, StorePart
from storage.contract import StoreReader, Watermark
from storage.cursors import LARGEST_PAGE
from storage.open import DATABASE
from storage.restored import COUNTED
from storage.sqlite.backup import STORE, copy_file, snapshot
from storage.sqlite.checks import Finding, check_all
from storage.sqlite.checks.alarms import Prover
from storage.sqlite.connection import connect_reader, unavailable
from storage.sqlite.schema import migrate, newest_version, version_of

Progress = Callable[[int, int], None]  # rows so far, rows in all

_KEPT = "SELECT id, deleted_number, events, results, readings, poison FROM store"
_WATERMARKS = "SELECT edge, epoch, seq, id FROM epoch WHERE seq IS NOT NULL ORDER BY number"


def verify_backup(archive: Archive, scratch: Path | None, progress: Progress) -> Iterator[Finding]:
    """Restore into a temporary folder (in ``scratch``), check there, leave nothing behind.

    A damaged file is a Finding; OperatorError says that it could not be looked at.
    """
    manifest = archive.manifest
    with tempfile.TemporaryDirectory(prefix="epihub-verify-", dir=scratch) as name:
        folder = Path(name)
        require_room(folder, manifest.bytes)
        loaded = _Loaded(archive, progress)
        yield from _files(archive)
        if manifest.spool:
            yield from _spool(archive, manifest.spool, folder / "spool.db", loaded)
        if manifest.store:
            yield from _store(archive, manifest.store, folder / DATABASE, loaded)
        if manifest.alarms:
            yield from of_edge(_store(archive, manifest.alarms, folder / "alarms.db", loaded, ALARMS))


def verify_place(place: Place) -> Iterator[Finding]:
    """Check the spool and the SQLite store of a data directory, each in one read transaction, as they run.

    A PostgreSQL store is looked through as a backup of it (``epihub verify`` makes one and throws it away).
    """
    has_store = (place.data_dir / DATABASE).exists()
    if not has_store and not place.spool.exists():
        raise OperatorError(f"neither {place.store_name} nor {place.spool} is there")
    yield from verify_spool(place)
    if has_store:
        yield from verify_store(place)
    yield from verify_edge_alarms(place)


def verify_spool(place: Place) -> Iterator[Finding]:
    """Check the spool alone; nothing where there is none."""
    if place.spool.exists():
        with spool_snapshot(place.spool) as moment:
            yield from check_spool(moment.connection)


def verify_edge_alarms(place: Place) -> Iterator[Finding]:
    """Check the small store of an edge that judges by itself; nothing where there is none."""
    if place.alarms.exists():
        yield from of_edge(_look_through(place.alarms))


def of_edge(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The same, said of an edge's own alarms."""
    return (finding._replace(what=f"edge: {finding.what}") for finding in findings)


def verify_store(place: Place) -> Iterator[Finding]:
    """Check the store alone."""
    return _look_through(place.data_dir / DATABASE)


def _look_through(path: Path) -> Iterator[Finding]:
    with snapshot(path) as found:
        version = version_of(found.connection)
        if version != newest_version():
            raise OperatorError(
                f"{path} has schema {version}, this epihub {newest_version()}: "
                "start the hub once, or verify a backup of it"
            )
        yield from check_all(found.connection)


async def verify_alarms(reader: StoreReader) -> list[Finding]:
    """Check the ledger of incidents and how they stand; the store may run, SQLite or PostgreSQL.

    A device that goes out of service meanwhile changes how its incidents stand: what is wrong is asked again.
    """
    found = await _alarms(reader)
    return found if all(finding.good for finding in found) else await _alarms(reader)


async def _alarms(reader: StoreReader) -> list[Finding]:
    """Up to where the ledger stands at the beginning."""
    standing = await reader.alarm_standing(INFINITE)
    head, prover = Head(standing.number, standing.hash.hex()), Prover()
    number = opened = 0
    while entries := await reader.incident_entries(number, limit=LARGEST_PAGE):
        for entry in entries:
            if entry.number <= head.number:
                prover.take(entry)
        number = entries[-1].number
    while rows := await reader.incident_rows(opened, limit=LARGEST_PAGE):
        for row in rows:
            prover.compare(row)
        opened = rows[-1].opened
    return list(prover.findings(head))


class _Loaded:
    """Counts rows over all parts."""

    def __init__(self, archive: Archive, progress: Progress) -> None:
        self.total = archive.manifest.rows
        self.rows = 0
        self._progress = progress

    def __call__(self, rows: int) -> None:
        self.rows += rows
        self._progress(self.rows, self.total)


def _files(archive: Archive) -> Iterator[Finding]:
    for part in archive.manifest.files:
        what = f"tệp / file {part.name[:40]}"
        try:
            archive.file(part)
        except BadArchive as error:
            yield Finding(False, what, str(error))
        else:
            yield Finding(part.name in FILES, what, f"{part.bytes} B, SHA-256 ok")


def _spool(archive: Archive, part: SpoolPart, path: Path, loaded: _Loaded) -> Iterator[Finding]:
    what = "mọi dòng của hàng đợi / every row of the spool"
    try:
        copy_spool(archive, part, path, loaded)
    except BadArchive as error:
        yield Finding(False, what, str(error))
        return
    db = open_reader(path)
    try:
        held = db.execute("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM capture)").fetchall()[0]
        yield Finding(held == (part.events, part.captures), what, "every row, SHA-256 ok")
        yield from check_spool(db)
    finally:
        db.close()


def _store(
    archive: Archive, part: StorePart, path: Path, loaded: _Loaded, section: str = STORE
) -> Iterator[Finding]:
    what = "mọi dòng của kho / every row of the store"
    try:
        copy_file(archive, part, path, loaded, section)
    except BadArchive as error:
        yield Finding(False, what, str(error))
        return
    yield Finding(True, what, f"{sum(table.rows for table in part.tables)}, SHA-256 ok, schema {part.schema}")
    try:
        yield _as_told(path, part)
        _migrate(path)
        connection = connect_reader(path)
        try:
            connection.execute("BEGIN")
            yield from check_all(connection)
        finally:
            connection.close()
    except apsw.Error as error:
        raise unavailable(error) from error


def _as_told(path: Path, part: StorePart) -> Finding:
    """The restored store row and the watermarks are those of the manifest."""
    connection = connect_reader(path)
    try:
        store_id, deleted, *counts = connection.execute(_KEPT).fetchall()[0]
        marks = tuple(Watermark(*row) for row in connection.execute(_WATERMARKS))
    finally:
        connection.close()
    kept = (store_id, deleted, dict(zip(COUNTED, counts, strict=True)), marks)
    good = kept == (part.id, part.deleted_number, part.counts, part.watermarks)
    return Finding(good, "bản kê / manifest", f"store {part.id}, {len(part.watermarks)} watermarks")


def _migrate(path: Path) -> None:
    connection = apsw.Connection(str(path))
    try:
        migrate(connection)
    finally:
        connection.close()
