"""Packed readings and hot ones are one list, whatever lies where: against a dictionary."""

from itertools import groupby

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import StoreUnavailable
from storage.chunks import DAY_MS, MOST_ROWS, Sample, encode
from storage.exporting.placed_readings import Placed, days_of_readings
from storage.exporting.window import Window, window_of
from storage.sqlite.moment import SqliteMoment
from storage.sqlite.schema import migrate
from tests.exporting.test_rows import ZONE

STEP = DAY_MS // 8
BEGIN = 20_000 * DAY_MS
PLACES = st.tuples(st.integers(1, 4), st.integers(0, 40).map(lambda step: BEGIN + step * STEP))
Rows = dict[tuple[int, int], Sample]


def rows_of(places: set[tuple[int, int]], value: float) -> Rows:
    return {(series, ts): (ts, 1, value, 0, 5, None) for series, ts in places}


def store_of(packed: Rows, hot: Rows, rows_a_chunk: int) -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    migrate(connection)
    by_day = groupby(sorted(packed), lambda place: (place[0], place[1] // DAY_MS))
    for (series, _), places in by_day:
        samples = [packed[place] for place in places]
        for at in range(0, len(samples), rows_a_chunk):
            piece = samples[at : at + rows_a_chunk]
            row = (series, piece[0][0], piece[-1][0], len(piece), encode(piece))
            connection.execute("INSERT INTO reading_chunk VALUES (?, ?, ?, ?, ?)", row)
    for (series, ts), (_, *rest) in hot.items():
        connection.execute("INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, ?)", (ts, series, *rest))
    return connection


async def exported(connection: apsw.Connection, window: Window) -> list[Placed]:
    found: list[Placed] = []
    async for block in days_of_readings(SqliteMoment(connection), range(1, 5), window):
        assert 0 < len(block) <= MOST_ROWS
        found += block
    return found


ALL = window_of("", "", ZONE, BEGIN)


@given(
    packed=st.sets(PLACES, max_size=60),
    hot=st.sets(PLACES, max_size=20),
    rows_a_chunk=st.integers(1, 5),
    bounds=st.tuples(st.integers(-1, 41), st.integers(-1, 41)).filter(lambda pair: pair[0] < pair[1]),
    off=st.integers(-1, 1),
)
async def test_a_window_of_them(
    packed: set[tuple[int, int]],
    hot: set[tuple[int, int]],
    rows_a_chunk: int,
    bounds: tuple[int, int],
    off: int,
) -> None:
    """A hot row hides the packed one of its instant; days, series and times are in order."""
    from_ms, to_ms = (BEGIN + step * STEP + off for step in bounds)
    cold, warm = rows_of(packed, 1.0), rows_of(hot, 2.0)
    found = await exported(store_of(cold, warm, rows_a_chunk), ALL._replace(from_ms=from_ms, to_ms=to_ms))
    expected = sorted(
        ((series, sample) for (series, ts), sample in (cold | warm).items() if from_ms <= ts < to_ms),
        key=lambda placed: (placed[1][0] // DAY_MS, placed[0], placed[1][0]),
    )
    assert found == expected


async def test_many_rows_of_one_series_come_in_blocks() -> None:
    """A device that speaks twice a second, late: hot rows around and between those of chunks."""
    packed = rows_of({(2, BEGIN + step * 1000) for step in range(0, 9000, 2)}, 1.0)
    hot = rows_of({(series, BEGIN + step * 1000) for step in range(1, 9000, 3) for series in (1, 2, 3)}, 2.0)
    found = await exported(store_of(packed, hot, MOST_ROWS), ALL)
    assert len(found) == len(packed | hot) > 4 * MOST_ROWS
    assert [(series, sample[0]) for series, sample in found] == sorted(packed | hot)


async def test_a_damaged_chunk_is_told() -> None:
    connection = store_of(rows_of({(1, BEGIN)}, 1.0), {}, 1)
    connection.execute("UPDATE reading_chunk SET data = x'00'")
    with pytest.raises(StoreUnavailable, match=r"store\.damaged_chunk"):
        await exported(connection, ALL)
