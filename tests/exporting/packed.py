"""Stores with many packed readings, made without the sink: as compaction leaves them."""

from pathlib import Path
from random import Random

import apsw

from storage.chunks import DAY_MS, Sample, encode
from storage.sqlite.store import SqliteStore

FIRST_DAY = 20_400  # since 1970-01-01
EVERY_MS = 60_000
A_DAY = DAY_MS // EVERY_MS


async def pack_readings(path: Path, days: int, series: int) -> int:
    """A reading a minute of each of ``series`` probes for ``days``; gives how many that are."""
    store = SqliteStore(path)
    await store.open()
    await store.close()
    connection = apsw.Connection(str(path))
    with connection:
        for one in range(1, series + 1):
            _add_series(connection, one, days)
            for day in range(FIRST_DAY, FIRST_DAY + days):
                samples = _day(day, one)
                row = (one, samples[0][0], samples[-1][0], len(samples), encode(samples))
                connection.execute("INSERT INTO reading_chunk VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
    return days * series * A_DAY


def _add_series(connection: apsw.Connection, one: int, days: int) -> None:
    names = (one, f"site-{one % 40}", f"edge-{one % 8}", f"fridge-{one:04d}", "temp.vaccine", "Cel")
    connection.execute("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?)", names)
    last = (FIRST_DAY + days) * DAY_MS - EVERY_MS
    connection.execute("INSERT INTO latest VALUES (?, ?, ?)", (one, last, FIRST_DAY * DAY_MS))


def _day(day: int, one: int) -> list[Sample]:
    """Temperatures as a probe tells them, in hundredths, with its raw value in Fahrenheit here and there."""
    chance = Random(day * 10_000 + one)
    first = day * DAY_MS + one % EVERY_MS
    return [
        (
            first + number * EVERY_MS,
            number + 1,
            round(5.0 + chance.gauss(0, 0.6), 2),
            0,
            200 + chance.randrange(900),
            b"=" if number % 50 else None,
        )
        for number in range(A_DAY)
    ]
