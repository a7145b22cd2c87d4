"""A placement as somebody fills it in: what the hub is asked, or what is wrong at which field. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.exposure.placement_checks import MOST_DOSES
from hub.exposure.placements import LOT, MISTAKE
from storage.contract import Row

FORM = ""  # the fault is none of a field
PUT, MOVE, OUT = "put", "move", "out"
ACTIONS = (PUT, MOVE, OUT)
FIELDS: dict[str, tuple[str, ...]] = {
    PUT: ("lot", "product", "expiry", "doses", "vvm", "since", "thawed"),
    MOVE: ("unit", "doses", "since", "thawed"),
    OUT: ("reason", "since"),
}
_NEEDED = {PUT: ("lot", "product", "expiry"), MOVE: ("unit",), OUT: ("reason",)}
_AT_FIELD = {
    "bad_number": "lot",
    "unknown_product": "product",
    "other_product": "product",
    "bad_expiry": "expiry",
    "bad_doses": "doses",
    "bad_vvm": "vvm",
    "bad_unit": "unit",
    "bad_reason": "reason",
    "in_future": "since",
    "too_old": "since",
    "not_placed": "since",
    "never_frozen": "thawed",
}

Faults = dict[str, str]  # a code of ``lot.fault_…`` by field
ReadMoment = Callable[[str], int | None]


def checked(
    action: str, filled: Mapping[str, Any], read_moment: ReadMoment, unit: str, row: Row | None
) -> tuple[dict[str, Any], Faults]:
    """As the hub's desk takes it, without who asks.

    ``unit``: on whose page the form stands; ``row``: the lot that is moved or taken out.
    """
    given = {name: str(filled.get(name) or "").strip() for name in FIELDS[action]}
    faults = {name: "missing" for name in _NEEDED[action] if not given[name]}
    asked: dict[str, Any] = {"lot": row["id"] if row else given.get("lot", "")}
    if not faults.get("lot") and not LOT.match(asked["lot"]):
        faults["lot"] = "number"
    asked |= _doses(given, faults) | _times(given, faults, read_moment)
    asked |= {name: given[name] for name in ("product", "vvm") if given.get(name)}
    asked["unit"] = {PUT: unit, MOVE: given.get("unit", ""), OUT: ""}[action]
    if action == OUT:
        asked |= _reason(given, row)
    return asked, faults


def _reason(given: Mapping[str, str], row: Row | None) -> dict[str, Any]:
    """A mistake takes back the placement that stands."""
    corrects = row["_standing"] if row and given["reason"] == MISTAKE else 0
    return {"reason": given["reason"], "corrects": corrects}


def _doses(given: Mapping[str, str], faults: Faults) -> dict[str, Any]:
    text = given.get("doses", "").replace(".", "").replace(",", "")
    if not text:
        return {}
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MOST_DOSES:
        faults["doses"] = "doses"
        return {}
    return {"doses": int(text)}


def _times(given: Mapping[str, str], faults: Faults, read_moment: ReadMoment) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, asked in (("since", "from_ms"), ("thawed", "thawed_ms")):
        if text := given.get(name, ""):
            found[asked] = read_moment(text)
            if found[asked] is None:
                faults[name] = "moment"
    if text := given.get("expiry", ""):
        day = _day(text)
        if not day:
            faults["expiry"] = "day"
        found["expiry"] = day
    return found


def _day(text: str) -> str:
    """dd/MM/yyyy as YYYY-MM-DD; empty: it is none."""
    try:
        return datetime.strptime(text[:20], "%d/%m/%Y").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        return ""


def refused(action: str, code: str) -> tuple[str, str]:
    """The field of what the hub refused, and the name of its reason."""
    _, _, name = code.partition(".")
    field = _AT_FIELD.get(name, FORM)
    return (field if field in FIELDS[action] else FORM), name
