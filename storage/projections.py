"""What the store keeps of projections (outside servers that follow it), and what a projector asks of it.

The store stays the truth: a projector reads the log page by page, and whatever an event may have changed
elsewhere it reads as it stands now. So pages that are sent again, in any order, end in the same figures.
"""

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:  # both are parts of one contract
    from storage.contract import LoggedEvent, Page

MOST_EVENTS = 10_000
# A page ends early here, so that ten thousand of the largest events cannot fill the memory, and looks at so
# many numbers at most, so that a page of rare types is not the whole log.
LARGEST_PAGE_BYTES = 16 * 1024 * 1024
MOST_LOOKED_AT = 50_000
MOST_SERIES = 200
MOST_READINGS = 500_000
# Of one projection; the oldest go first, ProjectionRow.rejected counts on.
MOST_REJECTED = 10_000
LONGEST_REASON = 400
LONGEST_LINE = 2048
# Beside storage.instants.QUALITIES: what was claimed of this instant was withdrawn, nothing stands.
WITHDRAWN: Final = 3
# ProjectionChange.history_day: nothing of history is left.
HISTORY_SENT: Final = -(2**31)


class Series(NamedTuple):
    """One metric of a device with its number in this store, which never changes."""

    series: int
    site: str
    edge: str
    device: str
    metric: str
    unit: str


class Rejected(NamedTuple):
    """A line that a server refused for good; ``number``: of its event, 0: of history, an hour or a sample.

    ``reason`` is cut at 400 characters, ``line`` at 2048.
    """

    number: int
    at_ms: int
    reason: str
    line: str


class ProjectionChange(NamedTuple):
    """What is settled of a projection; None leaves as it is.

    ``number``: every event up to it is settled; a lower one than the store has changes nothing.
    ``history_day``: days before it are still to be sent; HISTORY_SENT: none. ``paused_by``: who, "" resumes.
    ``begin``: it is new, or begins anew: nothing is known of it but whether it is paused; then the rest
    applies. ``target``: what a name stands for (a digest of ours): a caller sees that it was changed.
    """

    name: str
    number: int | None = None
    history_day: int | None = None
    rejected: Sequence[Rejected] = ()
    paused_by: str | None = None
    series_over_limit: int | None = None
    begin: bool = False
    target: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectionRow:
    """How far a projection is, by name.

    ``history_day`` is a UTC day (days since 1970-01-01): those before it are still to be sent; None: nothing
    of history is left. ``paused_by`` is empty while it runs. ``rejected`` counts lines ever, kept or not.
    ``settled_at_ms``: when ``number`` was last told, 0: never.
    """

    name: str
    number: int = 0
    history_day: int | None = None
    paused_by: str = ""
    paused_since_ms: int = 0
    rejected: int = 0
    settled_at_ms: int = 0
    series_over_limit: int = 0
    target: str = ""


class GateHourKey(NamedTuple):
    """An hour of a gate; ``hour`` in hours since 1970-01-01T00Z."""

    site: str
    edge: str
    device: str
    zone: str
    hour: int


class GateHourRow(NamedTuple):
    """As it stands: one number for each of storage.gates.COUNTED, all 0 where nothing stands any more."""

    key: GateHourKey
    counts: tuple[int, ...]


class AnalyzerHourKey(NamedTuple):
    """An hour of an analyzer by the time of observation; ``hour`` in hours since 1970-01-01T00Z."""

    site: str
    device: str
    hour: int


class AnalyzerHour(NamedTuple):
    """Current results that are not withdrawn (status F, C, P), controls left out.

    0 for a call that a result of this hour had, and none has any more.
    """

    key: AnalyzerHourKey
    call: str
    results: int


class Standing(NamedTuple):
    """What stands at an instant: ``quality`` is an index of storage.instants.QUALITIES, or WITHDRAWN.

    ``value`` None: there is none (also of what is withdrawn).
    """

    series: int
    ts: int
    value: float | None
    quality: int


