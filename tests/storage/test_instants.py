"""One value per instant, by a rule that is total; and nothing of a reading is lost in its stored form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.payloads import Reading
from storage.instants import QUALITIES, believed, content_of, unpack

numbers = st.floats(-300, 300) | st.none()
readings = st.builds(
    Reading,
    metric=st.sampled_from(["temp.fridge", "humidity"]),
    value=numbers,
    unit=st.just("Cel"),
    raw_value=numbers | st.text(max_size=8),
    raw_unit=st.sampled_from([None, "Cel", "[degF]"]),
    quality=st.sampled_from(QUALITIES),
    reason=st.none() | st.just("sentinel"),
    sequence=st.none() | st.integers(0, 2**40),
)


@given(readings)
def test_the_stored_form_gives_everything_back(reading: Reading) -> None:
    content = content_of(reading)
    extra = unpack(content.value, content.extra, reading.unit)
    assert extra == (reading.reason, reading.raw_value, reading.raw_unit, reading.sequence)
    assert (content.value, QUALITIES[content.quality]) == (reading.value, reading.quality)


# Few values, so that claims are alike in all but one thing.
alike = st.builds(
    Reading,
    metric=st.just("temp.fridge"),
    value=st.sampled_from([None, 0.0, 4.0, 5.0, 6.0]),
    unit=st.just("Cel"),
    raw_value=st.sampled_from([None, 4.0, "4.0"]),
    quality=st.sampled_from(QUALITIES),
    sequence=st.sampled_from([None, 1, 2]),
)


@pytest.mark.parametrize("metric", ["temp.fridge", "humidity"])
@given(alike | readings, alike | readings)
def test_one_of_two_that_differ_is_believed_whatever_came_first(
    metric: str, one: Reading, other: Reading
) -> None:
    first, second = content_of(one), content_of(other)
    assert (believed(metric, first) == believed(metric, second)) == (first == second)


def test_the_common_reading_needs_no_extra_bytes() -> None:
    assert content_of(Reading("temp.fridge", 5.0, "Cel")).extra is None
    assert content_of(Reading("temp.fridge", 5.0, "Cel", 5.0, "Cel")).extra == b"="


def test_quality_comes_before_the_value() -> None:
    good, uncertain, bad = (
        content_of(Reading("temp.fridge", value, "Cel", quality=quality))
        for value, quality in zip((5.0, 30.0, 85.0), QUALITIES, strict=True)
    )
    assert believed("temp.fridge", good) > believed("temp.fridge", uncertain) > believed("temp.fridge", bad)


def test_of_two_temperatures_the_excursion_is_believed() -> None:
    low, high = content_of(Reading("temp.fridge", 1.0, "Cel")), content_of(Reading("temp.fridge", 8.5, "Cel"))
    assert believed("temp.fridge", low) > believed("temp.fridge", high)
    assert believed("humidity", high) > believed("humidity", low)


def test_what_is_alike_is_told_apart_by_the_number_and_then_by_the_rest() -> None:
    def key(value: float | None, sequence: int | None = None) -> tuple[object, ...]:
        return believed("temp.fridge", content_of(Reading("temp.fridge", value, "Cel", sequence=sequence)))

    assert key(6.0) > key(4.0), "as far from 5 °C"
    assert key(5.0) > key(None)
    assert key(4.0, 2) > key(4.0, 1) > key(4.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not_finite"):
        content_of(Reading("temp.fridge", value, "Cel"))
