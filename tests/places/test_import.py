"""Boundaries that somebody imports: what is wrong is told, what is right is kept as RFC 7946 wants it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hub.cli.places import app
from hub.errors import OperatorError
from hub.places.boundaries import (
    FILE_NAME,
    LARGEST_BYTES,
    MOST_POSITIONS,
    area,
    middle,
    read_boundaries,
    schematic,
)
from hub.places.kept_map import KeptMap

SQUARE = [[107.0, 11.0], [107.1, 11.0], [107.1, 11.1], [107.0, 11.1], [107.0, 11.0]]


def whole() -> dict[str, Any]:
    """Something of everybody: 11 squares."""
    codes = [feature["properties"]["code"] for feature in schematic()["features"]]
    return {"type": "FeatureCollection", "features": [feature(code) for code in codes]}


def feature(code: object, rings: Any = None) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [SQUARE] if rings is None else rings}
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}


def problems(told: Any) -> list[str]:
    return read_boundaries(json.dumps(told).encode()).problems


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    told = whole()
    change(told)
    return told


def first(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["features"][0].update(fields)


def ring(*positions: list[Any]) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["features"][0]["geometry"].update(coordinates=[list(positions)])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda told: told.update(type="Topology"), "no FeatureCollection"),
        (lambda told: told["features"].pop(), "districts without a boundary: 742"),
        (lambda told: told["features"].append(feature("731")), "feature 12: district 731 is drawn twice"),
        (lambda told: told.update(crs={"properties": {"name": "EPSG:9210"}}), "coordinate system"),
        (first(type="feature"), "feature 1: no Feature"),
        (first(properties=None), "feature 1: no code of three digits"),
        (first(geometry={"type": "Point", "coordinates": [107, 11]}), "feature 1: no Polygon"),
        (first(geometry=None), "feature 1: no Polygon"),
        (ring(*SQUARE[:-1]), "not closed"),
        (ring([107, 11], [107, 11], [107, 11], [107, 11]), "without an area"),
        (ring([1107, 11], *SQUARE[1:4], [1107, 11]), "no longitude and latitude"),
        (ring(["107", 11], *SQUARE[1:]), "no longitude and latitude"),
        (ring(*(SQUARE[:1] * (MOST_POSITIONS + 1))), "positions in all"),
    ],
)
def test_what_is_wrong_is_told_with_its_feature(change: Any, problem: str) -> None:
    assert any(problem in told for told in problems(changed(change)))


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"[]", b'{"type":"FeatureCollection"}', b"[" * 100_000, b" " * (LARGEST_BYTES + 1)],
    ids=["empty", "no text", "a list", "no features", "deep", "large"],
)
def test_what_is_no_map_at_all(body: bytes) -> None:
    assert read_boundaries(body).problems


def test_a_number_that_is_none_is_no_json() -> None:
    assert read_boundaries(json.dumps(changed(ring([float("nan"), 11]))).encode()).problems == [
        "no JSON in UTF-8"
    ]


def test_rings_are_wound_as_the_standard_wants_and_rounded_to_a_metre() -> None:
    hole = [[107.02, 11.02], [107.04, 11.02], [107.04, 11.04], [107.02, 11.02]]
    outside = [[x + 0.000001234, y] for x, y in SQUARE[::-1]]
    told = changed(lambda told: told["features"][0]["geometry"].update(coordinates=[outside, hole]))
    (drawn, inner) = read_boundaries(json.dumps(told).encode()).collection["features"][0]["geometry"][
        "coordinates"
    ][0]
    assert area(drawn) > 0 > area(inner)
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, SQUARE))


@pytest.mark.parametrize(
    "told", [{"ma_huyen": "731"}, {"district_code": 731}, {"level2_id": "731"}, {"name": "?", "Code": "731"}]
)
def test_codes_are_found_under_the_names_that_maps_give_them(told: dict[str, Any]) -> None:
    assert problems(changed(first(properties=told))) == []


def test_features_of_other_places_are_left_out() -> None:
    found = read_boundaries(
        json.dumps(changed(lambda told: told["features"].append(feature("760")))).encode()
    )
    assert (found.problems, found.left_out, len(found.codes)) == ([], 1, 11)


def test_the_middle_is_that_of_the_area() -> None:
    assert middle(SQUARE) == pytest.approx([107.05, 11.05])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "geometry", "properties", "coordinates", "code"]), inner
        )
    ),
    max_leaves=12,
)


@given(_JSON, _JSON, _JSON)
def test_nothing_makes_it_fail(features: Any, geometry: Any, properties: Any) -> None:
    read_boundaries(json.dumps(features).encode())
    for told in ([features], [{"type": "Feature", "geometry": geometry, "properties": properties}]):
        read_boundaries(json.dumps({"type": "FeatureCollection", "features": told}).encode())
    drawn = feature("731") | {"geometry": {"type": "MultiPolygon", "coordinates": geometry}}
    read_boundaries(json.dumps({"type": "FeatureCollection", "features": [drawn]}).encode())


def test_a_map_is_imported_drawn_and_removed(tmp_path: Path) -> None:
    source, data = tmp_path / "map.json", tmp_path / "data"
    data.mkdir()
    kept = KeptMap(data)
    assert kept.read().origin == "schematic"
    source.write_text(json.dumps(whole()), "utf-8")
    done = CliRunner().invoke(app, ["import", str(source), "--data", str(data)])
    assert done.output == "11 districts imported\n"
    assert kept.read().origin == "imported"
    (data / FILE_NAME).write_text("{", "utf-8")
    assert kept.read().origin == "schematic"
    done = CliRunner().invoke(app, ["remove", "--data", str(data)])
    assert done.output == "the schematic map is drawn again\n"
    assert kept.read().origin == "schematic"


def test_a_map_that_is_wrong_leaves_the_one_before(tmp_path: Path) -> None:
    source = tmp_path / "map.json"
    source.write_text(json.dumps(changed(lambda told: told["features"].pop())), "utf-8")
    done = CliRunner().invoke(app, ["import", str(source), "--data", str(tmp_path)])
    assert isinstance(done.exception, OperatorError)
    assert "742" in str(done.exception)
    assert not (tmp_path / FILE_NAME).exists()
