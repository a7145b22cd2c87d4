"""Readings of a day as lines, from the tables: what history and repair send."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from storage.contract import EventStore, StoreReader
from storage.influx.cardinality import SeriesLimit
from storage.influx.days import LAST_DAY, DayPage, pages_of_day
from storage.influx.pages import Line, Unwritable
from storage.influx.series_book import SeriesBook
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import CLAIMS, DAY, NOW, From, reading
from tests.conformance.store_use import maintained, write
from tests.influx.line_parser import parse
from tests.influx.pages_in_parts import KeptPoints

SITE, MINUTE, TODAY = "kho-vac-xin", 60_000, NOW // DAY
FRIDGE = From("fridge-01", SITE)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    made = SqliteStore(tmp_path / "store.db")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def reader(store: EventStore, tmp_path: Path) -> AsyncIterator[StoreReader]:
    made = SqliteReader(tmp_path / "store.db")
    await made.open()
    yield made
    await made.close()


async def day(
    reader: StoreReader, number: int = TODAY, *, most: int = 5000, limit: int = 10
) -> list[DayPage]:
    series = await reader.series()
    book = SeriesBook(SeriesLimit(limit))
    book.know(series)
    numbers = [each.series for each in series]
    return [
        page async for page in pages_of_day(reader, number, numbers, book.reading_prefix, most_lines=most)
    ]


def values(pages: list[DayPage]) -> dict[tuple[str, int], dict[str, float]]:
    """Fields by device and instant, each of which has one line."""
    points = [parse(line) for page in pages for line in page.lines]
    found = {(point.tags["device"], point.time): point.fields for point in points}
    assert len(found) == len(points)
    return found


async def test_pages_hold_each_reading_of_the_day_once(store: EventStore, reader: StoreReader) -> None:
    origins = [From(f"fridge-{n:02}", SITE) for n in (1, 2, 3)]
    for origin in origins:
        await write(store, *(reading(2.0 + n / 4, origin, ts=NOW - n * MINUTE) for n in range(7)))
        await write(store, reading(9.0, origin, ts=NOW - 2 * DAY))
    pages = await day(reader, most=4)
    assert [len(page.lines) for page in pages] == [4, 4, 4, 4, 4, 1]
    assert values(pages) == {
        (origin.device, NOW - n * MINUTE): {"value": 2.0 + n / 4} for origin in origins for n in range(7)
    }
    instants = [parse(line).time for page in pages for line in page.lines][:7]
    assert all(one < next_one for one, next_one in pairwise(instants))


async def test_what_stands_is_sent_with_its_quality_where_others_claimed_it(
    store: EventStore, reader: StoreReader
) -> None:
    for n, (value, quality) in enumerate(CLAIMS):
        await write(store, reading(value, From("fridge-01", SITE, seq=n), ts=NOW, quality=quality))
    await write(
        store,
        reading(None, FRIDGE, ts=NOW - MINUTE, quality="BAD"),
        reading(8.5, FRIDGE, ts=NOW - 2 * MINUTE, quality="UNCERTAIN"),
        reading(4.0, FRIDGE, ts=NOW - 3 * MINUTE),
    )
    assert {(NOW - at) // MINUTE: fields for (_, at), fields in values(await day(reader)).items()} == {
        0: {"value": 2.0, "quality": 0},
        1: {"quality": 2},
        2: {"value": 8.5, "quality": 1},
        3: {"value": 4.0},
    }


async def test_a_withdrawn_instant_says_so(store: EventStore, reader: StoreReader) -> None:
    first = reading(50.0, FRIDGE, ts=NOW)
    await write(store, first)
    taking_back = From("fridge-01", SITE, seq=2)
    await write(store, reading(5.0, taking_back, ts=NOW + MINUTE, supersedes=first.event.id))
    found = values(await day(reader))
    assert (found["fridge-01", NOW], found["fridge-01", NOW + MINUTE]) == ({"quality": 3}, {"value": 5.0})


async def test_packed_readings_give_the_same_lines(store: EventStore, reader: StoreReader) -> None:
    await write(store, *(reading(2.0 + n / 7, FRIDGE, ts=NOW - n * MINUTE) for n in range(200)))
    before = await day(reader)
    await maintained(store, NOW + 2 * DAY)
    assert values(await day(reader)) == values(before)
    server = KeptPoints()
    server.write(Line(line, 0) for page in before for line in page.lines)
    once = dict(server.points)
    server.write(Line(line, 0) for page in await day(reader) for line in page.lines)
    assert server.points == once


async def test_a_series_that_no_line_can_name_is_told_and_the_others_are_sent(
    store: EventStore, reader: StoreReader
) -> None:
    await write(store, reading(5.0, FRIDGE), reading(1.0, FRIDGE, metric="x", unit="a\\b"))
    pages = await day(reader)
    assert [entry for page in pages for entry in page.unwritable] == [Unwritable(0, "tag.backslash")]
    assert list(values(pages).values()) == [{"value": 5.0}]


async def test_series_over_the_limit_have_no_lines(store: EventStore, reader: StoreReader) -> None:
    await write(store, reading(5.0, FRIDGE), reading(6.0, From("fridge-02", SITE)))
    assert list(values(await day(reader, limit=1)).values()) == [{"value": 5.0}]


@pytest.mark.parametrize("number", [-1, LAST_DAY + 1, TODAY - 1])
async def test_days_without_readings_or_that_no_server_keeps(
    store: EventStore, reader: StoreReader, number: int
) -> None:
    await write(store, reading(5.0, FRIDGE), reading(5.0, FRIDGE, ts=-MINUTE))
    assert await day(reader, number) == []
