"""Results of today by call, counted once and then followed."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from storage.contract import ResultFilter, Row, StoreReader

_PAGE = 500
_MOST_PAGES = 40
_RECOUNT_MS = 60_000  # corrections take the place of what they correct: only a recount sees them
_VOID = frozenset({"X", "D"})


class Tally:
    """Counts facts (device and subject), without controls and cancelled results; 20,000 at most."""

    def __init__(self, reader: StoreReader, zone: ZoneInfo) -> None:
        self._reader = reader
        self._zone = zone
        self._since_ms = 0
        self._recount_ms = 0
        self._calls: dict[tuple[str, str], str] = {}

    async def count(self, now_ms: int) -> Counter[str]:
        """Results by call since midnight of the hub's time zone."""
        since_ms = midnight_ms(now_ms, self._zone)
        if since_ms != self._since_ms or now_ms >= self._recount_ms:
            self._since_ms, self._recount_ms, self._calls = since_ms, now_ms + _RECOUNT_MS, {}
        await self._follow()
        return Counter(call for call in self._calls.values() if call)

    async def _follow(self) -> None:
        cursor = None
        wanted = ResultFilter(from_ms=self._since_ms)
        for _ in range(_MOST_PAGES):
            page = await self._reader.results(wanted, limit=_PAGE, cursor=cursor)
            fresh = [row for row in page.items if _key(row) not in self._calls]
            self._calls |= {_key(row): _counted(row) for row in page.items}
            cursor = page.next_cursor
            if cursor is None or not fresh:
                return


def midnight_ms(now_ms: int, zone: ZoneInfo) -> int:
    """When the day of ``now_ms`` began in ``zone``."""
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


def _key(row: Row) -> tuple[str, str]:
    return str(row["device"]), str(row.get("subject") or row["id"])


def _counted(row: Row) -> str:
    """The call, or "" for what does not count."""
    return "" if row.get("control") or row.get("status") in _VOID else str(row["call"])
