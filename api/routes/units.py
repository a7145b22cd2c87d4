"""Units of the cold chain, as the console lists them: by time to damage."""

from fastapi import APIRouter, Response

from api.access import role
from api.answers import listing
from api.console.cold_units import ColdUnit, cold_units
from api.console.damage_order import Place, group_of, place_of
from api.console.damage_outlook import Outlook, Outlooks
from api.console.standing_alarms import alarm_desk, open_alarms
from api.deck import OfDeck
from api.schemas import ItemList, documented
from hub.events import format_time
from storage.contract import Row

router = APIRouter(tags=["readings"])
_EXAMPLE = {
    "id": "tu-lanh-07",
    "type": "coldchain.unit",
    "site": "kho-vac-xin",
    "device": "tu-lanh-07",
    "time": "2026-11-22T05:20:00.000Z",
    "received": "2026-11-22T05:20:00.412Z",
    "profile": "fridge",
    "metric": "temp.vaccine",
    "value": 9.125,
    "unit": "Cel",
    "condition": "bad",
    "why": "warm",
    "group": "damage",
    "watched": True,
    "damage": {"at": "2026-11-22T13:40:00.000Z", "basis": "run", "kind": "HEAT", "estimate": False},
    "trend_per_hour": 0.4,
    "alarms": ["019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f11"],
}


@router.get("/units", dependencies=[role("reporter")], responses=documented(ItemList, example=_EXAMPLE))
async def units(deck: OfDeck) -> Response:
    """Every unit that told a temperature, by time to damage; the unknown and the calm ones behind.

    ``damage``: when the next critical rule is raised if things go on as they are; ``estimate``: by a trend,
    or by the cold that the unit says it has left. ``watched`` false: no critical rule looks at it.
    """
    reader, now_ms = deck.reader, deck.now_ms()
    latest, fleet = await reader.latest_readings(), await deck.inventory.devices()
    desk, alarms = await alarm_desk(reader, now_ms), await open_alarms(reader)
    outlooks = await Outlooks(reader).read(latest, fleet, desk, alarms, now_ms)
    open_by = alarms.by_device()
    placed: list[tuple[Place, Row]] = []
    for unit in cold_units(latest, fleet, desk, now_ms):
        name = str(unit.device["id"])
        outlook, incidents = outlooks.get(name), open_by.get(name, [])
        place = place_of(unit, outlook or Outlook(), incidents, resting=name in desk.resting)
        placed.append((place, _row(unit, place, outlook, incidents)))
    return listing([row for _, row in sorted(placed, key=lambda each: each[0])])


def _row(unit: ColdUnit, place: Place, outlook: Outlook | None, incidents: list[Row]) -> Row:
    """``value`` as it is calibrated; null where the probe does not measure."""
    reading, damage = unit.reading, outlook.damage if outlook else None
    bad = reading["quality"] == "BAD"
    return {
        "id": unit.device["id"],
        "type": "coldchain.unit",
        "site": reading["site"],
        "device": unit.device["id"],
        "time": reading["time"],
        "received": reading["received"],
        "profile": unit.device.get("profile"),
        "metric": reading["metric"],
        "value": None if bad else reading["value"],
        "unit": reading["unit"],
        "condition": unit.shown.condition,
        "why": unit.shown.why,
        "group": group_of(place),
        "watched": outlook is not None,
        "damage": damage
        and {
            "at": format_time(damage.at_ms),
            "basis": damage.basis,
            "kind": damage.code or None,
            "estimate": damage.is_estimate,
        },
        "trend_per_hour": round(outlook.trend.slope, 2) if outlook and outlook.trend else None,
        "alarms": [row["id"] for row in incidents],
    }
