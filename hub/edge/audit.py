"""Who looked at raw messages of this edge, and why; who decided what about its deliveries and orders.

Append-only files, one JSON object a line, mode 0600, beside the keys that open what was looked at. A row is
on disk before anybody sees a byte, or anything is changed. They never leave the edge: a reason may name
a person.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec

from hub.errors import OperatorError

LONGEST_REASON = 500
SHORTEST_REASON = 5
NOT_KEPT = "the audit row cannot be written"
MOST_ROWS = 1000  # of one answer
_LONGEST_LINE = 4096

By = Literal["api", "console", "command"]


class Look(msgspec.Struct, frozen=True):
    """``by``: id of the vault key, or the account on this machine; ``session``: who was signed in besides."""

    at: str
    by: str
    through: By
    capture: str
    device: str
    reason: str
    session: str = ""


class Decision(msgspec.Struct, frozen=True):
    """``action`` as the local socket names it; ``what``: the forward or order; ``capture`` "": all of it."""

    at: str
    by: str
    through: By
    action: str
    what: str
    capture: str = ""
    session: str = ""


R = TypeVar("R", bound=msgspec.Struct)
_encode = msgspec.json.Encoder().encode


def reason_of(text: str) -> str:
    """``text`` on one line; raises OperatorError when it says nothing, or too much."""
    reason = " ".join(text.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise OperatorError(f"a reason has {SHORTEST_REASON} to {LONGEST_REASON} characters")
    return reason


class Trail(Generic[R]):
    """``write`` returns when the row is on disk; ``newest`` reads back."""

    def __init__(self, path: Path, row: type[R]) -> None:
        self._path = path
        self._decode = msgspec.json.Decoder(row).decode
        self._alone = asyncio.Lock()

    async def write(self, row: R) -> None:
        """Raises OperatorError when it cannot be kept: then nothing may be shown, or done."""
        async with self._alone:
            try:
                await asyncio.to_thread(_append, self._path, _encode(row) + b"\n")
            except OSError as error:
                raise OperatorError(f"{NOT_KEPT} ({error.strerror}); nothing is shown or done") from error

    async def newest(self, limit: int = 100) -> list[R]:
        """The newest first; raises OperatorError when the file cannot be read."""
        try:
            return await asyncio.to_thread(_newest, self._path, max(1, min(limit, MOST_ROWS)), self._decode)
        except OSError as error:
            raise OperatorError(f"the audit file cannot be read ({error.strerror})") from error


class AuditTrail(Trail[Look]):
    """The audit of raw looks."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Look)


class DecisionTrail(Trail[Decision]):
    """The audit of decisions."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Decision)


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        torn = size and os.pread(file, 1, size - 1) != b"\n"  # power went while a row was written
        whole = b"\n" + line if torn else line
        if os.write(file, whole) != len(whole):
            raise OSError(28, "No space left on device")
        os.fsync(file)
    finally:
        os.close(file)
    if fresh:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _newest(path: Path, limit: int, decode: Callable[[bytes], R]) -> list[R]:
    """Rows that were torn by a power cut were never answered; they are left out."""
    rows: deque[R] = deque(maxlen=limit)
    try:
        with path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                try:
                    rows.append(decode(line))
                except msgspec.DecodeError:
                    continue
    except FileNotFoundError:
        return []
    return list(reversed(rows))
