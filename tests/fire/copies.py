"""Copies of the databases, taken and put back as an operator would."""

from pathlib import Path

import apsw


def copy_database(path: Path, target: Path) -> None:
    """A copy that is whole, also while somebody writes: SQLite's own backup."""
    source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    source.set_busy_timeout(5000)
    copy = apsw.Connection(str(target))
    with copy.backup("main", source, "main") as backup:
        while not backup.done:
            backup.step(1000)
    copy.close()
    source.close()


def put_back(copy: Path, path: Path) -> None:
    """Replace a database nobody has open; a stale WAL would be applied to the copy."""
    remove_database(path)
    path.write_bytes(copy.read_bytes())
    path.chmod(0o600)


def remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
