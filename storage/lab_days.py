"""How laboratory results are counted by place and local day: pure rules, shared by both dialects.

Counted are current versions; controls are not. There is one count for each day, site, stage, test and call
(table ``lab_day``), and one for each day, site, stage and call whatever the test (``lab_day_sum``).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from operator import add
from typing import Any, NamedTuple, TypeVar, get_args

from hub.payloads import Call
from storage.contract import STAGES, Stage

CALLS: tuple[Call, ...] = get_args(Call)
# A test's code comes from the network and is part of a key: what is longer counts under its beginning.
LONGEST_TEST = 64
DEFAULT_TIMEZONE = "Asia/Ho_Chi_Minh"

# F and C are final, P is preliminary; D was deleted, X cannot be had or was taken back (HL7 table 0085).
_STAGES: dict[str, Stage] = {
    "F": "final",
    "C": "final",
    "P": "preliminary",
    "X": "withdrawn",
    "D": "withdrawn",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1).toordinal()
# No zone is a whole day ahead of UTC: the last day of the year 9999 stays one.
LATEST_MS = 253_402_214_400_000


class Cell(NamedTuple):
    """The key of a row of lab_day: ``day`` in days since 1970-01-01, ``stage`` as index of STAGES."""

    day: int
    site: str
    stage: int
    test: str


class AllTests(NamedTuple):
    """The key of a row of lab_day_sum."""

    day: int
    site: str
    stage: int


Key = TypeVar("Key", bound=tuple[int | str, ...])


class Change(NamedTuple):
    """One result more (1) or less (-1) with this call."""

    cell: Cell
    call: str
    delta: int


def changes_of(row: tuple[Any, ...], delta: int) -> list[Change]:
    """A row (day, site, status, test, call, control) became current (1) or is no more (-1)."""
    *place, call, is_control = row
    return [] if is_control else [Change(cell_of(*place), call, delta)]


def cell_of(day: int, site: str, status: str, test: str) -> Cell:
    """Where a result of this status counts."""
    return Cell(day, site, STAGES.index(_STAGES[status]), test)


def local_day(time_ms: int, zone: tzinfo) -> int:
    """The calendar day in ``zone``, in days since 1970-01-01."""
    moment = _EPOCH + timedelta(milliseconds=min(time_ms, LATEST_MS))
    return moment.astimezone(zone).toordinal() - _FIRST_DAY


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _FIRST_DAY


def day_of(number: int) -> date:
    """The inverse of ``day_number``."""
    return date.fromordinal(number + _FIRST_DAY)


def test_key(code: str) -> str:
    """A test's code as part of a key."""
    return code[:LONGEST_TEST]


def sums(changes: Iterable[Change]) -> dict[Cell, list[int]]:
    """What to add to each cell, for each of CALLS; cells in the order of their key, none without effect."""
    added: dict[Cell, list[int]] = {}
    for cell, call, delta in changes:
        counts = added.setdefault(cell, [0] * len(CALLS))
        counts[CALLS.index(call)] += delta
    return {cell: counts for cell, counts in sorted(added.items()) if any(counts)}


def over_tests(added: Mapping[Cell, list[int]]) -> dict[AllTests, list[int]]:
    """What ``sums`` gave, whatever the test; none without effect."""
    totals: dict[AllTests, list[int]] = {}
    for cell, counts in added.items():
        key = AllTests(*cell[:3])
        known = totals.get(key)
        totals[key] = counts if known is None else [*map(add, known, counts)]
    return {key: counts for key, counts in totals.items() if any(counts)}


def unequal(
    kept: Mapping[Key, list[int]], counted: Mapping[Key, list[int]]
) -> dict[Key, tuple[list[int], list[int]]]:
    """Rows of which the store keeps other counts, as (kept, counted); a row without counts is one too."""
    void = [0] * len(CALLS)
    pairs = {key: (kept.get(key, void), counted.get(key, void)) for key in sorted({*kept, *counted})}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1] or key not in counted}
