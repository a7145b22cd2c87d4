"""What there is to tell of a camera, and what was told last."""

from dataclasses import dataclass
from typing import Final

from hub.contract import DeviceState
from hub.payloads import CameraHealth, CameraMode

SWITCH_OFFLINE: Final = "switch_offline"
SWITCH_ONLINE: Final = "switch_online"
MAINTENANCE: Final = "maintenance"
Told = tuple[DeviceState, str]


@dataclass(frozen=True, slots=True)
class StandingSettings:
    """Of one camera. ``offline_seconds``: how long it is away until its device status says so."""

    mode: CameraMode = "continuous"
    offline_seconds: float = 30
    report_seconds: float = 300
    check_seconds: float | None = None
    switch: str = ""
    link: str = ""
    snapshot: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """``health`` is an event of ``at_ms``; ``told``, if any, the state of the device from then on.

    With neither ``told`` nor faults it is another reason, or the report that is due now and then.
    """

    at_ms: int
    health: CameraHealth
    told: Told | None = None
    raised: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()


@dataclass(slots=True)
class Shown:
    """What was told last. ``at_ms`` 0: nothing has happened yet."""

    state: DeviceState = "UNKNOWN"
    reason: str = "starting"
    since_ms: int = 0
    faults: frozenset[str] = frozenset()
    told: Told | None = None
    at_ms: int = 0

    @property
    def is_told_offline(self) -> bool:
        return self.told is not None and self.told[0] == "OFFLINE"
