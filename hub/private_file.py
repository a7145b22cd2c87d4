"""Files that only we may read, written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, contents: str | bytes, *, durable: bool = True) -> None:
    """Replace ``path`` atomically with mode 0600; on disk when it returns. Raises OSError.

    Not ``durable``: a power cut may leave it empty; for what is written again soon.
    """
    raw = contents.encode() if isinstance(contents, str) else contents
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_directory(path.parent)


def keep_only(folder: Path, names: Collection[str]) -> None:
    """Delete every folder in it that has none of these names. Raises OSError."""
    for inside in folder.glob("*"):
        if inside.name not in names:
            with suppress(FileNotFoundError):
                shutil.rmtree(inside)


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
