"""What the deliverer's process must know; it holds secrets, so it goes by stdin."""

from pathlib import Path
from typing import Literal

import msgspec

from hub.feeds.contract import FeedSettings
from storage.contract import StoreReader
from storage.open import open_reader

SOCKET = "deliverer.sock"


class DelivererSettings(msgspec.Struct, frozen=True):
    """``hub_socket``: where the hub takes what is settled; ``destinations``: those of the configuration."""

    data_dir: str
    store_url: str | None
    store_password: str | None
    socket: str
    hub_socket: str
    log_format: Literal["auto", "json", "terminal"]
    log_level: str
    destinations: tuple[FeedSettings, ...]

    def __repr__(self) -> str:
        return "DelivererSettings()"

    def reader(self) -> StoreReader:
        """Not opened yet."""
        return open_reader(self.store_url, Path(self.data_dir), password=self.store_password)
