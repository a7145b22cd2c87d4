"""What one device keeps beside its messages: pictures, and small files of its own."""

from collections.abc import Callable
from pathlib import Path

from hub.contract import Snapshot
from hub.edge.device_files import FOLDER as FILES
from hub.edge.device_files import DeviceFiles
from hub.edge.picture_folder import FOLDER as PICTURES
from hub.edge.picture_folder import PictureFolder
from hub.edge.snapshots import Snapshots
from hub.streams.clock import now_ms
from hub.vault import Sealer

KEEP_HOURS = 24


class DevicePictures:
    """``device`` under ``snapshots`` and ``files`` of its edge."""

    def __init__(self, device: str, snapshots: Snapshots, files: DeviceFiles) -> None:
        self._device = device
        self._snapshots = snapshots
        self._files = files

    def take(self, snapshot: Snapshot) -> None:
        """Raises ValueError: it is no picture of this device."""
        if snapshot.device != self._device:
            raise ValueError("a picture of another device")
        self._snapshots.take(snapshot)

    @property
    def looked_at(self) -> bool:
        return self._snapshots.looked_at(self._device)

    async def keep(self, name: str, data: bytes) -> None:
        await self._files.keep(self._device, name, data)

    async def kept(self, name: str) -> bytes:
        return await self._files.kept(self._device, name)


class EdgePictures:
    """Of all devices of one edge; ``sealer`` makes one of its own for each folder."""

    def __init__(self, data_dir: Path, sealer: Callable[[], Sealer], keep_hours: int = KEEP_HOURS) -> None:
        self.snapshots = Snapshots(PictureFolder(data_dir / PICTURES, sealer()), keep_hours, now_ms)
        self.files = DeviceFiles(data_dir / FILES, sealer())
        self._devices: set[str] = set()

    def of(self, device: str, *, kept: bool) -> DevicePictures:
        """``kept``: whether pictures of it may be; else whatever it gives is forgotten at once."""
        self._devices.add(device)
        if kept:
            self.snapshots.cameras.add(device)
        return DevicePictures(device, self.snapshots, self.files)

    async def run(self) -> None:
        """Forget devices that are here no more; then write pictures until cancelled."""
        await self.files.keep_only(self._devices)
        await self.snapshots.run()
