"""A calibration as somebody fills it in: what the hub is asked, or what is wrong at which field. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.alarms.incidents.calibrate import LARGEST_OFFSET
from hub.events import format_time

FIELDS = ("metric", "offset", "begins", "ends", "certificate")
FORM = ""  # the fault is none of a field
_AT_FIELD = {
    "no_temperature": "metric",
    "offset_too_large": "offset",
    "bad_period": "begins",
    "no_certificate": "certificate",
    "text_too_long": "certificate",
    "bad_text": "certificate",
}

Faults = dict[str, str]  # a code of ``calibration.fault_…`` by field


def checked(
    filled: Mapping[str, Any], read_moment: Callable[[str], int | None]
) -> tuple[dict[str, Any], Faults]:
    """``read_moment`` reads a day as people write it, in Unix ms."""
    given = {name: str("" if filled.get(name) is None else filled[name]).strip() for name in FIELDS}
    faults = {name: "missing" for name in ("metric", "begins", "certificate") if not given[name]}
    offset = _kelvin(given["offset"])
    if offset is None:
        faults["offset"] = "offset"
    times = {}
    for name in ("begins", "ends"):
        at_ms = read_moment(given[name]) if given[name] else None
        if given[name] and at_ms is None:
            faults[name] = "moment"
        times[name] = "" if at_ms is None else format_time(at_ms)
    return {"metric": given["metric"], "offset": offset, "certificate": given["certificate"], **times}, faults


def refused(code: str) -> tuple[str, str]:
    """The field of what the hub refused, and the name of its reason."""
    _, _, name = code.partition(".")
    return _AT_FIELD.get(name, FORM), name


def _kelvin(text: str) -> float | None:
    """A number with a comma or a point; None: none, or beyond what a calibration may be."""
    try:
        offset = float(text.replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return offset if abs(offset) <= LARGEST_OFFSET / 1000 else None
