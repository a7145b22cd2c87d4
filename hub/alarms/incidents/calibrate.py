"""That a person gave a sensor another offset: an entry about its device, and what is refused."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.alarms.incidents.actions import Action, RefusedAction
from hub.alarms.incidents.entries import Detail
from hub.alarms.incidents.states import Kind

LARGEST_OFFSET = 5_000  # thousandths of a kelvin: a sensor that is farther off is broken
EARLIEST_MS = 946_684_800_000  # 2000-01-01
LATEST_MS = 4_102_444_800_000  # 2100-01-01
_TEMPERATURE = re.compile(r"temp(erature)?(\.[a-z0-9_]{1,32}){0,3}\Z")


@dataclass(frozen=True, slots=True)
class Calibrate(Action):
    """``offset``: thousandths of a kelvin, for ``[from_ms, to_ms)``; the note is the certificate."""

    KIND = Kind.CALIBRATED
    metric: str = ""
    offset: int = 0
    from_ms: int = 0
    to_ms: int | None = None

    def detail(self) -> Detail:
        told: dict[str, int | str] = {"metric": self.metric, "offset": self.offset, "from": self.from_ms}
        return told if self.to_ms is None else told | {"to": self.to_ms}

    def fault(self) -> str:
        return self.bounds_fault() or ("" if self.note.strip() else "alarm.no_certificate")

    def bounds_fault(self) -> str:
        """Why no sensor can be corrected so, as a code; empty when one can."""
        if not _TEMPERATURE.match(self.metric):
            return "alarm.no_temperature"
        if abs(self.offset) > LARGEST_OFFSET:
            return "alarm.offset_too_large"
        to_ms = LATEST_MS if self.to_ms is None else self.to_ms
        if not EARLIEST_MS <= self.from_ms < to_ms <= LATEST_MS:
            return "alarm.bad_period"
        return ""


class HeardCalibrate(Calibrate):
    """As an edge hears of it: the certificate stays at the hub."""

    __slots__ = ()

    def fault(self) -> str:
        return self.bounds_fault()


def site_of(device: str, known: Iterable[Mapping[str, Any]]) -> str:
    """Where a device stands, of those that the hub has heard; raises RefusedAction."""
    for row in known:
        if row["device"] == device:
            return str(row["site"])
    raise RefusedAction("alarm.unknown_device")
