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
Round = Literal["AM", "PM"]
ROUNDS: tuple[Round, ...] = ("AM", "PM")


@dataclass(frozen=True, slots=True)
class Look:
    """When, Unix ms, and by whom: an id."""

    at_ms: int
    by: str


RoundsSeen = dict[tuple[str, str], Look]  # by device and round: the last of today


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
            self._after = await self._number_at(since_ms, (await self._reader.alarm_standing(now_ms)).number)
            self._since_ms, self._seen = since_ms, {}
        for _ in range(_MOST_PAGES):
            rows = await self._reader.incident_entries(self._after, limit=_PAGE)
            for row in rows:
                self._take(row)
            if len(rows) < _PAGE:
                break
        return dict(self._seen)

    async def _number_at(self, since_ms: int, last: int) -> int:
        """The number of the last entry before ``since_ms``: numbers grow with time."""
        low, high = 0, last
        while low < high:
            middle = (low + high) // 2
            (row,) = await self._reader.incident_entries(middle, limit=1)
            low, high = (middle + 1, high) if row.at_ms < since_ms else (low, middle)
        return low

    def _take(self, row: EntryRow) -> None:
        self._after = row.number
        if row.kind != Kind.CHECKED:
            return
        try:
            said = json.loads(row.body)
            self._seen[row.device, str(said["detail"]["round"])] = Look(row.at_ms, str(said["actor"]))
        except (ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable("store.damaged_incident") from error
