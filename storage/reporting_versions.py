"""Which version of a reported fact stands: a pure rule, shared by both dialects and by the hub's desk.

The version that its source took down last stands: ``entered``, of a self-assessment ``submitted``, and where
neither is told the moment at which it came to the hub. Of two of one moment the later one of the log.
So what stands is a function of which versions there are, however often and in whatever order they came.
"""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from typing import Any, Final, NamedTuple

from hub.payload import Payload
from hub.reported import (
    REPORTED,
    Assessment,
    BedStatus,
    Declaration,
    FacilityRegistered,
    QuarantineDay,
    ReferenceSet,
    Reported,
    ReportRowsSet,
    RolloutSet,
    SpecimenRegistered,
    StockMoved,
    VaccinationSession,
)
from storage.admission import EARLIEST_MS, LATEST_MS, Stored
from storage.lab_days import day_number, local_day
from storage.reporting import StoredFact

REPORTED_TYPES: Final = tuple(payload.TYPE for payload in REPORTED)
# A version that stands is replaced by no number of the log.
STILL: Final = 2**63 - 1
# What each version says holds from its day on: what came after a day takes nothing away from it.
STATES: Final = frozenset({Assessment.TYPE})


class FactRow(NamedTuple):
    """A row of fact_version after ``number`` and ``until``."""

    type: str
    subject: str
    scope: str
    day: int
    told_ms: int
    received_ms: int
    id: bytes
    data: bytes


class Rank(NamedTuple):
    """The highest stands."""

    told_ms: int
    number: int


def fact_row(stored: Stored, payload: Reported, zone: tzinfo) -> FactRow:
    """Raises ValueError for a day or moment that is none."""
    scope, day = _placed(payload, zone)
    told = told_ms(payload, stored.arrived_ms, zone)
    event = stored.event
    return FactRow(
        event.type, event.subject, scope, day, told, stored.arrived_ms, stored.id, bytes(event.data)
    )


def told_ms(payload: Payload, received_ms: int, zone: tzinfo) -> int:
    """When its source took it down, in Unix ms; raises ValueError for a moment that is none."""
    told = payload.submitted if isinstance(payload, Assessment) else getattr(payload, "entered", "")
    return instant_ms(told, zone) if told else received_ms


def rank_of(fact: StoredFact, zone: tzinfo) -> Rank:
    """That of a version as readers give it."""
    return Rank(told_ms(fact.payload, fact.received_ms, zone), fact.number)


def instant_ms(text: str, zone: tzinfo) -> int:
    """Unix ms of an RFC 3339 time; one without an offset, or a mere day, is local. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        found = round(moment.timestamp() * 1000)
    except OverflowError as error:
        raise ValueError("a moment beyond all bounds") from error
    if not EARLIEST_MS <= found <= LATEST_MS:
        raise ValueError("a moment beyond all bounds")
    return found


def _placed(payload: Reported, zone: tzinfo) -> tuple[str, int]:
    """(scope, local day)."""
    scope, day = _PLACES[type(payload)](payload)
    if len(day) == len("2021-08-01"):
        return scope, day_number(date.fromisoformat(day))
    return scope, local_day(instant_ms(day, zone), zone)


_PLACES: Final[dict[type[Reported], Callable[[Any], tuple[str, str]]]] = {
    Declaration: lambda told: (told.district, told.date),
    Assessment: lambda told: (told.district, told.submitted),
    QuarantineDay: lambda told: (told.facility, told.date),
    BedStatus: lambda told: (told.facility, told.date),
    StockMoved: lambda told: (told.facility, told.date),
    VaccinationSession: lambda told: (told.facility, told.date),
    SpecimenRegistered: lambda told: (told.district, told.collected),
    FacilityRegistered: lambda told: (told.facility, told.valid_from),
    ReferenceSet: lambda told: (told.scope, told.valid_from),
    RolloutSet: lambda told: (told.district, told.valid_from),
    ReportRowsSet: lambda told: (told.report, told.valid_from),
}
