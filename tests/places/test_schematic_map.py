"""The map that epihub ships, and how it is drawn."""

from collections import Counter
from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.places import register
from hub.places.boundaries import SCHEMATIC, area, read_boundaries, schematic
from tools import places_map


def test_each_district_of_the_plan_is_drawn_once() -> None:
    drawn = [feature["properties"]["code"] for feature in schematic()["features"]]
    assert drawn == [unit.code for unit in register().districts(date(2021, 8, 5))]


def test_the_map_is_a_map_that_could_be_imported() -> None:
    assert read_boundaries(SCHEMATIC.read_bytes()).problems == []


def test_districts_share_their_borders() -> None:
    """An edge is drawn once in each direction, or it is the outside."""
    edges: Counter[tuple[float, ...]] = Counter()
    for feature in schematic()["features"]:
        for ring in feature["geometry"]["coordinates"]:
            assert area(ring) > 0
            for (a, b), (c, d) in pairwise(ring):
                edges[a, b, c, d] += 1
    assert max(edges.values()) == 1


@given(
    st.lists(st.tuples(st.floats(10.7, 11.4), st.floats(106.8, 107.4)), min_size=1, max_size=6, unique=True)
)
def test_any_communes_give_closed_rings(middles: list[tuple[float, float]]) -> None:
    codes = list(places_map.LABELS)
    communes = [
        (
            codes[index],
            latitude,
            longitude,
            (latitude - 0.05, longitude - 0.05, latitude + 0.05, longitude + 0.05),
        )
        for index, (latitude, longitude) in enumerate(middles)
    ]
    found = read_boundaries(places_map.drawn(communes).encode())
    assert [problem for problem in found.problems if "feature" in problem] == []
    assert found.codes
