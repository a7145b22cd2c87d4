"""The report of cases as a map: GeoJSON with the numbers of its table, and nothing of its own. Pure."""

from typing import Any, Literal

from api.reports.case_counts.counted import HELD_BACK, UNKNOWN
from api.reports.frame.content import Cell, Row
from api.reports.frame.document import Copy
from hub.places.kept_map import Map

Measure = Literal["f0", "f0_of_day", "f1"]
MEASURES: tuple[Measure, ...] = ("f0", "f0_of_day", "f1")
TYPE = "report.map"
Json = dict[str, Any]


def case_map(copy: Copy, measure: Measure, drawn: Map) -> Json:
    """A FeatureCollection; the member ``map`` says what it shows, and what lies in no district.

    ``value`` null: not reported in the district's phase, or ``suppressed``.
    """
    table = next(table for table in copy.document.content.tables if table.code == "districts")
    place = [column.code for column in table.columns].index(measure)
    shown = {row.key: (row, row.cells[place]) for row in table.rows}
    features = [
        _feature(feature, *shown[feature["properties"]["code"]])
        for feature in drawn.collection["features"]
        if feature["properties"]["code"] in shown
    ]
    told = {
        "type": TYPE,
        "measure": measure,
        "date": copy.document.query["date"],
        "boundaries": drawn.origin,
        "label": "sơ đồ" if drawn.origin == "schematic" else None,
        "revision": copy.revision,
        "sha256": copy.sha256,
        "total": table.total.cells[place].value if table.total else None,
        "unknown": _value(shown, UNKNOWN),
        "held_back": _value(shown, HELD_BACK),
    }
    return {"type": "FeatureCollection", "map": told, "features": features}


def _value(shown: dict[str, tuple[Row, Cell]], key: str) -> object:
    return shown[key][1].value if key in shown else 0


def _feature(feature: Json, row: Row, cell: Cell) -> Json:
    told = {
        "code": row.key,
        "name": row.label,
        "value": cell.value,
        "flag": cell.flag,
        "label": feature["properties"]["label"],
    }
    return {"type": "Feature", "id": row.key, "properties": told, "geometry": feature["geometry"]}