class SeriesDay(NamedTuple):
    """The readings of a series and UTC day as they stand, oldest first, each instant once.

    ``values``: nan is none. ``qualities`` as in Standing: an instant that is withdrawn is one of them.
    ``contested``: the instants of which ``contested()`` gives a Standing, whatever their quality.
    """

    series: int
    ts: "array[int]"
    values: "array[float]"
    qualities: bytes
    contested: frozenset[int]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Part of the log: ``events`` of the types asked for, looked at up to ``last``, by number.

    Beside them, what ANY event of the page (asked for or not) may have changed:
    ``instants``: (series, ts) that are contested or withdrawn because of it. Such an event may have another
    time, series or device than the reading it withdraws: whoever asks ``contested`` of these and of the
    readings of the page knows all that he must write.
    ``gate_hours``, ``analyzer_hours``: to be read as they stand (``standing_gate_hours`` and so on).
    """

    events: "list[LoggedEvent]"
    last: int
    instants: list[tuple[int, int]]
    gate_hours: list[GateHourKey]
    analyzer_hours: list[AnalyzerHourKey]


class ProjectionWriter(Protocol):
    """Part of EventStore."""

    async def settle_projection(self, change: ProjectionChange) -> None:
        """One durable transaction: cursor and rejected lines; makes the projection where there is none.

        Raises ValueError for a name, number or text beyond all bounds: nothing was written.
        """
        ...


class ProjectionReader(Protocol):
    """Part of StoreReader."""

    async def projections(self) -> list[ProjectionRow]:
        """By name; also those that the configuration no longer names."""
        ...

    async def rejected(self, name: str, *, limit: int, cursor: str | None) -> "Page":
        """Newest first: number, at (RFC 3339), reason, line; raises BadCursor."""
        ...

    async def log_page(self, after: int, *, limit: int, types: Collection[str]) -> LogPage:
        """The log after ``after``, at most ``limit`` (10,000) events of ``types`` and about 16 MiB.

        ``last`` equals ``after`` only where the log has no more; raises CursorGone.
        """
        ...

    async def series(self) -> list[Series]:
        """All there are, by number; new ones get higher numbers."""
        ...

    async def reading_days(self) -> tuple[int, int] | None:
        """First and last UTC day (days since 1970-01-01) with readings; None: there are none."""
        ...

    async def reading_day_before(self, day: int) -> int | None:
        """The last day before ``day`` that has readings: nobody need ask for empty years."""
        ...

    async def day_of_readings(
        self, day: int, series: Sequence[int], *, skip_damaged: bool = False
    ) -> list[SeriesDay]:
        """One for each of ``series`` (200 at most), in their order; empty ones, too.

        Where they have more than 500,000 readings together it is as many of the first as fit, one at least:
        ask for the others again. Raises StoreUnavailable for a damaged chunk; ``skip_damaged``: the day of
        its series is empty then.
        """
        ...

    async def contested(self, instants: Sequence[tuple[int, int]]) -> list[Standing]:
        """Of (series, ts), those of a page, those that other contents ever claimed or that were withdrawn.

        Once contested, always: an instant of which claims were taken back until one is left is still told.
        What a damaged chunk holds is left out: nobody knows what stands there.
        """
        ...

    async def standing_gate_hours(self, hours: Collection[GateHourKey]) -> list[GateHourRow]:
        """One for each of ``hours``, those of a page or a day."""
        ...

    async def analyzer_hours(self, hours: Collection[AnalyzerHourKey]) -> list[AnalyzerHour]:
        """Of the hours of a page or a day: by hour and call."""
        ...

    async def hours_of_day(self, day: int) -> tuple[list[GateHourKey], list[AnalyzerHourKey]]:
        """All of a UTC day that count anything, or did: for verify and history."""
        ...

    async def oldest_unprojected(self, number: int) -> int | None:
        """When the first event after ``number`` came to the hub, in Unix ms; None: there is none."""
        ...

    async def events_after(self, number: int) -> int:
        """How many there may be at most: numbers of duplicates and of old readings count, too."""
        ...
