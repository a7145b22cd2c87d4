"""Folders on a disk, for what is killed while it writes: other temporary files of tests may lie in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

DISK = "/var/tmp"  # what lies there outlives a restart (Filesystem Hierarchy Standard 5.15): it is no memory


@contextmanager
def folder_on_disk() -> Iterator[Path]:
    """Of its own, gone at the end."""
    with TemporaryDirectory(prefix="epihub-", dir=DISK, ignore_cleanup_errors=True) as name:
        yield Path(name)
