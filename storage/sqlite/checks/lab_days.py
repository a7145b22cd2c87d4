"""Counts of laboratory results by place and day, against the results themselves."""

from collections.abc import Iterator

import apsw

from storage.sqlite.checks.finding import Finding, Wrongs
from storage.sqlite.lab_days import differences

WHAT = "số ca theo ngày / results by day"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Every cell is counted anew; a store that no hub has opened since it grew up has none yet."""
    if not connection.execute("SELECT timezone FROM store").get:
        yield Finding(True, WHAT, "counted when a hub opens the store")
        return
    wrongs = Wrongs()
    for cell in differences(connection):
        wrongs.add(f"day {cell.day} at {cell.site}")
    count = connection.execute("SELECT count(*) FROM lab_day").get
    yield wrongs.finding(WHAT, f"{count} counts")
