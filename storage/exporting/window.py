"""Which times are exported: ``--from`` and ``--to`` as a person writes them."""

from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.errors import OperatorError
from storage.admission import EARLIEST_MS, LATEST_MS
from storage.lab_days import local_day

_LONGEST_TIME = 40


class Window(NamedTuple):
    """``from_ms`` <= time < ``to_ms``; ``now_ms``: what is told of later is not known yet.

    ``zone``: whose days are counted.
    """

    from_ms: int
    to_ms: int
    now_ms: int
    zone: ZoneInfo

    @property
    def is_all(self) -> bool:
        return self.from_ms <= EARLIEST_MS and self.to_ms > LATEST_MS

    @property
    def days(self) -> tuple[int, int]:
        """Local days that begin inside, from the first up to the one before the second."""
        return self._first_day(self.from_ms), self._first_day(self.to_ms)

    def _first_day(self, at_ms: int) -> int:
        """The first local day that begins at ``at_ms`` or later, in days since 1970-01-01."""
        if at_ms <= EARLIEST_MS:
            return local_day(EARLIEST_MS, self.zone)
        return local_day(at_ms - 1, self.zone) + 1


def window_of(from_text: str, to_text: str, zone: ZoneInfo, now_ms: int) -> Window:
    """Empty texts: from the first, to the last there is. Raises OperatorError."""
    from_ms = moment_ms(from_text, zone, "--from") if from_text else EARLIEST_MS
    to_ms = moment_ms(to_text, zone, "--to") if to_text else LATEST_MS + 1
    if from_ms >= to_ms:
        raise OperatorError("--from is not before --to")
    return Window(from_ms, to_ms, now_ms, zone)


def moment_ms(text: str, zone: ZoneInfo, option: str) -> int:
    """Unix ms of a date (its midnight in ``zone``) or of a time with its own zone; raises OperatorError."""
    try:
        if len(text) > _LONGEST_TIME:
            raise ValueError
        if "T" not in text:
            moment = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        found = round(moment.astimezone(UTC).timestamp() * 1000)
        if not EARLIEST_MS <= found <= LATEST_MS:
            raise ValueError
        return found
    except (ValueError, OverflowError) as error:
        raise OperatorError(
            f"{option}: a date (2026-11-22) or a time with its zone (2026-11-22T14:30:00+07:00)"
        ) from error
