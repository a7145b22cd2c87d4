"""The administrative units of Vietnam as they were on a day: provinces, districts, communes. Pure data."""

from hub.places.register import (
    DISTRICTS_ENDED,
    LAST_DAY_OF_DISTRICTS,
    PROVINCE,
    Place,
    Register,
    Unit,
    register,
)

__all__ = ["DISTRICTS_ENDED", "LAST_DAY_OF_DISTRICTS", "PROVINCE", "Place", "Register", "Unit", "register"]
