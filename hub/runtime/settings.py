"""What a child process must know, in a form that can be handed to it: paths, not open certificates."""

import ssl
from pathlib import Path
from typing import Literal

import msgspec

from hub.alarms.rules import Profile
from hub.mqtt.connection import BrokerAddress
from hub.mqtt.tls import pinned, trusting
from hub.notify.settings import NotifySettings
from hub.runtime.hub_place import HubPlace
from storage.contract import EventStore, StoreReader
from storage.open import open_reader, open_store
from storage.retention import DEFAULT, for_months


class Dial(msgspec.Struct, frozen=True):
    """How a process reaches the bus.

    ``tls``: none, verified by ``ca_file`` (None: the system's list), or pinned to it: our own broker on
    this machine, dialled by an address that its certificate need not name.
    """

    host: str
    port: int
    username: str
    password: str
    tls: Literal["none", "verified", "pinned"] = "none"
    ca_file: str | None = None

    def address(self) -> BrokerAddress:
        """Reads the certificate; raises ConfigError."""
        return BrokerAddress(self.host, self.port, self.username, self.password, self._context())

    def _context(self) -> ssl.SSLContext | None:
        match self.tls:
            case "none":
                return None
            case "pinned":
                return pinned(Path(self.ca_file or ""))
        return trusting(Path(self.ca_file) if self.ca_file else None)


LISTS = "lists"  # their folder in the data directory
READY = "ready"  # what a hub beside says once it serves


class HubSettings(msgspec.Struct, frozen=True):
    """For the hub as a process of its own; it holds passwords, so it goes by stdin and nowhere else."""

    data_dir: str
    store_url: str | None
    store_password: str | None
    readings_months: int
    timezone: str
    socket: str
    dial: Dial
    log_format: Literal["auto", "json", "terminal"]
    log_level: str
    profiles: tuple[Profile, ...] = ()
    notify: NotifySettings = NotifySettings()
    place: HubPlace = HubPlace()
    visit_keep_days: int = DEFAULT.visits_days

    @property
    def lists_dir(self) -> Path:
        """Where the lists of people lie."""
        return Path(self.data_dir) / LISTS

    def store(self) -> EventStore:
        """The sink's side of the store, not opened yet."""
        return open_store(
            self.store_url,
            Path(self.data_dir),
            password=self.store_password,
            timezone=self.timezone,
            retention=for_months(self.readings_months, self.visit_keep_days),
        )

    def reader(self) -> StoreReader:
        """The reading side of the store, not opened yet."""
        return open_reader(self.store_url, Path(self.data_dir), password=self.store_password)
