"""Which laboratory results stood at a number of the log: pure, shared by both dialects.

What stands now stood then, if its fact had no version since and is linked with no other fact. The few that
are not so are chosen anew among the versions up to that number, by the rule of storage.versions.
"""

from collections.abc import Mapping
from typing import NamedTuple

from storage.reporting import ResultsFilter, StoredResult
from storage.reporting_rows import bounds
from storage.versions import Version, current, members

DAY_MS = 86_400_000
MOST_RESULTS = 1_000_000
MOST_NAMED = 1000


class Chosen(NamedTuple):
    """The version of a fact that stood, and how many there were."""

    number: int
    versions: int


def chosen(family: Mapping[bytes, Version], fact: int, up_to: int) -> Chosen | None:
    """None: none of its versions stood then."""
    known = {id_: version for id_, version in family.items() if version.number <= up_to}
    versions = members(known, fact)
    found = current(versions, known)
    return None if found is None else Chosen(found.number, len(versions))


def fits(result: StoredResult, wanted: ResultsFilter) -> bool:
    """Whether it is among those that are asked for."""
    from_day, to_day = bounds(wanted.from_day, wanted.to_day)
    return (
        from_day <= result.day <= to_day
        and wanted.call in (None, result.payload.call)
        and (wanted.sites is None or result.site in wanted.sites)
        and (wanted.specimens is None or result.payload.specimen in wanted.specimens)
        and (wanted.facts is None or result.fact in wanted.facts)
    )


def window(wanted: ResultsFilter) -> tuple[int, int, int, int]:
    """(first day, last day, first ms, last ms): no zone is a day or more away from UTC.

    Raises ValueError for more than 1000 specimens or facts.
    """
    if any(len(names or ()) > MOST_NAMED for names in (wanted.specimens, wanted.facts)):
        raise ValueError("more than 1000 specimens or facts")
    from_day, to_day = bounds(wanted.from_day, wanted.to_day)
    if wanted.from_day is None and wanted.to_day is None:
        return from_day, to_day, from_day, to_day
    from_ms = from_day if wanted.from_day is None else (from_day - 1) * DAY_MS
    to_ms = to_day if wanted.to_day is None else (to_day + 2) * DAY_MS
    return from_day, to_day, from_ms, to_ms
