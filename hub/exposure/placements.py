"""Where a lot was, out of what people told: corrections applied, by time.

A part of a lot has its own name, the lot's number, "~" and a mark: ``FD9234~2``. Until its first own
placement it was where the lot was.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storage.lots import Placement

MISTAKE = "mistake"
REASONS = ("used", "discarded", "sent", MISTAKE)
LOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}(~[A-Za-z0-9]{1,8})?\Z")


class Stay(NamedTuple):
    """The lot was in this unit during ``[from_ms, to_ms)``; ``to_ms`` None: it still is."""

    unit: str
    from_ms: int
    to_ms: int | None


def whole_of(lot: str) -> str:
    """The lot that this one is a part of; itself where it is none."""
    return lot.partition("~")[0]


def standing(rows: Iterable[Placement]) -> list[Placement]:
    """Those that nobody corrected, by the time they speak of."""
    known = list(rows)
    corrected = {row.corrects for row in known}
    kept = (row for row in known if row.number not in corrected and row.reason != MISTAKE)
    return sorted(kept, key=lambda row: (row.from_ms, row.number))


def history_of(lot: str, rows: Sequence[Placement]) -> list[Placement]:
    """What stands of a lot, given the rows of it and of the whole that it is a part of."""
    own = standing(row for row in rows if row.lot == lot)
    whole = whole_of(lot)
    if whole == lot or not own:
        return own
    before = standing(row for row in rows if row.lot == whole)
    return [row for row in before if row.from_ms < own[0].from_ms] + own


def stays(history: Sequence[Placement]) -> list[Stay]:
    """Stays in units by time; two in one unit that touch are one."""
    found: list[Stay] = []
    ends: list[int | None] = [*(row.from_ms for row in history), None][1:]
    for row, to_ms in zip(history, ends, strict=True):
        if not row.unit or row.from_ms == to_ms:
            continue
        if found and found[-1].unit == row.unit and found[-1].to_ms == row.from_ms:
            found[-1] = found[-1]._replace(to_ms=to_ms)
        else:
            found.append(Stay(row.unit, row.from_ms, to_ms))
    return found


def place_now(rows: Sequence[Placement], now_ms: int) -> Placement | None:
    """The row that says where the lot is at ``now_ms``; ``rows`` stand, by time."""
    return next((row for row in reversed(rows) if row.from_ms <= now_ms), None)


def told_thawed(history: Iterable[Placement]) -> int | None:
    """The earliest time at which somebody said it was thawed."""
    return min((row.thawed_ms for row in history if row.thawed_ms is not None), default=None)
