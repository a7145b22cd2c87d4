"""Who looked at which unit today, morning and afternoon: found once in the ledger, then followed."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from api.console.calls_today import midnight_ms
from hub.alarms.incidents.states import Kind
from hub.errors import StoreUnavailable
from storage.contract import StoreReader
from storage.incidents import EntryRow

_PAGE = 500
_MOST_PAGES = 40
_NOON = 12
DAY_MS = 86_400_000
Round = Literal["AM", "PM"]
ROUNDS: tuple[Round, ...] = ("AM", "PM")


@dataclass(frozen=True, slots=True)
class Look:
    """When, Unix ms, and by whom: an id."""

    at_ms: int
    by: str


RoundsSeen = dict[tuple[str, str], Look]  # by device and round: the last of today
CheckedDays = dict[tuple[str, str], Look]  # by day (dd/MM/yyyy) and round


def round_of(now_ms: int, zone: ZoneInfo) -> Round:
    """Which round is due."""
    return "AM" if datetime.fromtimestamp(now_ms / 1000, zone).hour < _NOON else "PM"


class Rounds:
    """Entries CHECKED since midnight of the hub's time zone."""

    def __init__(self, reader: StoreReader, zone: ZoneInfo) -> None:
        self._reader = reader
        self._zone = zone
        self._since_ms = -1
        self._after = 0
        self._seen: RoundsSeen = {}

    async def seen(self, now_ms: int) -> RoundsSeen:
        """Raises StoreUnavailable."""
        since_ms = midnight_ms(now_ms, self._zone)
        if since_ms != self._since_ms:
            last = (await self._reader.alarm_standing(now_ms)).number
            self._after = await number_at(self._reader, since_ms, last)
            self._since_ms, self._seen = since_ms, {}
        for _ in range(_MOST_PAGES):
            rows = await self._reader.incident_entries(self._after, limit=_PAGE)
            for row in rows:
                self._take(row)
            if len(rows) < _PAGE:
                break
        return dict(self._seen)

    def _take(self, row: EntryRow) -> None:
        self._after = row.number
        if row.kind == Kind.CHECKED:
            name, look = _look(row)
            self._seen[row.device, name] = look


async def read_checks(
    reader: StoreReader, device: str, now_ms: int, days: int, zone: ZoneInfo
) -> CheckedDays:
    """The checks of a device on the last ``days`` days, today among them; raises StoreUnavailable."""
    since_ms = midnight_ms(now_ms - (days - 1) * DAY_MS, zone)
    after = await number_at(reader, since_ms, (await reader.alarm_standing(now_ms)).number)
    found: CheckedDays = {}
    for _ in range(_MOST_PAGES):
        rows = await reader.incident_entries(after, limit=_PAGE, device=device)
        for row in rows:
            if row.kind == Kind.CHECKED:
                name, look = _look(row)
                found[datetime.fromtimestamp(row.at_ms / 1000, zone).strftime("%d/%m/%Y"), name] = look
        if len(rows) < _PAGE:
            break
        after = rows[-1].number
    return found


async def number_at(reader: StoreReader, since_ms: int, last: int) -> int:
    """The number of the last entry before ``since_ms``: numbers grow with time. Raises StoreUnavailable."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        (row,) = await reader.incident_entries(middle, limit=1)
        low, high = (middle + 1, high) if row.at_ms < since_ms else (low, middle)
    return low


def _look(row: EntryRow) -> tuple[str, Look]:
    """The round of an entry CHECKED, and who looked."""
    try:
        said = json.loads(row.body)
        return str(said["detail"]["round"]), Look(row.at_ms, str(said["actor"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable("store.damaged_incident") from error
