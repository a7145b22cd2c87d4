"""What epihub needs of a store: one writer for the sink, readers for everybody else.

SQLite and PostgreSQL implement it with hand-written SQL; ``tests/conformance`` holds both to it.
Times are Unix milliseconds, ids are text, rows are dicts ready for JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol, get_args

from hub.events import Event
from hub.payloads import Payload
from storage.audit import AuditReader, AuditWriter
from storage.cameras import CameraReader
from storage.curves import Curve
from storage.destinations import DestinationReader, DestinationWriter
from storage.gates import GateReader, ScanFilter
from storage.incidents import AlarmChanges, IncidentFilter, IncidentReader
from storage.lots import LotReader, Placement
from storage.notices import NoticeReader
from storage.projections import ProjectionReader, ProjectionWriter
from storage.reporting import ReportReader, ReportWriter

Row = dict[str, Any]
Stage = Literal["final", "preliminary", "withdrawn"]
STAGES: tuple[Stage, ...] = get_args(Stage)
MOST_LAB_DAYS = 50_000


class Arrival(NamedTuple):
    """A validated event: envelope, payload (None of a type we do not know) and the bytes as they came."""

    event: Event
    payload: Payload | None
    body: bytes


class Poison(NamedTuple):
    """A body the hub could not validate: kept whole, with its reason (a code and a place)."""

    edge: str
    topic: str
    body: bytes
    reason: str


class Watermark(NamedTuple):
    """Every seq of (edge, epoch) up to ``seq`` is stored, quarantined or declared; ``id`` of row ``seq``."""

    edge: str
    epoch: str
    seq: int
    id: str


class Hole(NamedTuple):
    """Rows of an epoch that will never come, declared by the edge."""

    edge: str
    epoch: str
    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction of the sink writes; ``term`` is the lease the transaction checks."""

    term: int
    arrivals: Sequence[Arrival] = ()
    poison: Sequence[Poison] = ()
    watermarks: Sequence[Watermark] = ()
    holes: Sequence[Hole] = ()
    received_ms: int = 0
    alarms: AlarmChanges | None = None  # refused as a whole (LedgerMoved) when the ledger has moved
    placements: Sequence[Placement] = ()  # of lots; the store gives their numbers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: stored + duplicates = arrivals; quarantined = poison rows."""

    stored: int
    duplicates: int
    quarantined: int
    last_number: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``next_cursor`` is opaque, None at the end."""

    items: list[Row]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Which results: None is any; times are those of the observation, ``from`` inclusive."""

    specimen: str | None = None
    site: str | None = None
    device: str | None = None
    call: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Which readings of a device, or of several (200 at most)."""

    device: str | tuple[str, ...]
    metric: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    step_ms: int | None = None  # None: single readings; else min, max, mean, count a step


@dataclass(frozen=True, slots=True)
class LabDayFilter:
    """Which counts: ``from_day`` <= local day < ``to_day``; None is any.
    ``places`` names what a site is counted under, its district say; without it every site is its own place.
    """

    from_day: date
    to_day: date
    sites: Sequence[str] | None = None
    places: Mapping[str, str] | None = None
    test: str | None = None
    by_test: bool = False


class LabDay(NamedTuple):
    """Current results of a place and local day, controls left out: one count for each Call, in its order.

    ``final`` are F and C, ``preliminary`` P, ``withdrawn`` X and D. ``place`` is None for sites that
    ``places`` does not name, ``test`` unless it was asked for.
    """

    day: date
    place: str | None
    stage: Stage
    test: str | None
    counts: tuple[int, ...]


class LoggedEvent(NamedTuple):
    """An event of the log with its number (given in commit order)."""

    number: int
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Figures:
    """What the store knows about itself, for health and metrics."""

    store: str
    schema: int
    last_number: int
    events: int
    results: int
    readings: int
    poison: int
    bytes: int
    watermarks: tuple[Watermark, ...] = field(default=())


class CursorGone(LookupError):
    """A cursor older than the log: ``first`` is the first number that can be had."""

    def __init__(self, first: int) -> None:
        super().__init__(f"the log begins at {first}")
        self.first = first


class BadCursor(ValueError):
    """A cursor that this store never gave."""


class TooManyRows(ValueError):
    """More than one answer should carry: ask for a shorter range."""


class EventStore(AuditWriter, ProjectionWriter, DestinationWriter, ReportWriter, Protocol):
    """The sink's side: one writer. Every method raises hub.errors.StoreUnavailable when it cannot.

    Every method but ``open`` raises hub.errors.StoreBroken when only a new process may go on.
    """

    @property
    def store_id(self) -> str:
        """Random id of this store, new after a restore (design 3)."""
        ...

    @property
    def term(self) -> int:
        """The lease of this writer: higher than that of any writer before it."""
        ...

    async def open(self) -> None:
        """Migrate, take the lease; raises OperatorError for a newer schema or a store in use."""
        ...

    async def close(self) -> None: ...

    async def write(self, batch: Batch) -> Outcome:
        """One durable transaction: events, projections, quarantine, watermarks, holes, alarms and lots."""
        ...

    async def watermarks(self) -> list[Watermark]:
        """In the order in which the hub first saw the epochs."""
        ...

    async def link(self, partition: int) -> str | None: ...
    async def renew_link(self, partition: int, link: str) -> None: ...

    async def announced(self) -> int:
        """The log number up to which events that were born at the hub are published."""
        ...

    async def mark_announced(self, number: int) -> None: ...

    async def renew_store_id(self) -> None:
        """The store was restored from a copy: take a new id."""
        ...

    async def maintain(self, now_ms: int) -> bool:
        """A slice of retention and compaction, some milliseconds; tells whether there is more to do."""
        ...


class StoreReader(
    IncidentReader,
    NoticeReader,
    LotReader,
    GateReader,
    CameraReader,
    AuditReader,
    ProjectionReader,
    DestinationReader,
    ReportReader,
    Protocol,
):
    """The API's side: read-only, any number of them beside the writer."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    async def devices(self) -> list[Row]:
        """Each device with site, edge, kind, profile, state, reason, since, last_message, clock_offset_s."""
        ...

    async def results(self, wanted: ResultFilter, *, limit: int, cursor: str | None) -> Page:
        """Current versions, newest first; raises BadCursor."""
        ...

    async def result(self, event_id: str) -> Row | None:
        """One result with ``versions``, oldest first; found by the id of any version."""
        ...

    async def scans(self, wanted: ScanFilter, *, limit: int, cursor: str | None) -> Page:
        """Scans of gates with their decision and passage, newest first; raises BadCursor."""
        ...

    async def arrivals(self, event_ids: Sequence[str]) -> dict[str, int]:
        """When each of these events came to the hub, in Unix ms; what the log does not hold is left out."""
        ...

    async def lab_days(self, wanted: LabDayFilter) -> list[LabDay]:
        """Counts by local day, place, stage and test, in that order; raises TooManyRows over 50,000."""
        ...

    async def readings(self, wanted: ReadingFilter, *, limit: int, cursor: str | None) -> Page:
        """Oldest first; raises BadCursor."""
        ...

    async def curves(self, wanted: ReadingFilter) -> list[Curve]:
        """The steps of many devices at once; raises TooManyRows over 200,000 steps."""
        ...

    async def deletions(self, *, limit: int, cursor: str | None) -> Page:
        """What retention removed, newest first, each entry chained to the one before (storage.retention)."""
        ...

    async def latest_readings(self) -> list[Row]:
        """The newest reading of each series."""
        ...

    async def incidents(self, wanted: IncidentFilter, *, limit: int, cursor: str | None) -> Page:
        """Those opened last first; raises BadCursor."""
        ...

    async def quarantine(self, state: str | None, *, limit: int, cursor: str | None) -> Page:
        """What waits at the edges (quarantine.v1) and at the hub (poison), newest first."""
        ...

    async def quarantined(self, entry_id: str) -> Row | None: ...

    async def events(self, after: int, *, limit: int) -> list[LoggedEvent]:
        """The log after ``after``, in its order; raises CursorGone."""
        ...

    async def events_of_hub(self, after: int, *, limit: int) -> list[LoggedEvent]:
        """Those of the log after ``after`` that were born at the hub (at most 1000)."""
        ...

    async def figures(self) -> Figures: ...
