"""What the ledger of alarms tells of a unit and a month: incidents, who saw to them, and the daily checks."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.local_days import begin_ms, day_of, end_ms
from api.reports.cold_chain_monthly.month import Month
from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import BadEntry, Entry
from hub.alarms.incidents.rows import entry_from
from hub.alarms.incidents.states import Kind
from hub.errors import StoreUnavailable
from hub.events import format_time
from storage.contract import StoreReader

PAGE = 1000
MOST_ENTRIES = 200_000
ROUNDS = ("AM", "PM")
_MINUTE_MS = 60_000
_HALF_DAY_MS = 43_200_000
_DATA = frozenset(
    {Kind.RAISED, Kind.RETRO_RAISED, Kind.EXTENDED, Kind.REVISED, Kind.RETURNED, Kind.WITHDRAWN_BY_DATA}
)


async def entries_of(reader: StoreReader, device: str, before_ms: int) -> list[Entry]:
    """All entries about a device that were made before ``before_ms``; raises StoreUnavailable."""
    found: list[Entry] = []
    after = 0
    while len(found) < MOST_ENTRIES:
        rows = await reader.incident_entries(after, limit=PAGE, device=device)
        try:
            found += [entry_from(row) for row in rows if row.at_ms < before_ms]
        except BadEntry as error:
            raise StoreUnavailable("store.damaged_incident") from error
        if len(rows) < PAGE:
            break
        after = rows[-1].number
    return found


def incidents(entries: Iterable[Entry], month: Month) -> list[dict[str, Any]]:
    """Those that reach into the month, by their beginning; a merged one is told with the one it went into."""
    by_incident: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.incident:
            by_incident.setdefault(entry.incident, []).append(entry)
    told = [_incident(name, of) for name, of in by_incident.items() if _is_of(of, month)]
    return sorted(told, key=lambda one: (one["from"], one["rule"], one["id"]))


def _is_of(entries: Sequence[Entry], month: Month) -> bool:
    if any(entry.kind is Kind.MERGED for entry in entries):
        return False
    episode = _episode(entries)
    ended = episode.cleared_at_ms
    return episode.start_ms < month.to_ms and (ended is None or ended > month.from_ms)


def _episode(entries: Sequence[Entry]) -> Episode:
    """As it was known last; every entry of an incident has it."""
    episode = entries[-1].episode
    if episode is None:
        raise StoreUnavailable("store.damaged_incident")
    return episode


def _incident(name: str, entries: Sequence[Entry]) -> dict[str, Any]:
    episode = _episode(entries)
    raised = entries[0]
    ack = next((entry for entry in entries if entry.kind is Kind.ACKED), None)
    decided = [entry for entry in entries if entry.kind is Kind.DISPOSITION]
    data = [entry for entry in entries if entry.kind in _DATA]
    return {
        "id": name,
        "rule": episode.rule,
        "version": episode.version,
        "metric": episode.metric,
        "severity": episode.severity,
        "from": format_time(episode.start_ms),
        "raised": format_time(raised.at_ms),
        "to": None if episode.cleared_at_ms is None else format_time(episode.cleared_at_ms),
        "worst": None if episode.worst is None else episode.worst / 1000,
        "late": raised.kind is Kind.RETRO_RAISED,
        "withdrawn": bool(data) and data[-1].kind is Kind.WITHDRAWN_BY_DATA,
        "acknowledged": format_time(ack.at_ms) if ack else None,
        "acknowledged_by": ack.actor if ack else None,
        "minutes_to_acknowledge": (ack.at_ms - raised.at_ms) // _MINUTE_MS if ack else None,
        "disposition": str(decided[-1].detail.get("disposition", "")) or None if decided else None,
        "disposition_by": decided[-1].actor if decided else None,
    }


def checks(entries: Iterable[Entry], month: Month, zone: ZoneInfo) -> dict[str, Any]:
    """The looks of each morning and afternoon: by whom, or missed."""
    seen: dict[tuple[date, str], Entry] = {}
    for entry in entries:
        if entry.kind is Kind.CHECKED and month.from_ms <= entry.at_ms < month.to_ms:
            seen.setdefault((day_of(entry.at_ms, zone), str(entry.detail.get("round", ""))), entry)
    days = _days(month, zone)
    over = [(day, name) for day in days for name in ROUNDS if _ends_ms(day, name, zone) <= month.to_ms]
    missed = [{"day": day.isoformat(), "round": name} for day, name in over if (day, name) not in seen]
    return {
        "expected": len(over),
        "done": len(over) - len(missed),
        "missed": missed,
        "looks": [
            {"day": day.isoformat(), "round": name, "at": format_time(entry.at_ms), "by": entry.actor}
            for (day, name), entry in sorted(seen.items(), key=lambda each: each[0])
        ],
    }


def _ends_ms(day: date, name: str, zone: ZoneInfo) -> int:
    """The morning's look is due until noon, the afternoon's until midnight."""
    return begin_ms(day, zone) + _HALF_DAY_MS if name == "AM" else end_ms(day, zone)


def _days(month: Month, zone: ZoneInfo) -> list[date]:
    first, last = day_of(month.from_ms, zone), day_of(month.to_ms - 1, zone)
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]
