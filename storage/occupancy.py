"""How many are in a zone, put together from what was told and who went: pure, shared by both dialects.

Everything is a difference of sums over who went after a moment: those of the last days are few, and who ever
went is counted at all times. So it takes no longer as years go by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from storage.gates import HOUR_MS, Occupancy, Passages, ZoneTold


class After(NamedTuple):
    """Who went after a moment, as the tables answer it: single rows of its hour, then whole hours.

    Rows from ``first_ms`` to ``last_ms``, both inclusive; hours since 1970 from ``hour`` on.
    """

    first_ms: int
    last_ms: int
    hour: int


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What was told of a zone: its last set, the one before, the last of yesterday, and the edge's count."""

    edge: str
    zone: str
    site: str
    device: str
    last_set: ZoneTold | None
    set_before: ZoneTold | None
    set_of_yesterday: ZoneTold | None
    told: ZoneTold | None
    last_ms: int | None
    ever: Passages

    def moments(self, day_began_ms: int) -> tuple[int | None, ...]:
        """After which it is to be known who went; None: ever."""
        told = (self.last_set, self.set_before, self.set_of_yesterday, self.told)
        return (*(each and each.at_ms for each in told), day_began_ms - 1)


def after(at_ms: int) -> After:
    """A passage at ``at_ms`` itself is not after it."""
    hour = -(-(at_ms + 1) // HOUR_MS)
    return After(at_ms + 1, hour * HOUR_MS - 1, hour)


def occupancy_of(facts: ZoneFacts, went: Sequence[Passages]) -> Occupancy:
    """``went``: after each of ``moments``."""
    since_set, since_before, since_yesterdays, since_told, today = went
    last, told = facts.last_set, facts.told
    comparable = told is not None and (last is None or told.at_ms >= last.at_ms)
    between = since_before.inside - since_set.inside
    return Occupancy(
        edge=facts.edge,
        zone=facts.zone,
        site=facts.site,
        device=facts.device,
        inside=_told(last) + since_set.inside,
        since_set=since_set,
        set=last,
        drift=None if last is None else last.inside - _told(facts.set_before) - between,
        told=told,
        difference=told.inside - _told(last) - since_set.inside + since_told.inside
        if told and comparable
        else None,
        began_with=_told(facts.set_of_yesterday) + since_yesterdays.inside - today.inside,
        today=today,
        last_ms=facts.last_ms,
    )


def _told(told: ZoneTold | None) -> int:
    return 0 if told is None else told.inside
