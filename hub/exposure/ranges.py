"""Temperatures that are allowed, by the storage profile of a unit."""

from typing import NamedTuple


class Range(NamedTuple):
    """From ``low`` to ``high``, thousandths of a degree Celsius, both included."""

    low: int
    high: int

    @property
    def middle(self) -> int:
        return (self.low + self.high) // 2


FRIDGE = Range(2000, 8000)
# WHO/UNICEF storage ranges; a profile of an operator's own keeps vaccines as a fridge does.
_BY_PROFILE = {"freezer": Range(-25_000, -15_000), "ultra-low": Range(-90_000, -60_000)}


def range_of(profile: str | None) -> Range:
    """Of a unit whose profile does not say otherwise it is that of a vaccine fridge."""
    return _BY_PROFILE.get(profile or "", FRIDGE)
