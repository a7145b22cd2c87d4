"""The administrative units of Vietnam as they were on a day: provinces, districts, communes. Pure data."""

from hub.places.register import (
    DISTRICTS_ENDED,
    PROVINCE,
    Place,
    Register,
    Unit,
    register,
)

__all__ = ["DISTRICTS_ENDED", "PROVINCE", "Place", "Register", "Unit", "register"]
