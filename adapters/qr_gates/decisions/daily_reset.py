"""When a day of anti-passback began: at a time of the clock where the gate stands."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


class DailyReset:
    """``at``: "03:00" in ``zone``."""

    def __init__(self, at: str, zone: tzinfo) -> None:
        self._at = time.fromisoformat(at)
        self._zone = zone
        self._known = (1, 0)  # the day that was asked for last: from, until

    def day_began_ms(self, at_ms: int) -> int:
        """The last reset that is not after ``at_ms`` (Unix ms)."""
        began, ends = self._known
        if not began <= at_ms < ends:
            began, ends = self._known = self._day_of(at_ms)
        return began

    def _day_of(self, at_ms: int) -> tuple[int, int]:
        local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone)
        day = local.date() if local.time() >= self._at else local.date() - timedelta(days=1)
        return self._ms(day), self._ms(day + timedelta(days=1))

    def _ms(self, day: date) -> int:
        return round(datetime.combine(day, self._at, self._zone).timestamp() * 1000)
