"""The districts of a day, as reports with a row for each need them; what a place is called there and then."""

from datetime import date

from hub.places import register

UNKNOWN_PLACE = "unknown"
UNKNOWN_CODE = "unknown"


def districts(day: date) -> list[str]:
    """Codes of those there were on that day, in their order."""
    return [unit.code for unit in register().reported_districts(day)]


def district_name(code: str, day: date) -> str:
    """With its type; the code itself where nobody knows it."""
    unit = register().reported_district(code, day)
    return unit.full_name if unit else code


def commune_name(district: str, commune: str, day: date) -> str:
    """With its type; the code itself where it did not lie in that district."""
    place = register().place_of(district, commune, day)
    return place.commune.full_name if place and place.commune else commune
