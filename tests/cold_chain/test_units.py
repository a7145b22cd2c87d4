"""Degrees Fahrenheit and Kelvin against exact arithmetic."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cold_chain.decoders.measurement import temperature, to_celsius

TENTHS = st.integers(-4000, 4000).map(lambda tenths: Decimal(tenths).scaleb(-1))
HUNDREDTHS = st.integers(-40_000, 40_000).map(lambda n: Decimal(n).scaleb(-2))
THOUSANDTHS = st.integers(-400_000, 400_000).map(lambda n: Decimal(n).scaleb(-3))


def exact(number: Decimal, unit: str) -> Fraction:
    value = Fraction(number)
    return (value - 32) * Fraction(5, 9) if unit == "[degF]" else value - Fraction("273.15")


@given(TENTHS | HUNDREDTHS | THOUSANDTHS, st.sampled_from(["[degF]", "K"]))
def test_conversion_is_the_nearest_hundredth_half_to_even(number: Decimal, unit: str) -> None:
    cents = exact(number, unit) * 100
    assert Fraction(to_celsius(number, unit)) * 100 == round(cents)  # Fraction rounds half to even


@given(HUNDREDTHS)
def test_celsius_is_not_touched(number: Decimal) -> None:
    assert to_celsius(number, "Cel") == number


@given(st.integers(-90_00, 80_00))
def test_celsius_survives_a_device_that_shows_fahrenheit(cents: int) -> None:
    """A °F device with two decimals is right to 0.01 °C."""
    celsius = Decimal(cents).scaleb(-2)
    shown = (celsius * 9 / 5 + 32).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    measured = temperature(float(shown), "F", -100, 100)
    if shown != -127:
        assert measured.value is not None
        assert abs(Decimal(repr(measured.value)) - celsius) <= Decimal("0.01")
    assert measured.raw_value == float(shown)
    assert measured.raw_unit == "[degF]"


@pytest.mark.parametrize(
    ("number", "unit", "celsius"),
    [("41", "F", 5.0), ("40.1", "°F", 4.5), ("32", "fahrenheit", 0.0), ("-40", "f", -40.0),
     ("278.15", "K", 5.0), ("277.155", "K", 4.0), ("277.165", "K", 4.02),
     ("35.6", "[degF]", 2.0), ("46.4", "F", 8.0), ("31.99", "F", -0.01),
     ("31.999", "F", 0.0), ("4.35", "°C", 4.35)],
)  # fmt: skip
def test_known_pairs(number: str, unit: str, celsius: float) -> None:
    measured = temperature(float(number), unit, -100, 100)
    assert (measured.value, measured.unit, measured.reason) == (celsius, "Cel", None)
    assert str(measured.value) == str(celsius)  # never -0.0


@given(st.floats(-99, 99), st.floats(-99, 99), st.floats(-99, 99))
def test_only_readings_within_the_range_are_good(value: float, one: float, other: float) -> None:
    lowest, highest = sorted((one, other))
    measured = temperature(value, "C", lowest, highest)
    assert measured.value is None or lowest <= measured.value <= highest
    assert (measured.value is None) == (measured.reason is not None)
