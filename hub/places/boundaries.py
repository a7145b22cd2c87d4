"""Boundaries of districts as GeoJSON (RFC 7946): what somebody imports is looked at before it is kept."""

import json
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from hub.places.register import LAST_DAY_OF_DISTRICTS, PROVINCE, register

SCHEMATIC: Final = Path(__file__).parent / "data" / "districts_75.geojson"
FILE_NAME: Final = "map.geojson"  # in the data directory: what was imported
LARGEST_BYTES: Final = 8 * 1024 * 1024
MOST_FEATURES: Final = 2000
MOST_POSITIONS: Final = 200_000
MOST_PROBLEMS: Final = 50
_DIGITS: Final = 5  # a metre
_CODES: Final = ("code", "district_code", "ma_huyen", "Code", "CODE", "level2_id", "id")

Json = dict[str, Any]
Ring = list[list[float]]


@dataclass(slots=True)
class Boundaries:
    """``collection``: features {code, label}, rings wound as RFC 7946 wants, rounded to a metre.

    ``problems``: why it cannot be used; ``left_out``: features of districts that are not ours.
    """

    collection: Json = field(default_factory=lambda: {"type": "FeatureCollection", "features": []})
    problems: list[str] = field(default_factory=list)
    left_out: int = 0

    def add(self, problem: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    @property
    def codes(self) -> list[str]:
        return [feature["properties"]["code"] for feature in self.collection["features"]]


class _Wrong(Exception):
    """What is wrong with one feature, without its place."""


@cache
def schematic() -> Json:
    """The map that epihub ships, a "sơ đồ"; not to be changed."""
    told: Json = json.loads(SCHEMATIC.read_text("utf-8"))
    return told


def read_boundaries(body: bytes, province: str = PROVINCE) -> Boundaries:
    """What ``body`` draws of the districts of ``province``, with all that is wrong with it; never raises."""
    found = Boundaries()
    features = _features(body, found)
    wanted = {unit.code for unit in register().districts(LAST_DAY_OF_DISTRICTS, province)}
    budget = _Budget(MOST_POSITIONS)
    for index, feature in enumerate(features):
        try:
            code, shape = _read(feature, budget)
        except _Wrong as wrong:
            found.add(f"feature {index + 1}: {wrong}")
            continue
        if code not in wanted:
            found.left_out += 1
        elif code in found.codes:
            found.add(f"feature {index + 1}: district {code} is drawn twice")
        else:
            found.collection["features"].append(shape)
    _judge(found, wanted)
    found.collection["features"].sort(key=lambda feature: feature["properties"]["code"])
    return found


def _features(body: bytes, found: Boundaries) -> list[Any]:
    if len(body) > LARGEST_BYTES:
        found.add(f"larger than {LARGEST_BYTES // 1024 // 1024} MiB: simplify it")
        return []
    try:
        told = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found.add("no JSON in UTF-8")
        return []
    features = told.get("features") if isinstance(told, dict) else None
    if not isinstance(features, list) or told.get("type") != "FeatureCollection":
        found.add("no FeatureCollection")
        return []
    if "crs" in told and "CRS84" not in str(told["crs"]):
        found.add("names a coordinate system of its own: only WGS 84, longitude and latitude, is read")
    if len(features) > MOST_FEATURES:
        found.add(f"more than {MOST_FEATURES} features")
        return []
    return features


def _no_constant(_: str) -> float:
    raise ValueError("not a number")


class _Budget:
    """How many positions may still be read."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise _Wrong(f"more than {MOST_POSITIONS} positions in all: simplify it")


def _read(feature: Any, budget: _Budget) -> tuple[str, Json]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Wrong("no Feature")
    geometry, properties = feature.get("geometry"), feature.get("properties")
    told = (properties if isinstance(properties, dict) else {}) | {"id": feature.get("id")}
    code = next((str(told[name]) for name in _CODES if _is_code(told.get(name))), None)
    if code is None:
        raise _Wrong("no code of three digits (property code, district_code, ma_huyen, or id)")
    if not isinstance(geometry, dict) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise _Wrong("no Polygon or MultiPolygon")
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    drawn = [_polygon(polygon, budget) for polygon in _list(polygons)]
    if not drawn:
        raise _Wrong("without a polygon")
    largest = max((polygon[0] for polygon in drawn), key=area)
    kept = {"code": code, "label": _label(told.get("label"), largest)}
    return code, {
        "type": "Feature",
        "properties": kept,
        "geometry": {"type": "MultiPolygon", "coordinates": drawn},
    }


def _label(told: Any, largest: Ring) -> list[float]:
    """Where the name stands: as the file says, else in the middle."""
    longitude, latitude = (told if _is_position(told) else middle(largest))[:2]
    return [_rounded(longitude), _rounded(latitude)]


def _is_code(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) == 3


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong("coordinates are no lists")
    return value


def _polygon(value: Any, budget: _Budget) -> list[Ring]:
    """The outside anticlockwise, holes clockwise (RFC 7946, 3.1.6), whichever way they were wound."""
    rings = [_ring(ring, budget) for ring in _list(value)]
    if not rings:
        raise _Wrong("a polygon without a ring")
    return [ring if (area(ring) > 0) is (place == 0) else ring[::-1] for place, ring in enumerate(rings)]


def _ring(value: Any, budget: _Budget) -> Ring:
    positions = _list(value)
    budget.spend(len(positions))
    if not all(_is_position(position) for position in positions):
        raise _Wrong("a position that is no longitude and latitude")
    rounded = [[_rounded(position[0]), _rounded(position[1])] for position in positions]
    if len(rounded) < 4 or rounded[0] != rounded[-1]:
        raise _Wrong("a ring that is not closed, or of fewer than four positions")
    ring = [rounded[0]] + [after for before, after in pairwise(rounded) if before != after]
    if len(ring) < 4 or area(ring) == 0:
        raise _Wrong("a ring without an area")
    return ring


def _is_position(value: object) -> bool:
    if not isinstance(value, list) or len(value) not in {2, 3}:
        return False
    numbers = [one for one in value if isinstance(one, int | float) and not isinstance(one, bool)]
    return len(numbers) == len(value) and abs(numbers[0]) <= 180 and abs(numbers[1]) <= 90


def _rounded(degrees: float) -> float:
    return round(float(degrees), _DIGITS)


def area(ring: Ring) -> float:
    """In square degrees; positive where the ring runs anticlockwise."""
    x, y = ring[0]
    return sum((a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y) for a, b in pairwise(ring)) / 2


def middle(ring: Ring) -> list[float]:
    """Its centre of mass."""
    (x, y), twice = ring[0], 6 * area(ring)
    cross = [(a, b, (a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y)) for a, b in pairwise(ring)]
    return [
        x + sum((a[0] + b[0] - 2 * x) * weight for a, b, weight in cross) / twice,
        y + sum((a[1] + b[1] - 2 * y) * weight for a, b, weight in cross) / twice,
    ]


def _judge(found: Boundaries, wanted: set[str]) -> None:
    if found.problems:
        return
    if not found.codes:
        found.add("none of its features is a district of ours")
    elif missing := sorted(wanted - set(found.codes)):
        found.add(f"districts without a boundary: {', '.join(missing)}")
