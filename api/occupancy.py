"""Who is in a zone, as the API tells it."""

from typing import Any

from api.problems import Problem
from hub.events import format_time
from hub.payloads import ZoneCount
from storage.contract import Row
from storage.gates import Occupancy, Passages, ZoneTold


def occupancy_row(zone: Occupancy) -> Row:
    """``count`` below zero is told as it is; ``inferred_share`` None: nobody went since the last set."""
    went = zone.since_set
    total = went.entered + went.left
    return {
        "id": f"{zone.edge}/{zone.zone}",
        "type": ZoneCount.TYPE,
        "site": zone.site or None,
        "device": zone.device or None,
        "time": None if zone.last_ms is None else format_time(zone.last_ms),
        "edge": zone.edge,
        "zone": zone.zone,
        "count": zone.inside,
        "below_zero": zone.inside < 0,
        "entered": went.entered,
        "left": went.left,
        "inferred_share": round(went.inferred / total, 3) if total else None,
        "set": _told(zone.set),
        "drift": zone.drift,
        "today": _today(zone.began_with, zone.today),
        "by_edge": _told(zone.told),
        "difference": zone.difference,
    }


def settled(told: dict[str, Any]) -> None:
    """Raises the Problem of a count that was not set."""
    known: dict[str, Any] = {"reason": str(told.get("reason", ""))}
    match told.get("outcome"):
        case "done":
            return
        case "refused":
            raise Problem(409, "zone.refused", "The gate refused; nothing was changed.", **known)
        case "expired":
            raise Problem(
                504, "edge.too_late", "The edge heard of it too late; nothing was changed.", **known
            )
        case "failed":
            raise Problem(502, "zone.failed", "It was tried; whether it is stored is not known.", **known)
    raise Problem(504, "edge.no_answer", "The edge did not answer; the command expires.", **known)


def _told(told: ZoneTold | None) -> Row | None:
    if told is None:
        return None
    return {"time": format_time(told.at_ms), "count": told.inside, "actor": told.actor or None}


def _today(began_with: int, went: Passages) -> Row:
    return {"began_with": began_with, "entered": went.entered, "left": went.left}
