"""Which lots were in a unit while it was out of its range: from the alarms' ledger and what was told of lots.

Neither has numbers of the log: what was known at a number is what was entered until shortly before its
event came.
"""

from collections.abc import Sequence
from typing import NamedTuple

from api.lots import read_lots
from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import BadEntry, Entry
from hub.alarms.incidents.rows import entry_from
from hub.alarms.incidents.states import Kind
from hub.errors import StoreUnavailable
from hub.events import parse_time
from hub.exposure.placements import Stay
from storage.contract import Row, StoreReader
from storage.incidents import IncidentFilter
from storage.lots import LotFilter, Placement

MOST_INCIDENTS = 200
MOST_LOTS = 400
PAGE = 1000
METRICS = "temp"
# An entry is committed after its time: what is told at a number must not change with what is written next.
SETTLED_MS = 2000
_TAKEN_BACK = frozenset({Kind.MERGED, Kind.WITHDRAWN_BY_DATA})


class AtRisk(NamedTuple):
    """``lot`` lay in ``unit`` while an incident of its temperature lasted; ``doses`` None: nobody said."""

    incident: str
    site: str
    unit: str
    rule: str
    severity: str
    start_ms: int
    cleared_ms: int | None
    worst: int | None
    lot: str
    product: str
    doses: int | None


async def known_ms(reader: StoreReader, up_to: int) -> int | None:
    """Until when entries count for the log up to this number; None: it has no such event any more."""
    arrived = await reader.arrived_ms(up_to)
    return None if arrived is None else arrived - SETTLED_MS


async def lots_at_risk(reader: StoreReader, span: tuple[int, int], until_ms: int) -> list[AtRisk]:
    """Of incidents that reach into ``span``, the last 200, as known at ``until_ms``.

    Raises StoreUnavailable.
    """
    found: list[AtRisk] = []
    for name in await _incidents(reader, span):
        entries = await _entries(reader, name, until_ms)
        if not entries or entries[-1].episode is None or any(one.kind in _TAKEN_BACK for one in entries):
            continue
        found += await _of_incident(reader, name, entries[-1].site, entries[-1].episode, span, until_ms)
    return sorted(found, key=lambda one: (one.start_ms, one.unit, one.incident, one.lot))


async def _incidents(reader: StoreReader, span: tuple[int, int]) -> list[str]:
    """Ids of those of a temperature, the last opened first."""
    found: list[str] = []
    cursor: str | None = None
    while len(found) < MOST_INCIDENTS:
        page = await reader.incidents(IncidentFilter(), limit=PAGE, cursor=cursor)
        found += [str(row["id"]) for row in page.items if _reaches(row, span)]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:MOST_INCIDENTS]


def _reaches(row: Row, span: tuple[int, int]) -> bool:
    """Now; it may have ended later when ``span`` was told."""
    cleared = row["cleared"]
    ended = cleared is not None and parse_time(cleared) <= span[0]
    return str(row["metric"]).startswith(METRICS) and parse_time(row["time"]) < span[1] and not ended


async def _entries(reader: StoreReader, incident: str, until_ms: int) -> list[Entry]:
    rows = await reader.incident_entries(0, limit=PAGE, incident_id=incident)
    try:
        return [entry_from(row) for row in rows if row.at_ms <= until_ms]
    except BadEntry as error:
        raise StoreUnavailable("store.damaged_incident") from error


async def _of_incident(
    reader: StoreReader, name: str, site: str, episode: Episode, span: tuple[int, int], until_ms: int
) -> list[AtRisk]:
    lasted = episode.start_ms, min(episode.cleared_at_ms or span[1], span[1])
    if lasted[1] <= span[0]:
        return []
    names = await reader.lots(LotFilter(episode.device), "", limit=MOST_LOTS)
    return [
        AtRisk(
            name, site, episode.device, episode.rule, episode.severity, episode.start_ms,
            episode.cleared_at_ms, episode.worst, lot.id, lot.last.product, _doses(lot.history, lasted),
        )
        for lot in await read_lots(reader, names, until_ms)
        if _was_in(lot.stays(lasted[1]), episode.device, lasted)
    ]  # fmt: skip


def _was_in(stays: Sequence[Stay], unit: str, lasted: tuple[int, int]) -> bool:
    return any(
        stay.unit == unit and stay.from_ms < lasted[1] and (stay.to_ms is None or stay.to_ms > lasted[0])
        for stay in stays
    )


def _doses(history: Sequence[Placement], lasted: tuple[int, int]) -> int | None:
    """As many as were told last before it was over."""
    told = [row.doses for row in history if row.from_ms < lasted[1] and row.doses is not None]
    return told[-1] if told else None
