"""Lines: what is written is read back as it was, and what no server reads alike is not written."""

import math
from array import array

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from storage.influx.cardinality import SeriesLimit
from storage.influx.lines import (
    EARLIEST_MS,
    LARGEST_INTEGER,
    LATEST_MS,
    LONGEST_TAG,
    OverLimitError,
    SeriesPrefixes,
    UnwritableError,
    line_of,
    series_prefix,
)
from storage.influx.measurements.readings import lines_of_series, point
from tests.influx.line_parser import NotALine, parse

NAMES = st.sampled_from(["site", "edge", "device", "metric", "unit"])
TAGS = st.dictionaries(NAMES, st.text(max_size=LONGEST_TAG + 5))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
FIELDS = st.dictionaries(NAMES, FLOATS | INTEGERS | st.none(), min_size=1)
TIMES = st.integers(EARLIEST_MS, LATEST_MS)


def written(tags: dict[str, str], fields: dict[str, float | None], time_ms: int) -> str:
    try:
        line = line_of(series_prefix("m", tags.items()), fields, time_ms)
    except UnwritableError:
        line = None
    assume(line is not None)
    return line or ""


@given(TAGS, FIELDS, TIMES)
@example({"unit": "a b,c=d", "site": "°C", "edge": '"', "metric": "#"}, {"value": -0.0}, 0)
@example({"unit": "[degF]", "metric": "µg/m³"}, {"value": 5e-324, "quality": 2}, LATEST_MS)
@example({"unit": ""}, {"value": 1.7976931348623157e308}, 1)
def test_a_line_is_read_back_as_it_was(
    tags: dict[str, str], fields: dict[str, float | None], time_ms: int
) -> None:
    read = parse(written(tags, fields, time_ms))
    assert read.measurement == "m"
    assert read.tags == {name: value for name, value in tags.items() if value}
    assert read.time == time_ms
    said = {name: value for name, value in fields.items() if value is not None}
    # To the bit and the kind: a server that met an integer first refuses the float.
    assert {name: repr(value) for name, value in read.fields.items()} == {
        name: repr(value) for name, value in said.items()
    }


@given(st.text(max_size=LONGEST_TAG + 5))
def test_a_tag_is_refused_or_stands_in_one_line(text: str) -> None:
    try:
        prefix = series_prefix("m", [("unit", text)])
    except UnwritableError:
        assert len(text) > LONGEST_TAG or "\\" in text or not text.isprintable()
        return
    assert "\n" not in prefix
    assert parse(f"{prefix}value=1.0 1").tags == ({"unit": text} if text else {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\nm value=1 1", "tag.unprintable"),
        ("a\0", "tag.unprintable"),
        ("a\u2028", "tag.unprintable"),
        ("a\\", "tag.backslash"),
        ("\\,", "tag.backslash"),
        ("x" * 129, "tag.too_long"),
    ],
)
def test_what_would_be_read_in_two_ways_is_refused(text: str, code: str) -> None:
    with pytest.raises(UnwritableError, match=code):
        series_prefix("m", [("unit", text)])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "value.not_finite"),
        (math.inf, "value.not_finite"),
        (-math.inf, "value.not_finite"),
        (2**63, "value.too_large"),
        (-(2**63), "value.too_large"),
    ],
)
def test_numbers_that_no_server_takes_are_refused(value: float, code: str) -> None:
    with pytest.raises(UnwritableError, match=code):
        line_of("m ", {"value": value}, 1)


@pytest.mark.parametrize("time_ms", [EARLIEST_MS - 1, LATEST_MS + 1])
def test_moments_that_no_server_keeps_are_refused(time_ms: int) -> None:
    with pytest.raises(UnwritableError, match=r"time\.out_of_range"):
        line_of("m ", {"value": 1.0}, time_ms)
    with pytest.raises(UnwritableError, match=r"time\.out_of_range"):
        lines_of_series("m ", [time_ms], array("d", [1.0]), bytes(1))


def test_nothing_to_say_is_no_line() -> None:
    assert line_of("m ", {"value": None}, 1) is None


def test_an_error_holds_nothing_of_the_text() -> None:
    with pytest.raises(UnwritableError) as refused:
        series_prefix("m", [("unit", "Nguyen\\Van A")])
    assert "Nguyen" not in str(refused.value)


VALUES = st.lists(st.tuples(TIMES, FLOATS | st.just(math.nan), st.integers(0, 3)), max_size=20)


@given(VALUES)
def test_a_series_is_written_as_its_readings_one_by_one(found: list[tuple[int, float, int]]) -> None:
    found.sort(key=lambda each: each[0])
    one_by_one = [
        point("m ", ts, None if math.isnan(value) else value, quality) for ts, value, quality in found
    ]
    columns = array("q", [ts for ts, _, _ in found]), array("d", [value for _, value, _ in found])
    lines = lines_of_series("m ", *columns, bytes(quality for _, _, quality in found))
    assert lines == [line for line in one_by_one if line is not None]
    for line in lines:
        parse(line)


def test_a_prefix_is_made_once_and_for_as_many_series_as_may_be() -> None:
    limit = SeriesLimit(2)
    prefixes = SeriesPrefixes("m", ("device", "unit"), limit.admit)
    first = prefixes.of(("fridge-1", "Cel"))
    assert prefixes.of(("fridge-1", "Cel")) is first
    prefixes.of(("fridge-2", "Cel"))
    for _ in range(2):
        with pytest.raises(OverLimitError, match=r"series\.over_limit"):
            prefixes.of(("fridge-3", "Cel"))
    assert prefixes.of(("fridge-1", "Cel")) is first
    assert (limit.series, limit.over) == (2, 1)


@pytest.mark.parametrize(
    "line",
    [
        "m value=1.0",
        "m value=1.0 1 2",
        "m,unit= value=1.0 1",
        "m,unit=a,unit=b value=1.0 1",
        "m,unit=a\\b value=1.0 1",
        "m,unit=a b value=1.0 1",
        "m value=nan 1",
        "m value=1.0,value=2.0 1",
        "m value=9223372036854775808i 1",
        "m value=1.0\n 1",
    ],
)
def test_the_parser_of_these_tests_is_strict(line: str) -> None:
    with pytest.raises((NotALine, ValueError)):
        parse(line)
