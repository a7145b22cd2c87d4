"""Whether an appliance is well, by the newest that it has said."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from adapters.cold_chain.cce.appliance import Place, is_at
from adapters.cold_chain.cce.codes import LOGGER_ERROR, LOGGER_REASONS
from adapters.cold_chain.decoders.measurement import PROBE_REASONS
from hub.contract import DeviceState, Fact
from hub.payloads import Reading

_PROBE_TROUBLE = PROBE_REASONS | {"logger_sensor", "logger_comm", LOGGER_ERROR}
_CLOCK_TROUBLE = LOGGER_REASONS["rtc"]


class Heard(NamedTuple):
    """``trouble``: a code, "" for none, of the readings at ``newest_ms``."""

    newest_ms: int
    trouble: str


class Watch:
    """``told`` hears a device that is degraded, and that it is no more."""

    def __init__(self, place: Place | None, told: Callable[[DeviceState, str], None]) -> None:
        self._place = place
        self._told = told
        self._trouble = ""
        self._newest_ms = 0

    def of(self, facts: Sequence[Fact], header: Mapping[str, Any]) -> Heard | None:
        """Pure: what one message says of its device, None when it has no readings."""
        if not facts:
            return None
        newest_ms = max(fact.time_ms for fact in facts)
        reasons = {
            fact.payload.reason
            for fact in facts
            if fact.time_ms == newest_ms and isinstance(fact.payload, Reading) and fact.payload.reason
        }
        elsewhere = self._place is not None and not is_at(header, self._place)
        return Heard(newest_ms, _trouble(reasons) or ("place_differs" if elsewhere else ""))

    def hear(self, heard: Heard, now_ms: int) -> None:
        """After the commit. Old days, sent again, say nothing of today; a clock ahead may be set."""
        if heard.newest_ms < self._newest_ms:
            return
        self._newest_ms = min(heard.newest_ms, now_ms)
        if heard.trouble:
            self._told("DEGRADED", heard.trouble)
        elif self._trouble:
            self._told("ONLINE", "measures_again")
        self._trouble = heard.trouble


def _trouble(reasons: set[str]) -> str:
    """The gravest first."""
    if reasons & _PROBE_TROUBLE:
        return "probe_failed"
    clock = _CLOCK_TROUBLE in reasons or any(reason.startswith("time_") for reason in reasons)
    return "clock_wrong" if clock else ""
