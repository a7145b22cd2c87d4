"""One epihub for a data directory: the second one is told so before it touches anything."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import OperatorError

PATIENCE_SECONDS = 2.0  # the kernel may still be ending one that was killed a moment ago


@contextmanager
def alone_in(data_dir: Path, role: str) -> Iterator[None]:
    """Hold the lock of a role (edge, hub); raises OperatorError naming the process that has it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(data_dir / f"{role}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OperatorError(f"{data_dir}: {error.strerror}") from error
    try:
        _take(lock, data_dir)
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        os.close(lock)


def _take(lock: int, data_dir: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = os.pread(lock, 20, 0).decode("ascii", "replace") or "?"
                raise OperatorError(
                    f"{data_dir} is in use by another epihub (process {owner}); "
                    "stop it, or choose another directory with --data"
                ) from None
            time.sleep(0.05)
