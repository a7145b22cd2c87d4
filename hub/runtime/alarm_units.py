"""Devices as the store and their statuses tell of them, to units that rules watch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.alarms.inhibition import Level, Place
from hub.alarms.keeper import Unit
from hub.alarms.profile_choice import rules_for
from hub.alarms.settings_in_force import Settings
from hub.events import Event
from hub.payloads import DeviceStatus
from hub.sink.machine_readings import CAMERA_KIND
from storage.contract import Row

EDGE, GATEWAY, SWITCH, HUB = "edge", "gateway", "switch", "hub"
_LEVELS = {HUB: Level.HUB, EDGE: Level.NETWORK, GATEWAY: Level.GATEWAY, SWITCH: Level.GATEWAY}


@dataclass(frozen=True, slots=True)
class ToldDevice:
    """What is known of a device; ``edge`` is its own id where it is an edge itself. Empty: not told."""

    device: str
    site: str
    edge: str
    kind: str
    profile: str
    gateway: str = ""

    @classmethod
    def of_row(cls, row: Row, gateway: str) -> "ToldDevice":
        """As ``StoreReader.devices`` gives it."""
        kind = row["kind"] or ""
        edge = row["device"] if kind == EDGE else row["edge"]
        return cls(row["device"], row["site"], edge, kind, row["profile"] or "", gateway)

    @classmethod
    def of_status(cls, event: Event, status: DeviceStatus) -> "ToldDevice":
        kind = status.kind or ""
        edge = event.device if kind == EDGE else event.edge
        return cls(event.device, event.site, edge, kind, status.profile or "", status.gateway or "")

    @property
    def upstream(self) -> "ToldDevice | None":
        """The gateway it hangs on, of a camera its switch."""
        kind = SWITCH if self.kind == CAMERA_KIND else GATEWAY
        return ToldDevice(self.gateway, self.site, self.edge, kind, "") if self.gateway else None


class Units:
    """``power``: the configured group of each device that has one."""

    def __init__(self, settings: Settings, power: Mapping[str, str]) -> None:
        self._settings = settings
        self._versions = settings.versions()
        self._kinds = settings.kinds()
        self._power = power

    def of(self, told: ToldDevice, now_ms: int) -> Iterator[Unit]:
        """The device and its gateway, those of them that rules watch."""
        self._settings.hang(told.device, told.gateway, now_ms)
        for each in (told, told.upstream):
            versions = rules_for(each.profile, each.kind, self._versions, self._kinds) if each else ()
            if each and versions:
                since_ms = self._settings.known_from(each.device, now_ms)
                calibrations = self._settings.calibrations.counted_of(each.device)
                yield Unit(
                    each.device,
                    each.site,
                    versions,
                    since_ms,
                    calibrations=calibrations,
                    place=self._place(each),
                )

    def _place(self, told: ToldDevice) -> Place:
        level = _LEVELS.get(told.kind, Level.DEVICE)
        return Place(told.site, level, told.edge, told.gateway, self._power.get(told.device, ""))
