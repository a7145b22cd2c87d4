"""Sealed pictures on the disk of an edge: ``<camera>/{latest,reference,event-<Unix ms>}``, mode 0600.

Camera and file name are bound in, so that files cannot be swapped.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from hub.contract import Snapshot, SnapshotKind
from hub.errors import OperatorError
from hub.private_file import keep_only, write_private
from hub.vault import Sealer

FOLDER = "pictures"  # in the data directory
MOST_EVENTS = 200  # of one camera; the oldest go first
_LARGEST_FILE_BYTES = 2 << 20
_EVENT = "event-"
_decode = msgspec.msgpack.Decoder(Snapshot).decode
_encode = msgspec.msgpack.Encoder().encode
log = logging.getLogger(__name__)


class PictureFolder:
    """``sealer``: of its own. One ``write`` at a time; reading beside it is fine."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer

    async def write(self, snapshots: Sequence[Snapshot]) -> None:
        """Raises OSError; those before the one that failed are written."""
        await asyncio.to_thread(self._write, snapshots)

    async def read(self, device: str, kind: SnapshotKind, at_ms: int | None = None) -> Snapshot | None:
        """``at_ms``: of an event, None: the newest. None: there is none, or it cannot be opened any more."""
        return await asyncio.to_thread(self._read, device, kind, at_ms)

    async def events(self, device: str) -> list[int]:
        """Times (Unix ms) of the pictures of its events, the newest first."""
        return await asyncio.to_thread(self._events, device)

    async def prune(self, before_ms: int) -> int:
        """Delete pictures of events taken before; how many. Raises OSError."""
        return await asyncio.to_thread(self._prune, before_ms)

    async def keep_only(self, devices: Collection[str]) -> None:
        """Delete all pictures of other devices. Raises OSError."""
        await asyncio.to_thread(keep_only, self._folder, frozenset(devices))

    def _write(self, snapshots: Sequence[Snapshot]) -> None:
        for snapshot in snapshots:
            name = f"{_EVENT}{snapshot.at_ms}" if snapshot.kind == "event" else snapshot.kind
            path = self._folder / snapshot.device / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            sealed = self._sealer.seal(_bound(snapshot.device, name), _encode(snapshot))
            write_private(path, sealed, durable=snapshot.kind != "latest")
            if snapshot.kind == "event":
                for at_ms in self._events(snapshot.device)[MOST_EVENTS:]:
                    (path.parent / f"{_EVENT}{at_ms}").unlink(missing_ok=True)

    def _read(self, device: str, kind: SnapshotKind, at_ms: int | None) -> Snapshot | None:
        name: str = kind
        if kind == "event":
            times = [at_ms] if at_ms is not None else self._events(device)[:1]
            if not times:
                return None
            name = f"{_EVENT}{times[0]}"
        try:
            with (self._folder / device / name).open("rb") as file:
                sealed = file.read(_LARGEST_FILE_BYTES)
            return _decode(self._sealer.open(_bound(device, name), sealed))
        except FileNotFoundError:
            return None
        except (OSError, OperatorError, msgspec.DecodeError, ValueError) as error:
            reason = type(error).__name__
            log.warning("a kept picture is not used", extra={"device": device, "reason": reason})
            return None

    def _events(self, device: str) -> list[int]:
        names = (path.name.removeprefix(_EVENT) for path in (self._folder / device).glob(f"{_EVENT}*"))
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def _prune(self, before_ms: int) -> int:
        old = [
            folder / f"{_EVENT}{at_ms}"
            for folder in self._folder.glob("*")
            for at_ms in self._events(folder.name)
            if at_ms < before_ms
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _bound(device: str, name: str) -> bytes:
    return f"picture/{device}/{name}".encode()
