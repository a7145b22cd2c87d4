"""Which registered facility a site belongs to, as the log knows: its name and its district."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hub.reported import FacilityRegistered
from storage.contract import StoreReader
from storage.reporting import FactFilter, StoredFact


class SitePlace(NamedTuple):
    """A site that nobody registered has its id for a name, and no district."""

    name: str
    district: str = ""


async def registered_facilities(reader: StoreReader, up_to: int, to_day: int) -> list[StoredFact]:
    """All that begin on ``to_day`` or before; raises TooManyRows."""
    return await reader.facts(FactFilter(FacilityRegistered.TYPE, up_to, None, to_day))


def places_of_sites(facts: Iterable[StoredFact], day: date) -> dict[str, SitePlace]:
    """By site, as registered for ``day``: of several the one that began last."""
    began: dict[str, tuple[str, str]] = {}
    found: dict[str, SitePlace] = {}
    for fact in facts:
        told = fact.payload
        assert isinstance(told, FacilityRegistered)
        order = (told.valid_from, told.facility)
        if told.site and _valid(told, day) and order >= began.get(told.site, ("", "")):
            began[told.site] = order
            found[told.site] = SitePlace(told.name, told.district)
    return found


def _valid(told: FacilityRegistered, day: date) -> bool:
    return told.valid_from <= day.isoformat() and (not told.valid_to or day.isoformat() < told.valid_to)
