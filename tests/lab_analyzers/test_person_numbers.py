"""Numbers of persons typed into a result's value are no quantities."""

import pytest

from adapters.lab_analyzers.quantities import parse


@pytest.mark.parametrize(
    "text", ["0912345678", "075184292001", "271234567", "1234567890", "0912345678 cp/mL"]
)
def test_a_person_number_is_no_value(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("12345678", 12345678), ("123456789 cp/mL", 123456789)]
)
def test_a_quantity_is_one(text: str, value: float) -> None:
    quantity = parse(text)
    assert quantity is not None
    assert quantity.value == value
