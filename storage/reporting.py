"""What the store keeps for reports: facts that people report, in all their versions, and revisions.

A fact is what events with one type and subject say. Nothing is overwritten, so whoever asks ``up_to`` an
older log number is told what was known then: a report is a function of the log up to a number,
and of nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.payload import Payload
from hub.payloads import LabResult

MOST_FACTS = 2_000_000
MOST_REVISIONS = 10_000


class StoredFact(NamedTuple):
    """The version of a fact that stands; ``versions``: how many there were. ``day``: since 1970-01-01."""

    number: int
    id: str
    subject: str
    scope: str
    day: int
    received_ms: int
    versions: int
    payload: Payload


class StoredResult(NamedTuple):
    """A laboratory result as it stands; ``fact`` is one for all its versions, ``day`` local."""

    number: int
    id: str
    fact: int
    site: str
    device: str
    time_ms: int
    received_ms: int
    day: int
    versions: int
    payload: LabResult


@dataclass(frozen=True, slots=True)
class FactFilter:
    """``type`` of the event; days inclusive; ``scopes``: facility, district … (None: all).

    Of an assessment the version counts that stood at the end of ``to_day``, of anything else the one that
    stands, if it is about one of the days.
    """

    type: str
    up_to: int
    from_day: int | None = None
    to_day: int | None = None
    scopes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class ResultsFilter:
    """``call`` None: any; local days inclusive; ``specimens``, ``facts``: of these alone (1000 at most)."""

    up_to: int
    from_day: int | None = None
    to_day: int | None = None
    call: str | None = None
    sites: Sequence[str] | None = None
    specimens: Sequence[str] | None = None
    facts: Sequence[int] | None = None


class GateDayCount(NamedTuple):
    """A gate's local day, as known up to a number: one number for each of storage.gates.COUNTED."""

    day: int
    site: str
    device: str
    zone: str
    counts: tuple[int, ...]


class Revision(NamedTuple):
    """A report as it was told: the log up to ``up_to`` gives data with this ``sha256`` (hex).

    ``query``: canonical JSON of what was asked; ``revision``: 1, 2, 3 … of this report and query.
    """

    report: str
    query: str
    revision: int
    up_to: int
    sha256: str
    event_count: int
    at_ms: int


class ReportWriter(Protocol):
    """Part of EventStore."""

    async def revise_report(self, told: Revision) -> Revision:
        """Durable. ``told.revision`` 0: the next one, or the last where its sha256 is the same."""
        ...


class ReportReader(Protocol):
    """Part of StoreReader."""

    async def facts(self, wanted: FactFilter) -> list[StoredFact]:
        """By day, scope and subject; raises TooManyRows."""
        ...

    async def current_fact(self, type_: str, subject: str) -> StoredFact | None:
        """As it stands now."""
        ...

    async def results_known(self, wanted: ResultsFilter) -> list[StoredResult]:
        """By time and number, controls too; X and D too, where they stand; raises TooManyRows."""
        ...

    async def gate_days(self, from_day: int, to_day: int, up_to: int) -> list[GateDayCount]:
        """Local days inclusive; by day, site, device."""
        ...

    async def arrived_ms(self, number: int) -> int | None:
        """When the event of that number came to the hub, or the last before it that the log still has."""
        ...

    async def report_revisions(self, report: str, query: str) -> list[Revision]:
        """The newest first."""
        ...
