"""Small sealed files that the devices of an edge keep (``Outlet.keep``): one a name, whole or as it was.

``<data_dir>/device-files/<device>/<name>``, under the key of captures; device and name are bound in, so that
files cannot be swapped. They are in no backup: what stands in them is learnt again.
"""

import asyncio
import logging
import re
from collections.abc import Collection
from pathlib import Path

from hub.errors import OperatorError, StoreUnavailable
from hub.private_file import keep_only, write_private
from hub.vault import Sealer

FOLDER = "device-files"  # in the data directory
LARGEST_BYTES = 256 * 1024
MOST_FILES = 16  # of one device
_SEAL_BYTES = 64  # nonce and tag take 28
_NAME = re.compile(r"[a-z0-9_-]{1,64}\Z")
log = logging.getLogger(__name__)


class DeviceFiles:
    """``sealer``: of its own, and used in the loop's thread alone."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer

    async def keep(self, device: str, name: str, data: bytes) -> None:
        """On disk when it returns; raises ValueError, or NotCommitted: it is as it was."""
        if len(data) > LARGEST_BYTES:
            raise ValueError(f"a kept file has {LARGEST_BYTES} bytes at most")
        path = self._path(device, name)
        sealed = self._sealer.seal(_bound(device, name), data)
        try:
            await asyncio.to_thread(_write, path, sealed)
        except OSError as error:
            raise StoreUnavailable(f"a file of a device cannot be written ({error.strerror})") from error

    async def kept(self, device: str, name: str) -> bytes:
        """Empty: there is none, or it cannot be opened any more."""
        path = self._path(device, name)
        try:
            sealed = await asyncio.to_thread(_read, path)
            return self._sealer.open(_bound(device, name), sealed) if sealed else b""
        except (OSError, OperatorError, ValueError) as error:
            log.warning(
                "a kept file is not used",
                extra={"device": device, "file": name, "reason": type(error).__name__},
            )
            return b""

    async def keep_only(self, devices: Collection[str]) -> None:
        """Delete what other devices kept: they are here no more."""
        try:
            await asyncio.to_thread(keep_only, self._folder, frozenset(devices))
        except OSError as error:
            log.warning("files of other devices stay", extra={"reason": error.strerror or "unknown"})

    def _path(self, device: str, name: str) -> Path:
        if not _NAME.match(device) or not _NAME.match(name):
            raise ValueError("a kept file is named [a-z0-9_-]{1,64}")
        return self._folder / device / name


def _bound(device: str, name: str) -> bytes:
    return f"device-file/{device}/{name}".encode()


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists() and sum(1 for _ in path.parent.iterdir()) >= MOST_FILES:
        raise OSError(28, "too many files of one device")
    write_private(path, sealed)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + _SEAL_BYTES)
    except FileNotFoundError:
        return b""
