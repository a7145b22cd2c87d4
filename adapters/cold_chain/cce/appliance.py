"""Which device a report is of, and whether it stands where it should."""

from collections.abc import Mapping
from math import asin, cos, hypot, radians, sin, sqrt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# What tells one appliance from another: country and facility, the supplier's own id, and asset
# number and serial of appliance, monitor (E) and logger (L).
Identity = Literal["CID", "FID", "AMID", "AID", "ASER", "EID", "ESER", "LID", "LSER"]
PlaceName = Literal["CID", "FID", "RNAM", "DNAM", "FNAM"]
Text = Annotated[str, Field(min_length=1, max_length=128)]
EARTH_RADIUS_M = 6_371_000


class Place(BaseModel):
    """Where an appliance stands; a report from elsewhere degrades the device, its readings are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: dict[PlaceName, Text] = Field(default_factory=dict, description="What CID, FID, … must say.")
    latitude: float | None = Field(None, ge=-90, le=90, description="Degrees north.")
    longitude: float | None = Field(None, ge=-180, le=180, description="Degrees east.")
    within_m: float = Field(2000, gt=0, description="How far LAT and LNG may be from there.")


def is_of(header: Mapping[str, Any], match: Mapping[Identity, str]) -> bool:
    """Whether a report says everything that ``match`` asks for; nothing asked fits anything."""
    return all(_same(header.get(name), wanted) for name, wanted in match.items())


def is_at(header: Mapping[str, Any], place: Place) -> bool:
    """What a report leaves out is not held against it."""
    names = ((header.get(name), wanted) for name, wanted in place.names.items())
    return all(said is None or _same(said, wanted) for said, wanted in names) and _is_near(header, place)


def _same(said: object, wanted: str) -> bool:
    return isinstance(said, str) and said.strip().casefold() == wanted.strip().casefold()


def _is_near(header: Mapping[str, Any], place: Place) -> bool:
    north, east = _number(header, "LAT", 90), _number(header, "LNG", 180)
    if place.latitude is None or place.longitude is None or north is None or east is None:
        return True
    allowed = place.within_m + abs(_number(header, "LACC", 1000) or 0)
    return _metres(place.latitude, place.longitude, north, east) <= allowed


def _number(header: Mapping[str, Any], name: str, most: float) -> float | None:
    said = header.get(name)
    fits = isinstance(said, int | float) and not isinstance(said, bool) and -most <= said <= most
    return said if fits else None


def _metres(north: float, east: float, other_north: float, other_east: float) -> float:
    """Great circle (haversine)."""
    across = sin(radians(other_north - north) / 2)
    along = sin(radians(other_east - east) / 2) * sqrt(cos(radians(north)) * cos(radians(other_north)))
    return 2 * EARTH_RADIUS_M * asin(min(1.0, hypot(across, along)))
