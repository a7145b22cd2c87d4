"""What the projector's process must know; it holds passwords, so it goes by stdin."""

from pathlib import Path
from typing import Literal

import msgspec

from storage.contract import StoreReader
from storage.influx.settings import ProjectionSettings
from storage.influx.window import SETTLE_SECONDS
from storage.open import open_reader

SOCKET = "projector.sock"


class ProjectorSettings(msgspec.Struct, frozen=True):
    """``hub``: its name; ``hub_socket``: where the hub takes what is settled; ``health_socket``: of all."""

    hub: str
    data_dir: str
    store_url: str | None
    store_password: str | None
    socket: str
    hub_socket: str
    health_socket: str
    log_format: Literal["auto", "json", "terminal"]
    log_level: str
    projections: tuple[ProjectionSettings, ...]
    settle_seconds: float = SETTLE_SECONDS

    def __repr__(self) -> str:
        return f"ProjectorSettings({self.hub})"

    def reader(self) -> StoreReader:
        """Not opened yet."""
        return open_reader(self.store_url, Path(self.data_dir), password=self.store_password)
