"""In which order units stand: by time to damage, those nobody knows of in a place of their own. Pure."""

from collections.abc import Sequence
from typing import Literal

from api.console.cold_units import ColdUnit
from api.console.damage_outlook import Outlook
from api.console.standing_alarms import SEVERITIES
from api.console.wording import ms_of
from hub.alarms.rules import INFINITE
from storage.contract import Row

Group = Literal["damage", "unknown", "calm", "resting"]
GROUPS: tuple[Group, ...] = ("damage", "unknown", "calm", "resting")
Place = tuple[int, int, int, str]  # group, when, severity, id: in the order of the list


def place_of(unit: ColdUnit, outlook: Outlook, incidents: Sequence[Row], *, resting: bool) -> Place:
    """Where a unit stands; ``incidents``: those of it that are open.

    A raised critical rule has its evidence: the unit stays in front though it has fallen silent since.
    """
    name, worst, damage = str(unit.device["id"]), _worst(incidents), outlook.damage
    if resting:
        return GROUPS.index("resting"), 0, worst, name
    is_raised = damage is not None and damage.basis == "raised"
    if unit.shown.condition == "unknown" and not is_raised:
        return GROUPS.index("unknown"), ms_of(unit.reading.get("time")) or 0, worst, name
    if damage is not None or unit.shown.condition == "bad":
        return GROUPS.index("damage"), INFINITE if damage is None else damage.at_ms, worst, name
    return GROUPS.index("calm"), worst, 0, name


def group_of(place: Place) -> Group:
    return GROUPS[place[0]]


def _worst(incidents: Sequence[Row]) -> int:
    """Place of the most severe; a unit without one comes behind them."""
    places = [SEVERITIES.index(row["severity"]) for row in incidents if row["severity"] in SEVERITIES]
    return min(places, default=len(SEVERITIES))
