"""Readings: as many as the store says, each of a known series, and ``latest`` spans them."""

from collections.abc import Iterator

import apsw

from storage.sqlite.checks.finding import Finding, Wrongs

_READINGS = "SELECT series, ts FROM reading NOT INDEXED"
_KEPT = "SELECT readings FROM store"
_LATEST = "SELECT series, first_ts, ts FROM latest"
_SERIES = "SELECT series FROM series"
COUNT = "số đo / readings"
LATEST = "số đo mới nhất / latest readings"


def check(connection: apsw.Connection) -> Iterator[Finding]:
    """One pass over all readings: memory for a few numbers a series."""
    spans: dict[int, tuple[int, int]] = {}
    count = 0
    for series, ts in connection.execute(_READINGS):
        count += 1
        first, last = spans.get(series, (ts, ts))
        spans[series] = (min(first, ts), max(last, ts))
    kept = connection.execute(_KEPT).get
    detail = f"{count}" if count == kept else f"the store says {kept}, its table has {count}"
    yield Finding(count == kept, COUNT, detail)
    yield _latest(connection, spans)


def _latest(connection: apsw.Connection, spans: dict[int, tuple[int, int]]) -> Finding:
    """Retention leaves ``latest`` alone: it may begin before the first reading that is left."""
    wrongs = Wrongs()
    known = {series for (series,) in connection.execute(_SERIES)}
    told = {series: (first, last) for series, first, last in connection.execute(_LATEST)}
    for series, (first, last) in spans.items():
        if series not in known or series not in told or told[series][0] > first or told[series][1] != last:
            wrongs.add(f"series {series}")
    return wrongs.finding(LATEST, f"{len(spans)} series")
