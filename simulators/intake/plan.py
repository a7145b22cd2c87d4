"""Figures of the plan, and the places that report in it."""

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from simulators.province import load_province

SINCE = "2021-01-01"
FIELD_HOSPITALS = 3
LEVELS = ("tỉnh", "huyện", "xã")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class District:
    """``communes``: some of them."""

    code: str
    name: str
    declarations: int
    communes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the plan counts; ``assessments`` by level of risk."""

    workplaces: int
    session_plans: int
    quarantine_sites: int
    vaccination_sites: int
    doses: int
    assessments: dict[str, int]
    districts: tuple[District, ...]


@cache
def load_plan() -> Plan:
    """Read ``plan_figures.toml``, which lies beside this module."""
    told = tomllib.loads(
        resources.files("simulators.intake").joinpath("plan_figures.toml").read_text("utf-8")
    )
    districts = tuple(District(**row | {"communes": tuple(row["communes"])}) for row in told.pop("district"))
    return Plan(**told, districts=districts)


def facilities() -> list[Body]:
    """Everybody who reports: hospitals and stores of the province, quarantine and vaccination sites."""
    plan = load_plan()
    found = _sites()
    found += _many("CL", "Khu cách ly", "quarantine", plan.quarantine_sites)
    found += _many("TC", "Điểm tiêm chủng", "vaccination", plan.vaccination_sites)
    found += [
        _facility(f"DC-{number}", f"Bệnh viện dã chiến số {number}", "field-hospital", 0, "tỉnh")
        for number in range(2, FIELD_HOSPITALS + 1)
    ]
    return found


def _sites() -> list[Body]:
    """Those that have devices; the field hospital is the first of three."""
    kinds = {"hospital": "hospital", "field-hospital": "field-hospital", "clinic": "hospital"}
    found: list[Body] = []
    for site in load_province().sites:
        if site.kind in kinds:
            told = {"facility": site.id, "name": site.name, "kind": kinds[site.kind], "site": site.id}
            found.append(told | {"district": site.district, "valid_from": SINCE, "level": "tỉnh"})
    return found


def _many(prefix: str, name: str, kind: str, count: int) -> list[Body]:
    """Over the districts in the proportion in which people declared, at least one in each."""
    return [
        _facility(f"{prefix}-{number + 1:03d}", f"{name} số {number + 1}", kind, place, LEVELS[number % 3])
        for number, place in enumerate(spread(count))
    ]


def spread(count: int) -> list[int]:
    """``count`` places in ``districts``, the same every time."""
    districts = load_plan().districts
    rng = random.Random(f"places {count}")
    places = [*range(len(districts))]
    weights = [district.declarations for district in districts]
    return sorted(places + rng.choices(places, weights, k=count - len(places)))


def _facility(name: str, title: str, kind: str, place: int, level: str) -> Body:
    district = load_plan().districts[place]
    commune = district.communes[sum(map(ord, name)) % len(district.communes)]
    return {
        "facility": name,
        "name": title,
        "kind": kind,
        "district": district.code,
        "commune": commune,
        "level": level,
        "valid_from": SINCE,
    }


def facilities_of(kind: str) -> list[str]:
    return [str(told["facility"]) for told in facilities() if told["kind"] == kind]
