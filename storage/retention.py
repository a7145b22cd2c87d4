"""What is deleted, and when: one table of classes, and the chain that proves every deletion."""

from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import NamedTuple

from hub.events import format_time
from storage.chunks import DAY_MS
from storage.contract import Row
from storage.rollup import HOUR_MS

LOG, READINGS, HOURS, CAMERAS, VISITS = "log", "readings", "hours", "cameras", "visits"
WEEK_MS = 7 * DAY_MS
# The first Monday of Unix time: weeks are those of the visits' keys (hub/visit_keys.py).
FIRST_MONDAY_MS = 4 * DAY_MS
CHAIN_BEGINS = bytes(32)


class Class(NamedTuple):
    """One class of rows: kept so many days (None: for good), deleted in whole units of time."""

    name: str
    rows: str
    counted_from: str
    days: int | None
    unit_ms: int


# Design 3 and 6. What is not here has no code that deletes it.
CLASSES = (
    Class(LOG, "readings and camera health in the event log", "arrival at the hub", 7, HOUR_MS),
    Class(READINGS, "readings, their conflicts and chunks", "the reading's own time", 396, DAY_MS),
    Class(HOURS, "hourly figures of readings", "the hour's own time", 3653, DAY_MS),
    Class(CAMERAS, "how cameras stood", "the end of the state", 396, DAY_MS),
    Class(VISITS, "names of visits in gate events, blanked", "the end of the scan's week", 21, WEEK_MS),
    Class("results", "laboratory results and every other event", "", None, DAY_MS),
)
FEWEST_READING_DAYS = 31


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that each class is kept, cameras as long as readings; the defaults are those of CLASSES."""

    log_days: int = 7
    readings_days: int = 396
    hours_days: int = 3653
    visits_days: int = 21

    def __post_init__(self) -> None:
        if self.log_days < 7 or not FEWEST_READING_DAYS <= self.readings_days <= self.hours_days:
            raise ValueError("log 7 days at least, readings 31, hourly figures as long as readings")
        if self.visits_days < 1:
            raise ValueError("names of visits a day at least")

    def cut(self, name: str, now_ms: int) -> int:
        """Rows of class ``name`` before this moment are to go."""
        days, unit_ms, begins_ms = {
            LOG: (self.log_days, HOUR_MS, 0),
            READINGS: (self.readings_days, DAY_MS, 0),
            HOURS: (self.hours_days, DAY_MS, 0),
            CAMERAS: (self.readings_days, DAY_MS, 0),
            VISITS: (self.visits_days, WEEK_MS, FIRST_MONDAY_MS),
        }[name]
        moment = now_ms - days * DAY_MS
        return moment - (moment - begins_ms) % unit_ms


DEFAULT = Retention()


def for_months(months: int, visits_days: int = DEFAULT.visits_days) -> Retention:
    """Readings and cameras for 1 to 120 months of 365.25 / 12 days, the rest as in CLASSES."""
    return Retention(readings_days=ceil(months * 365.25 / 12), visits_days=visits_days)


class Removed(NamedTuple):
    """What one statement deleted or blanked: rows as the ledger counts them, and the oldest of them."""

    rows: int
    oldest_ms: int


class Deletion(NamedTuple):
    """``rows`` of class ``name``, the oldest of ``from_ms``, all before ``to_ms``, were gone at ``at_ms``."""

    name: str
    from_ms: int
    to_ms: int
    rows: int
    at_ms: int


def digest(before: bytes, deletion: Deletion) -> bytes:
    """The next link of the chain: SHA-256 over the digest before (at first 32 zero bytes) and this one."""
    name, *numbers = deletion
    line = "|".join((name, *(str(number) for number in numbers)))
    return sha256(before + line.encode()).digest()


def deletion_row(number: int, deletion: Deletion, chained: bytes) -> Row:
    """An entry of the ledger as the API gives it."""
    return {
        "number": number,
        "class": deletion.name,
        "from": format_time(deletion.from_ms),
        "to": format_time(deletion.to_ms),
        "rows": deletion.rows,
        "at": format_time(deletion.at_ms),
        "digest": chained.hex(),
    }


def first_broken(chain: list[tuple[Deletion, bytes]]) -> int | None:
    """Index of the first deletion whose digest is not that of all before it; None when all are."""
    before = CHAIN_BEGINS
    for index, (deletion, found) in enumerate(chain):
        if digest(before, deletion) != found:
            return index
        before = found
    return None
