"""Projections: none is ahead of the log; refused lines are counted; what was contested is marked."""

from collections.abc import Iterator
from typing import Any

import apsw

from storage.chunks import DAY_MS
from storage.projections import MOST_REJECTED
from storage.retention import FEWEST_READING_DAYS
from storage.sqlite.checks.finding import Finding, Wrongs

PROJECTIONS = "kết xuất / projections"
CONTESTED = "số đo phải xem lại / contested readings"

_PROJECTIONS = """
SELECT name, number, rejected, (SELECT count(*) FROM projection_rejected AS kept WHERE kept.name = own.name)
FROM projection AS own
"""
_LAST_NUMBER = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)"
_NOBODYS = "SELECT DISTINCT name FROM projection_rejected WHERE name NOT IN (SELECT name FROM projection)"
_UNMARKED = """
SELECT DISTINCT number FROM reading_conflict AS beside WHERE NOT EXISTS (
    SELECT 1 FROM reading_contested AS mark WHERE mark.ts = beside.ts AND mark.series = beside.series
)
"""
# What was withdrawn of a time whose readings may be gone already says nothing.
_UNMARKED_OLD = """
SELECT old.number FROM event AS new JOIN event AS old ON old.id = new.supersedes AND old.edge = new.edge
WHERE new.supersedes IS NOT NULL AND new.type = 'coldchain.reading.v1' AND old.type = new.type
    AND old.time_ms >= old.received_ms - ? AND NOT EXISTS (
        SELECT 1 FROM series JOIN reading_contested AS mark ON mark.series = series.series
        WHERE mark.ts = old.time_ms AND series.device = old.device AND series.edge = old.edge
            AND series.site = old.site
    )
"""
_WRONG_MARKS = """
SELECT ts FROM reading_contested
WHERE number > ? OR NOT EXISTS (SELECT 1 FROM series WHERE series.series = reading_contested.series)
"""


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Whether a server has what it should is for ``epihub projection verify``."""
    last_number = connection.execute(_LAST_NUMBER).get
    yield _projections(connection, last_number)
    marks = Wrongs()
    for (number,) in connection.execute(_UNMARKED):
        marks.add(f"log number {number}")
    for (number,) in connection.execute(_UNMARKED_OLD, ((FEWEST_READING_DAYS - 1) * DAY_MS,)):
        marks.add(f"log number {number}")
    for (ts,) in connection.execute(_WRONG_MARKS, (last_number,)):
        marks.add(f"at {ts}")
    count = connection.execute("SELECT count(*) FROM reading_contested").get
    yield marks.finding(CONTESTED, f"{count}")


def _projections(connection: apsw.Connection, last_number: Any) -> Finding:
    wrongs = Wrongs()
    rows: list[Any] = connection.execute(_PROJECTIONS).fetchall()
    for name, number, rejected, kept in rows:
        if number > last_number or kept > min(rejected, MOST_REJECTED):
            wrongs.add(name)
    for (name,) in connection.execute(_NOBODYS):
        wrongs.add(name)
    return wrongs.finding(PROJECTIONS, f"{len(rows)}")
