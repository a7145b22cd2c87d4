"""What there is to tell of a camera, and what was told last."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hub.contract import DeviceState
from hub.payloads import CameraHealth, CameraMode

SWITCH_OFFLINE: Final = "switch_offline"
SWITCH_ONLINE: Final = "switch_online"
MAINTENANCE: Final = "maintenance"
SAID_FOR_MS: Final = 900_000
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
    known: set[str] = field(default_factory=set)  # faults of which it was ever said that they stand or do not
    stood: set[str] = field(default_factory=set)  # faults that ever stood
    ended: dict[str, int] = field(default_factory=dict)  # since when they do not

    def stand(self, faults: frozenset[str], clean: frozenset[str], at_ms: int) -> None:
        """These faults stand from now on, and these surely not."""
        for fault in (self.faults - faults) | (clean - self.known):
            self.ended[fault] = at_ms
        for fault in faults - self.faults:
            self.ended.pop(fault, None)
        self.faults = faults
        self.stood |= faults
        self.known |= faults | clean

    def cleared(self, at_ms: int) -> Iterator[str]:
        """What is said to have ended: several times, as an event may get lost where a spool fills up.

        What stood before is said for ever: a spool may be full for days, and its alarm stands until then.
        """
        return (
            fault
            for fault, since_ms in self.ended.items()
            if fault in self.stood or since_ms > at_ms - SAID_FOR_MS
        )

    @property
    def is_told_offline(self) -> bool:
        return self.told is not None and self.told[0] == "OFFLINE"
