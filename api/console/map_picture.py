"""The map of districts as a picture: shades by size, hatched where nothing is reported. Pure."""

from collections.abc import Mapping, Sequence
from html import escape
from math import cos, radians
from typing import Any, NamedTuple

from api.reports.frame.content import Cell
from api.reports.frame.words import SUPPRESSED

WIDTH = 640
STEPS = (1, 5, 20, 100, 500)  # where the next shade begins
HATCHED, DOTTED = "hatched", "dotted"
_MARGIN = 8
_PATTERNS = (
    '<defs><pattern id="eh-map-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(35)"><rect class="eh-map-line" width="1.6" height="7"/></pattern>'
    '<pattern id="eh-map-dots" width="8" height="8" patternUnits="userSpaceOnUse">'
    '<circle class="eh-map-line" cx="2" cy="2" r="1.5"/></pattern></defs>'
)


class Drawn(NamedTuple):
    """A district: its feature, the name on the map, the whole name, its cell, and that in words."""

    feature: Mapping[str, Any]
    short: str
    name: str
    cell: Cell
    told: str


def shade(cell: Cell) -> str:
    """Its class: the shade of its size, 0 to 5, or why it has none."""
    if cell.flag == SUPPRESSED:
        return DOTTED
    if not isinstance(cell.value, int):
        return HATCHED
    return str(sum(cell.value >= step for step in STEPS))


def map_svg(districts: Sequence[Drawn], title: str) -> str:
    """Each district can be reached with the keyboard and says its name and number; empty without any."""
    if not districts:
        return ""
    plane = _Plane([each.feature for each in districts])
    shapes = "".join(_shape(each, plane) for each in districts)
    names = "".join(_name(each, plane) for each in districts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {plane.height}" role="group" aria-label="{escape(title)}">'
        f'{_PATTERNS}{shapes}<g aria-hidden="true">{names}</g></svg>'
    )


class _Plane:
    """Degrees to pixels, north above; a degree of longitude is as long as it is there."""

    def __init__(self, features: Sequence[Mapping[str, Any]]) -> None:
        positions = [at for feature in features for ring in rings(feature) for at in ring]
        self._west = min(x for x, _ in positions)
        self._north = max(y for _, y in positions)
        self._narrow = cos(radians(self._north))
        wide = (max(x for x, _ in positions) - self._west) * self._narrow
        self._scale = (WIDTH - 2 * _MARGIN) / wide
        self.height = round((self._north - min(y for _, y in positions)) * self._scale) + 2 * _MARGIN

    def point(self, at: Sequence[float]) -> tuple[float, float]:
        x = (at[0] - self._west) * self._narrow * self._scale + _MARGIN
        return round(x, 1), round((self._north - at[1]) * self._scale + _MARGIN, 1)


def rings(feature: Mapping[str, Any]) -> list[list[list[float]]]:
    """All of them, whether of one polygon or several."""
    geometry = feature["geometry"]
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    return [ring for polygon in polygons for ring in polygon]


def _shape(each: Drawn, plane: _Plane) -> str:
    path = "".join(_path(ring, plane) for ring in rings(each.feature))
    told = escape(f"{each.name}: {each.told}")
    return (
        f'<g tabindex="0" role="img" aria-label="{told}" class="eh-map-district eh-map-{shade(each.cell)}">'
        f'<title>{told}</title><path d="{path}" fill-rule="evenodd"/></g>'
    )


def _path(ring: Sequence[Sequence[float]], plane: _Plane) -> str:
    """Positions that fall on one point are drawn once."""
    points = list(dict.fromkeys(plane.point(at) for at in ring))
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


def _name(each: Drawn, plane: _Plane) -> str:
    x, y = plane.point(each.feature["properties"]["label"])
    return (
        f'<text x="{x:g}" y="{y:g}">{escape(each.short)}</text>'
        f'<text x="{x:g}" y="{y + 16:g}" class="eh-map-figure">{escape(each.told)}</text>'
    )
