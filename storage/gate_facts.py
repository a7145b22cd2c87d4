"""What a gate event counts as, and when: pure rules, shared by both dialects."""

import re
from collections.abc import Iterable, Mapping
from operator import add
from typing import NamedTuple, TypeVar

from hub.payloads import GateDecision, Passage, Scan, ZoneCount
from storage.admission import LARGEST_INTEGER, Stored
from storage.gates import COUNTED, HOUR_MS, PASSAGES

# A device may be ten minutes off and is heard at once all the same; what comes later was kept by it.
LIVE_MS = 15 * 60 * 1000
LONGEST_ZONE = 64
_NAME = re.compile(r"[A-Za-z0-9:._-]{1,128}\Z")


Key = TypeVar("Key", bound=tuple[int | str, ...])


class GateCell(NamedTuple):
    """The key of a row of gate_hour: ``hour`` in hours since 1970-01-01T00Z."""

    edge: str
    zone: str
    hour: int
    site: str
    device: str


class GateChange(NamedTuple):
    """One more (1) or less (-1) of what ``counted`` names, an index of COUNTED."""

    cell: GateCell
    counted: int
    delta: int


class ScanRow(NamedTuple):
    """A row of gate_scan after its number and whether it stands."""

    edge: str
    scan: str
    time_ms: int
    visit: str | None


class DecisionRow(NamedTuple):
    """A row of gate_decision after its number and whether it stands."""

    edge: str
    scan: str
    site: str
    device: str
    zone: str
    decision: str
    time_ms: int
    placed_ms: int


class PassageRow(NamedTuple):
    """A row of gate_passage after its number and whether it stands; ``scan`` None: nobody's."""

    edge: str
    scan: str | None
    site: str
    device: str
    zone: str
    direction: str
    confirmed: bool
    placed_ms: int


class CountRow(NamedTuple):
    """A row of gate_count after its number."""

    edge: str
    zone: str
    cause: str
    site: str
    device: str
    placed_ms: int
    inside: int
    actor: str


def placed_ms(stored: Stored) -> int:
    """When it happened, whatever the device's clock says: as its edge heard it, if that was at once.

    What a device kept for longer than 15 minutes is placed by its own time. Nothing is heard before it
    happened, so a time that lies ahead counts as now.
    """
    late = stored.received_ms - stored.time_ms > LIVE_MS
    return stored.time_ms if late else stored.received_ms


def scan_row(stored: Stored, payload: Scan) -> ScanRow:
    """Raises ValueError for names that are none of ours."""
    visit = None if payload.visit is None else _named(payload.visit)
    return ScanRow(stored.event.edge, _named(payload.scan), stored.time_ms, visit)


def decision_row(stored: Stored, payload: GateDecision) -> DecisionRow:
    """Raises ValueError for names that are none of ours."""
    event = stored.event
    scan, zone = _named(payload.scan), _zone(payload.zone)
    placed = placed_ms(stored)
    return DecisionRow(
        event.edge, scan, event.site, event.device, zone, payload.decision, stored.time_ms, placed
    )


def passage_row(stored: Stored, payload: Passage) -> PassageRow:
    """Raises ValueError for names that are none of ours."""
    event = stored.event
    scan = None if payload.scan is None else _named(payload.scan)
    zone, placed = _zone(payload.zone), placed_ms(stored)
    return PassageRow(
        event.edge, scan, event.site, event.device, zone, payload.direction, payload.confirmed, placed
    )


def count_row(stored: Stored, payload: ZoneCount) -> CountRow:
    """Raises ValueError for names that are none of ours, and for a number that no table holds."""
    event = stored.event
    if abs(payload.count) > LARGEST_INTEGER:
        raise ValueError("a count beyond all bounds")
    if len(payload.actor) > LONGEST_ZONE:
        raise ValueError("no actor has so long a name")
    return CountRow(
        event.edge,
        _zone(payload.zone),
        payload.cause,
        event.site,
        event.device,
        placed_ms(stored),
        payload.count,
        payload.actor,
    )


def decided(row: DecisionRow, delta: int) -> GateChange:
    """The decision stands (1) or no longer does (-1)."""
    cell = GateCell(row.edge, row.zone, row.placed_ms // HOUR_MS, row.site, row.device)
    return GateChange(cell, COUNTED.index(row.decision), delta)


def went(row: PassageRow, delta: int) -> GateChange:
    """The passage stands (1) or no longer does (-1)."""
    cell = GateCell(row.edge, row.zone, row.placed_ms // HOUR_MS, row.site, row.device)
    how = f"{'seen' if row.confirmed else 'inferred'}_{row.direction}"
    return GateChange(cell, COUNTED.index(how), delta)


def gate_sums(changes: Iterable[GateChange]) -> dict[GateCell, list[int]]:
    """What to add to each cell, for each of COUNTED; cells in the order of their key, none without effect."""
    added: dict[GateCell, list[int]] = {}
    for cell, counted, delta in changes:
        added.setdefault(cell, [0] * len(COUNTED))[counted] += delta
    return {cell: counts for cell, counts in sorted(added.items()) if any(counts)}


def zone_sums(added: Mapping[GateCell, list[int]]) -> dict[tuple[str, str], list[int]]:
    """What ``gate_sums`` gave, by zone: who went in and out (PASSAGES); a zone without any is one too."""
    totals: dict[tuple[str, str], list[int]] = {}
    for cell, counts in added.items():
        known = totals.setdefault(cell[:2], [0] * len(PASSAGES))
        totals[cell[:2]] = [*map(add, known, counts[-len(PASSAGES) :])]
    return totals


def differing(kept: Mapping[Key, list[int]], counted: Mapping[Key, list[int]]) -> list[Key]:
    """Keys whose counts are not those of the rows; nothing but zeros is as good as no row."""

    def of(counts: list[int] | None) -> list[int] | None:
        return counts if counts and any(counts) else None

    return [key for key in sorted({*kept, *counted}) if of(kept.get(key)) != of(counted.get(key))]


def without_visit(text: bytes, visit: str) -> bytes:
    """A body of the log without its visit's name, wherever it stands; the rest is as it was."""
    name = visit.encode()
    return text.replace(b'"visit":"%b"' % name, b'"visit":null').replace(name, b"")


def _named(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError("a name that is none of ours")
    return name


def _zone(name: str) -> str:
    if len(name) > LONGEST_ZONE or "\0" in name:
        raise ValueError("no zone has so long a name")
    return name
