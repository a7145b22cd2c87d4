"""What the alarms of an edge that is apart must know; it holds passwords, so it goes by stdin."""

from pathlib import Path
from typing import Literal

import msgspec

from hub.alarms.rules import Profile
from hub.notify.settings import NotifySettings
from hub.runtime.settings import Dial
from storage.contract import EventStore, StoreReader
from storage.open import open_reader, open_store
from storage.retention import FEWEST_READING_DAYS, Retention

SOCKET = "edge-alarms.sock"
_KEPT = Retention(readings_days=FEWEST_READING_DAYS, hours_days=FEWEST_READING_DAYS)


class EdgeAlarmSettings(msgspec.Struct, frozen=True):
    """``folder``: of their store and the last rules; ``edge_socket``: where the edge takes words for the hub.

    ``profiles`` judge until the hub's list of rules is there; ``power``: the group of devices that have one.
    """

    edge: str
    site: str
    folder: str
    spool: str
    socket: str
    edge_socket: str
    dial: Dial
    timezone: str
    apart_seconds: float
    log_format: Literal["auto", "json", "terminal"]
    log_level: str
    power: dict[str, str] = {}
    profiles: tuple[Profile, ...] = ()
    notify: NotifySettings = NotifySettings()

    def store(self) -> EventStore:
        """Not opened yet."""
        return open_store(None, Path(self.folder), timezone=self.timezone, retention=_KEPT)

    def reader(self) -> StoreReader:
        """Not opened yet."""
        return open_reader(None, Path(self.folder))
