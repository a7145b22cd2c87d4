"""What the store keeps of alarms: the ledger's entries, how incidents stand, and how far the log was judged.

The store understands none of it: bodies are the ledger's own bytes, ``standing`` is the fold as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from hub.errors import StoreUnavailable
from hub.events import format_time
from hub.payloads import Alarm, Quality
from storage.notices import NoticeChanges

Row = dict[str, Any]

INCIDENTS_KIND = "incidents"
MOST_MEASURED = 100_000


class EntryRow(NamedTuple):
    """One entry of the ledger: ``body`` its canonical bytes, ``hash`` its link (32 bytes)."""

    number: int
    incident: str
    device: str
    kind: str
    at_ms: int
    body: bytes
    hash: bytes


class IncidentRow(NamedTuple):
    """How an incident stands; ``opened`` and ``last`` are numbers of entries, ``standing`` the whole fold."""

    id: str
    opened: int
    last: int
    site: str
    device: str
    metric: str
    rule: str
    state: str
    severity: str
    start_ms: int
    cleared_ms: int | None
    end_ms: int  # what it reaches: of one that is open, beyond any time
    standing: bytes


class AlarmSetting(NamedTuple):
    """By what alarms judge from ``from_ms`` on: ``body`` is JSON, the first of a name stays."""

    name: str
    from_ms: int
    body: bytes


def bounds_of(prefix: str) -> tuple[str, str]:
    """Names of settings under ``prefix``, which ends with a slash, lie in this half open range."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


class Judged(NamedTuple):
    """Readings were judged up to this log number, at this time."""

    cursor: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class AlarmChanges:
    """What one step of the alarms writes. ``before`` is the number of the ledger's last entry so far;
    ``judged`` None: as it was."""

    before: int
    entries: Sequence[EntryRow] = ()
    incidents: Sequence[IncidentRow] = ()
    judged: Judged | None = None
    settings: Sequence[AlarmSetting] = ()
    notices: NoticeChanges | None = None

    @property
    def last(self) -> int:
        return self.entries[-1].number if self.entries else self.before


@dataclass(frozen=True, slots=True)
class AlarmStanding:
    """Where alarms go on after a start. ``services``: the entries OUT_OF_SERVICE and IN_SERVICE, in order."""

    judged: Judged
    number: int
    hash: bytes
    incidents: Sequence[bytes]
    services: Sequence[EntryRow]
    settings: Sequence[AlarmSetting] = ()


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents: None is any. ``explained_by``: id of the incident that explains them."""

    states: Sequence[str] | None = None
    site: str | None = None
    device: str | None = None
    explained_by: str | None = None


class Measured(NamedTuple):
    """One claim of an instant, whether it stands or contests: a rule takes the worst itself."""

    time_ms: int
    value: float | None
    unit: str
    quality: Quality
    device: str = ""


class IncidentReader(Protocol):
    """Part of StoreReader."""

    async def history(
        self, device: str | tuple[str, ...], metric: str, *, from_ms: int, to_ms: int, limit: int
    ) -> list[Measured]:
        """What devices said of a metric in ``from_ms`` <= time < ``to_ms``, by time, contests included.

        Whole instants: about ``limit`` rows (100,000 at most), one instant at least. Go on after the last.
        """
        ...

    async def alarm_standing(self, reaching_ms: int) -> AlarmStanding:
        """Where alarms go on: every incident that is not closed or reaches ``reaching_ms``, oldest first."""
        ...

    async def alarm_settings(self, prefix: str) -> list[AlarmSetting]:
        """By what alarms judge: those whose names begin with ``prefix`` (it ends with a slash), by time."""
        ...

    async def incident(self, incident_id: str) -> Row | None:
        """One incident."""
        ...

    async def incident_entries(
        self, after: int, *, limit: int, incident_id: str | None = None, device: str | None = None
    ) -> list[EntryRow]:
        """The ledger after entry ``after``, all of it or that of one incident or device (at most 1000)."""
        ...

    async def incident_rows(self, after: int, *, limit: int) -> list[IncidentRow]:
        """How incidents stand, those opened after entry ``after``, oldest first (at most 1000)."""
        ...


class LedgerMoved(StoreUnavailable):
    """The ledger has other entries than the writer believes: its book must be built anew."""


def moved(changes: AlarmChanges, number: int) -> LedgerMoved | None:
    """The refusal of changes that do not follow entry ``number``; None when they do."""
    if changes.before == number:
        return None
    return LedgerMoved(f"store.ledger_moved: it stands at {number}, not at {changes.before}")


def page_end(times: Sequence[int], limit: int, end: int) -> int:
    """Where a page of whole instants ends, given the instants of up to ``limit`` + 1 rows in order."""
    if len(times) <= limit:
        return end
    return max(times[limit], times[0] + 1)


def incident_row(row: IncidentRow) -> Row:
    """An incident as the API gives it; raises StoreUnavailable when its fold cannot be read."""
    try:
        told: Mapping[str, Any] = json.loads(row.standing)
        return _incident_row(row, told, told["known"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable("store.damaged_incident") from error


def _incident_row(row: IncidentRow, told: Mapping[str, Any], known: Mapping[str, Any]) -> Row:
    return {
        "id": row.id,
        "type": Alarm.TYPE,
        "site": row.site,
        "device": row.device,
        "time": format_time(row.start_ms),
        "received": format_time(told["since_ms"]),
        "kind": row.rule,
        "metric": row.metric,
        "version": known["version"],
        "severity": row.severity,
        "state": row.state,
        "raised": format_time(known["raised_at_ms"]),
        "cleared": None if row.cleared_ms is None else format_time(row.cleared_ms),
        "worst": None if known["worst"] is None else known["worst"] / 1000,
        "inferred": known["inferred"],
        "retro": told["retro"],
        "latch": told["latch"],
        "acknowledged": told["acknowledged"],
        "withdrawn": told["withdrawn"],
        "merged_into": told["merged_into"] or None,
        "shelved_until": _time(told["shelved_until_ms"]),
        "suppressed_by": told["suppressed_by"] or None,
        "assigned_to": told["assigned_to"] or None,
        "disposition": told["disposition"] or None,
        "entry": row.last,
    }


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_time(at_ms)
