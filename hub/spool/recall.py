"""An edge's own rows looked at again: what it said of some types since a time, as long as they are here."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import apsw

from hub.spool.rows import EPOCH_SHIFT, SEQ_MASK, Row, row_number

T = TypeVar("T")
PAGE_ROWS = 2000
CLOCK_STEP_MS = (
    3_600_000  # rows stand by their numbers: a clock that was set back must not end the look early
)
_PAGE = "SELECT n, received_ms, topic, body FROM event WHERE n < ? ORDER BY n DESC LIMIT ?"


def recall(
    db: apsw.Connection, levels: frozenset[str], since_ms: int, read: Callable[[Row], T | None]
) -> list[T]:
    """What ``read`` makes of rows received since then whose topics end with ``levels``, oldest first."""
    rows = (row for row in _newest_first(db, since_ms) if row.topic.rpartition("/")[2] in levels)
    found = [told for row in rows if (told := read(row)) is not None]
    return found[::-1]


def _newest_first(db: apsw.Connection, since_ms: int) -> Iterator[Row]:
    below = row_number(1 << 30, 0)
    while page := _page(db, below):
        for n, received_ms, topic, body in page:
            if received_ms >= since_ms:
                yield Row(n >> EPOCH_SHIFT, n & SEQ_MASK, topic, body)
        below, newest_ms = page[-1][0], max(received_ms for _, received_ms, _, _ in page)
        if newest_ms < since_ms - CLOCK_STEP_MS:
            return


def _page(db: apsw.Connection, below: int) -> list[Any]:
    return db.execute(_PAGE, (below, PAGE_ROWS)).fetchall()
