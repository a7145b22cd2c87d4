"""A watched folder: which of its files are whole, their bytes, and where they go afterwards.

Blocking calls of the file system; the adapter makes them in a thread. Nothing outside the folder is ever
opened: only regular files directly in it, by O_NOFOLLOW, so that a link leads nowhere.
"""

import os
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

DONE, REJECTED = "done", "rejected"
MOST_FILES = 10_000  # looked at in one scan


class Seen(NamedTuple):
    """How a file looked; the same twice means that nobody wrote to it."""

    inode: int
    size: int
    mtime_ns: int


@dataclass
class DropFolder:
    """``stable_seconds``: a file is whole when it looked the same for so long; one that is open in another
    program, or lacks its end, when nobody touched it for ``unfinished_seconds``.

    ``waits``: whether there are such. ``settled``: files that were committed and could not be moved yet:
    their digest and where they belong.
    """

    path: Path
    patterns: tuple[str, ...]
    stable_seconds: float
    file_max_bytes: int
    unfinished_seconds: float = 0
    waits: bool = False
    settled: dict[str, tuple[str, str]] = field(default_factory=dict)
    _since: dict[str, tuple[Seen, float]] = field(default_factory=dict)
    _postponed: dict[str, Seen] = field(default_factory=dict)

    def whole(self, now: float) -> list[str]:
        """Names of files that are whole, the oldest first; ``now`` in seconds. Raises OSError."""
        found, locks = self._scan(now)
        self._since = found
        self._postponed = {
            name: seen for name, seen in self._postponed.items() if name in found and found[name][0] == seen
        }
        old = [name for name, (_, since) in found.items() if now - since >= self.stable_seconds]
        stable = [name for name in old if now - found[name][1] >= self._patience(name, locks)]
        self.waits = len(stable) < len(old)
        return sorted(stable, key=lambda name: (found[name][0].mtime_ns, name))

    def _scan(self, now: float) -> tuple[dict[str, tuple[Seen, float]], set[str]]:
        """How each file looks and since when, and the locks beside them."""
        found: dict[str, tuple[Seen, float]] = {}
        locks: set[str] = set()
        with os.scandir(self.path) as entries:
            for entry in entries:
                if len(found) >= MOST_FILES:
                    break
                if _is_lock(entry.name) and len(locks) < MOST_FILES:
                    locks.add(entry.name)
                seen = self._look(entry)
                if seen is not None:
                    before = self._since.get(entry.name)
                    found[entry.name] = before if before and before[0] == seen else (seen, now)
        return found, locks

    def postpone(self, name: str) -> bool:
        """Wait for the end of a file; False: it was waited for long enough."""
        if self._postponed.get(name) == self._since[name][0] or not self.unfinished_seconds:
            return False
        self._postponed[name] = self._since[name][0]
        return True

    def _patience(self, name: str, locks: set[str]) -> float:
        is_open = not locks.isdisjoint((f"~${name}", f".~lock.{name}#", f"{name}.lock"))
        if is_open or name in self._postponed:
            return max(self.stable_seconds, self.unfinished_seconds)
        return self.stable_seconds

    def _look(self, entry: "os.DirEntry[str]") -> Seen | None:
        if entry.name.startswith((".", "~$")) or not any(
            fnmatchcase(entry.name.lower(), p) for p in self.patterns
        ):
            return None
        told = entry.stat(follow_symlinks=False)
        return _seen(told) if stat.S_ISREG(told.st_mode) else None

    def read(self, name: str) -> bytes | None:
        """The bytes, one more than allowed at most; None: somebody writes to it after all. Raises OSError."""
        handle = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            told = os.fstat(handle)
            if not stat.S_ISREG(told.st_mode) or _seen(told) != self._since[name][0]:
                return None
            raw = file.read(self.file_max_bytes + 1)
            return raw if _seen(os.fstat(handle)) == _seen(told) else None

    def put_away(self, name: str, into: str, mark: str) -> None:
        """Move a file into one of our two folders; ``mark`` tells it from another of its name."""
        folder = self.path / into
        folder.mkdir(mode=0o750, exist_ok=True)
        if folder.is_symlink():
            raise NotADirectoryError(f"{into} is a link")
        target = folder / name
        (self.path / name).rename(folder / f"{mark[:16]}-{name}" if target.exists() else target)
        self._since.pop(name, None)
        self.settled.pop(name, None)


def _is_lock(name: str) -> bool:
    """What Excel, LibreOffice and others put beside a file that is open."""
    return name.startswith(("~$", ".~lock.")) or name.endswith(".lock")


def _seen(told: os.stat_result) -> Seen:
    return Seen(told.st_ino, told.st_size, told.st_mtime_ns)
