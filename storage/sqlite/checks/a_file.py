"""The file itself: SQLite's own check of every page, index and constraint."""

from collections.abc import Iterator

import apsw

from storage.sqlite.checks.finding import Finding, Wrongs

WHAT = "tệp cơ sở dữ liệu / database file"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """PRAGMA integrity_check; its own words name tables and pages, no contents."""
    wrongs = Wrongs()
    for (line,) in connection.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            wrongs.add(line)
    yield wrongs.finding(WHAT, "integrity_check ok")
