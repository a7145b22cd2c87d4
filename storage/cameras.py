"""What the store keeps of cameras: what each told last, and since when it stood in what state.

A telling (camera.health.v1) says that one state stood from its ``since`` to its own time. Tellings with one
``since`` and reason are one row, so neither their order nor their number changes what is stored. What nobody
told is unknown, neither up nor down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

# A telling comes at each change and every 300 s: two that did not come, and a minute.
HOLD_MS = 660_000
MOST_PERIODS = 50_000
MOST_CAMERA_DAYS = 400_000
UP = frozenset({"ONLINE", "DEGRADED"})
DOWN, MAINTENANCE, UNKNOWN = "OFFLINE", "MAINTENANCE", "UNKNOWN"
SILENT = "camera.silent"


class ToldPeriod(NamedTuple):
    """A row of camera_period: ``state`` stood from ``from_ms``, and was told to stand until ``to_ms``.

    With this reason it was first told at ``told_ms``; ``faults``: every one that was told then.
    """

    device: str
    edge: str
    site: str
    from_ms: int
    told_ms: int
    to_ms: int
    state: str
    reason: str
    faults: tuple[str, ...] = ()


class CameraPeriod(NamedTuple):
    """A piece of a camera's time, ``to_ms`` exclusive; UNKNOWN with the reason SILENT: nobody told."""

    from_ms: int
    to_ms: int
    state: str
    reason: str
    faults: tuple[str, ...] = ()


class Uptime(NamedTuple):
    """How a window of time divides, in ms, and how often a camera was lost (``outages``) and came back."""

    up_ms: int = 0
    down_ms: int = 0
    maintenance_ms: int = 0
    unknown_ms: int = 0
    outages: int = 0
    reconnects: int = 0

    @property
    def share(self) -> float | None:
        """Of the time that is known, maintenance included; None: nothing is."""
        return _share(self.up_ms, self.up_ms + self.down_ms + self.maintenance_ms)

    @property
    def share_without_maintenance(self) -> float | None:
        """Of the time that is known, maintenance left out."""
        return _share(self.up_ms, self.up_ms + self.down_ms)

    @property
    def unknown_share(self) -> float | None:
        """Of the whole window."""
        return _share(self.unknown_ms, sum(self[:4]))

    @property
    def between_outages_ms(self) -> int | None:
        """Mean time between failures: time up for each outage; None: none."""
        return self.up_ms // self.outages if self.outages else None


class KnownCamera(NamedTuple):
    """A camera that told something: where it stood last, and when that began which it told first."""

    device: str
    site: str
    first_ms: int


class CameraDay(NamedTuple):
    """A camera's day that begins at ``start_ms``, today as far as now; ``site``: its last of that day."""

    start_ms: int
    site: str
    device: str
    uptime: Uptime


@dataclass(frozen=True, slots=True)
class CameraDayFilter:
    """Which days: when each begins (in order), then when the last one ends; None is any."""

    begins_ms: Sequence[int]
    now_ms: int
    site: str | None = None
    device: str | None = None


class CameraReader(Protocol):
    """Part of StoreReader."""

    async def cameras(self, device: str | None = None) -> list[dict[str, Any]]:
        """What each camera told last (rows.event_row of its camera.health.v1), by device and edge."""
        ...

    async def camera_periods(self, device: str, from_ms: int, to_ms: int) -> Sequence[ToldPeriod]:
        """What storage.camera_times needs to know of a camera's time from ``from_ms`` to ``to_ms``.

        Raises TooManyRows over 50,000.
        """
        ...

    async def camera_days(self, wanted: CameraDayFilter) -> list[CameraDay]:
        """By device and day, from that of its first telling on; raises TooManyRows over 400,000."""
        ...


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
