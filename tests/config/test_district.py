"""The district of a site is one of the register, of whichever day."""

import pytest
from pydantic import TypeAdapter, ValidationError

from hub.config.fields import District

_district = TypeAdapter(District)


@pytest.mark.parametrize("code", ["731", "742", "760", "001"])
def test_a_district_there_was(code: str) -> None:
    assert _district.validate_python(code) == code


@pytest.mark.parametrize("code", ["733", "999", "75", "26014", "73a", ""])
def test_a_code_that_no_district_had(code: str) -> None:
    with pytest.raises(ValidationError):
        _district.validate_python(code)
