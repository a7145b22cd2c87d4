"""Destinations: neither they nor their rows are ahead of the log; every wanted event is accounted for."""

from collections.abc import Iterator
from typing import Any

import apsw

from storage.sqlite.checks.finding import Finding, Wrongs

DESTINATIONS = "nơi nhận / destinations"

_LAST_NUMBER = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)"
_ROWS = """
SELECT name, number, wanted + replayed - taken - dropped,
    (SELECT count(*) FROM outbox WHERE destination = name),
    (SELECT coalesce(max(number), 0) FROM outbox WHERE destination = name)
FROM destination
"""
_NOBODYS = "SELECT DISTINCT destination FROM outbox WHERE destination NOT IN (SELECT name FROM destination)"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """Whether a receiver has what it took is known to the receiver alone."""
    last_number = connection.execute(_LAST_NUMBER).get
    wrongs = Wrongs()
    rows: list[Any] = connection.execute(_ROWS).fetchall()
    for name, number, owed, kept, highest in rows:
        if number > last_number or highest > number or owed != kept:
            wrongs.add(name)
    for (name,) in connection.execute(_NOBODYS):
        wrongs.add(name)
    yield wrongs.finding(DESTINATIONS, f"{len(rows)}")
