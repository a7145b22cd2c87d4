"""Counts of laboratory results by local day."""

from collections.abc import Iterator
from typing import Any

from storage.contract import STAGES
from storage.exporting.columns import SITE, Row, day, integer, text
from storage.exporting.moment import Found
from storage.exporting.table import SqlTable
from storage.exporting.window import Window
from storage.lab_days import CALLS

_COLUMNS = (
    day("day", "of the observation, in the hub's time zone"),
    SITE,
    text("stage", "`final` (F, C), `preliminary` (P), `withdrawn` (X, D)"),
    text("test", "code of the test, at most 64 characters"),
    *(integer(call.lower(), f"results with the call `{call}`") for call in CALLS),
)
_COUNTS = """
SELECT day, site, stage, test, pos, neg, invalid, error, no_result, indeterminate, unmapped FROM lab_day
WHERE day >= $1 AND day < $2
"""


def _row(found: Found) -> Iterator[Row]:
    counted, site, stage, *rest = found
    yield (counted, site, STAGES[stage], *rest)


def _days(window: Window) -> tuple[Any, ...]:
    return window.days


TABLES = (
    SqlTable(
        "lab_days", "Current results that are no controls, counted by local day, site, stage and test.",
        _COLUMNS, _COUNTS, "ORDER BY day, site, stage, test", "day", _row, _days,
    ),
)  # fmt: skip
