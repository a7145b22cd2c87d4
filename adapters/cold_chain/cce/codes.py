"""Alarm and error codes of a record: words between spaces, of which only fixed names leave the edge.

Alarms are those of PQS E003 (HEAT, FRZE, DOOR, POWR) and DCNT of E006 loggers; error codes those of
E006/DS01 annex 1: the compressor's diagnoses 1 to 7 and COMM of the monitor, five of the logger.
"""

from collections.abc import Iterable, Mapping
from typing import Any

STANDING_ALARMS = ("heat", "frze", "door", "powr")
KNOWN_ALARMS = frozenset({*STANDING_ALARMS, "dcnt"})
OTHER = "other"
LONGEST_TEXT = 256
MOST_CODES = 16

# In the order of their gravity: a record with several errors is judged by the first of these.
LOGGER_REASONS: dict[str, str] = {
    "sens": "logger_sensor",
    "comm": "logger_comm",
    "mem": "logger_memory",
    "rtc": "logger_clock",
    "batt": "logger_battery",
}
LOGGER_ERROR = "logger_error"
MONITOR_REASONS: dict[str, str] = {
    **{str(diagnosis): "compressor_error" for diagnosis in range(1, 8)},
    "comm": "monitor_comm",
}
MONITOR_ERROR = "monitor_error"


def codes(said: Any) -> frozenset[str]:
    """The codes of a field, in lower case; what is no text and not null is one unknown code."""
    if said is None:
        return frozenset()
    if isinstance(said, list):  # seen where a supplier took "several codes" for an array
        said = " ".join(one for one in said if isinstance(one, str))
    if not isinstance(said, str) or len(said) > LONGEST_TEXT:
        return frozenset({OTHER})
    return frozenset(said.casefold().split()[:MOST_CODES])


def alarms(said: Any, renamed: Mapping[str, str]) -> frozenset[str]:
    """Names of the alarms of a field; ``renamed``: a maker's own codes (lower case) to names."""
    named = (renamed.get(code, code) for code in codes(said))
    known = KNOWN_ALARMS | set(renamed.values())
    return frozenset(name if name in known else OTHER for name in named)


def logger_reason(said: Any) -> str | None:
    """Why the logger is not well (LERR), None where it is."""
    return _reason(codes(said), LOGGER_REASONS, LOGGER_ERROR)


def monitor_reason(said: Any) -> str | None:
    """Why the monitoring device is not well (EERR), None where it is."""
    return _reason(codes(said), MONITOR_REASONS, MONITOR_ERROR)


def _reason(found: Iterable[str], reasons: Mapping[str, str], otherwise: str) -> str | None:
    known = frozenset(found)
    if not known:
        return None
    return next((reason for code, reason in reasons.items() if code in known), otherwise)
