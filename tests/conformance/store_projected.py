"""What every store must tell a projector: which readings stand, by instant and day."""

from array import array
from collections import Counter
from itertools import count
from math import isnan
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.events import parse_time
from storage.contract import (
    Arrival,
    EventStore,
    ReadingFilter,
    StoreReader,
)
from storage.instants import QUALITIES
from storage.projections import (
    WITHDRAWN,
    Series,
    Standing,
)
from tests.conformance.gate_arrivals import HOUR
from tests.conformance.projected_copy import Copy
from tests.conformance.store_arrivals import CLAIMS, DAY, NOW, From, reading
from tests.conformance.store_old_readings import OLD
from tests.conformance.store_use import all_pages, maintained, write

NUMBERS = count(1)
FIXTURES = [HealthCheck.function_scoped_fixture]  # every example has devices of its own
LATER = NOW + 3 * DAY


async def rows_of(reader: StoreReader, device: str) -> dict[tuple[str, int], tuple[float | None, int]]:
    """(metric, instant) of what the API says stands."""

    async def ask(cursor: str | None) -> Any:
        return await reader.readings(ReadingFilter(device), limit=400, cursor=cursor)

    return {
        (each["metric"], parse_time(each["time"])): (
            None if each["quality"] == "BAD" else each["value"],
            QUALITIES.index(each["quality"]),
        )
        for each in await all_pages(ask)
    }


@st.composite
def readings_of(draw: st.DrawFn, device: str) -> list[Arrival]:
    """Few instants, many claims; some take one back that came before, or is still to come."""
    made: list[Arrival] = []
    for seq in range(1, draw(st.integers(3, 10))):
        value, quality = draw(st.sampled_from(CLAIMS))
        older = draw(st.sampled_from(["", "", *(each.event.id for each in made)]))
        metric = draw(st.sampled_from(("temp.fridge", "humidity")))
        ts = OLD + draw(st.integers(0, 3)) * 20_000
        origin = From(device, "kho-vac-xin", seq=seq)
        made.append(reading(value, origin, ts=ts, metric=metric, quality=quality, supersedes=older))
    return draw(st.permutations(made))


class ProjectedContract:
    """Parts of StoreContract."""

    async def test_series_keep_their_numbers(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(5.0))
        await write(store, reading(50.0, metric="humidity", unit="%"), reading(5.0, ts=NOW + 1))
        first, second = await reader.series()
        assert first[1:] == ("kho-vac-xin", "edge-1", "fridge-01", "temp.fridge", "Cel")
        assert second == Series(second.series, "kho-vac-xin", "edge-1", "fridge-01", "humidity", "%")
        assert second.series > first.series

    async def test_days_that_have_readings(self, store: EventStore, reader: StoreReader) -> None:
        today = NOW // DAY
        assert (await reader.reading_days(), await reader.reading_day_before(today)) == (None, None)
        await write(store, *(reading(5.0, ts=NOW - days * DAY) for days in (0, 3, 4, 300)))
        for _ in range(2):
            assert await reader.reading_days() == (today - 300, today)
            days, day = [], await reader.reading_day_before(today + 1)
            while day is not None:
                days.append(day)
                day = await reader.reading_day_before(day)
            assert days == [today, today - 3, today - 4, today - 300]
            await maintained(store, NOW + HOUR)  # packed they are the same

    async def test_a_day_of_readings_packed_or_not(self, store: EventStore, reader: StoreReader) -> None:
        fridge = [reading(n / 8, ts=OLD + n * 60_000) for n in range(300)]
        none = reading(None, ts=OLD + 7, quality="BAD")
        twice = reading(30.0, ts=OLD + 60_000, quality="UNCERTAIN")
        before, after = reading(1.0, ts=OLD - 1), reading(1.0, ts=OLD + DAY)
        await write(store, *fridge, none, twice, before, after)
        ((one, *_),) = [await reader.series()]
        expected = None
        for _ in range(2):
            (day,) = await reader.day_of_readings(OLD // DAY, [one.series])
            assert (type(day.ts), type(day.values), day.contested) == (
                array, array, frozenset({OLD + 60_000}),
            )  # fmt: skip
            assert list(day.ts) == sorted([OLD + 7, *(OLD + n * 60_000 for n in range(300))])
            assert (isnan(day.values[1]), day.values[0]) == (True, 0.0)
            assert Counter(day.qualities) == {0: 300, 2: 1}
            expected = expected or day
            assert [list(map(repr, part)) for part in day[1:3]] == [
                list(map(repr, part)) for part in expected[1:3]
            ]
            await maintained(store, LATER)
        assert await reader.day_of_readings(OLD // DAY + 900, [one.series]) == [
            (one.series, array("q"), array("d"), b"", frozenset())
        ]
        assert await reader.day_of_readings(OLD // DAY, []) == []

    async def test_a_day_of_many_readings_comes_in_parts(
        self, store: EventStore, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("storage.projected_days.MOST_READINGS", 25)
        for n in range(6):
            await write(store, *(reading(1.0, From(f"f-{n}"), ts=OLD + at) for at in range(10)))
        wanted = [each.series for each in await reader.series()]
        parts = []
        while wanted:
            found = await reader.day_of_readings(OLD // DAY, wanted)
            assert [each.series for each in found] == wanted[: len(found)]
            parts.append(len(found))
            del wanted[: len(found)]
        assert parts == [2, 2, 2]
        await write(store, *(reading(2.0, From("g"), ts=OLD + at) for at in range(40)))
        last = (await reader.series())[-1].series
        (alone,) = await reader.day_of_readings(OLD // DAY, [last])
        assert len(alone.ts) == 40, "one comes whole whatever its size"

    async def test_contested_instants_are_told_as_they_stand(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        quiet = reading(5.0, ts=OLD)
        lost, wins = reading(4.0, ts=OLD + 1), reading(9.0, ts=OLD + 1)
        gone = reading(7.0, ts=OLD + 2)
        last = (await write(store, quiet, lost, gone)).last_number
        (one,) = await reader.series()
        instants = [(one.series, OLD + n) for n in range(4)]
        assert await reader.contested(instants) == []
        mended = reading(41.0, metric="humidity", ts=OLD + DAY, supersedes=gone.event.id)
        await write(store, wins, mended)
        for _ in range(2):
            assert await reader.contested(instants) == [
                Standing(one.series, OLD + 1, 9.0, 0),
                Standing(one.series, OLD + 2, None, WITHDRAWN),
            ]
            page = await reader.log_page(last, limit=9, types=[])
            assert sorted(page.instants) == instants[1:3]
            await maintained(store, LATER)
        (day,) = await reader.day_of_readings(OLD // DAY, [one.series])
        assert (list(day.ts), day.qualities) == ([OLD, OLD + 1, OLD + 2], bytes([0, 0, WITHDRAWN]))
        assert day.contested == {OLD + 1, OLD + 2}
        assert await reader.contested([]) == []

    async def test_an_instant_stays_contested_when_one_claim_is_left(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        """A projector wrote UNCERTAIN there: it must learn that GOOD stands now."""
        doubtful, good = reading(9.0, quality="UNCERTAIN"), reading(5.0)
        await write(store, doubtful)
        await write(store, reading(1.0, ts=NOW + 1, supersedes=doubtful.event.id), good)
        (one,) = await reader.series()
        assert await reader.contested([(one.series, NOW)]) == [Standing(one.series, NOW, 5.0, 0)]

    async def test_what_was_withdrawn_before_it_came_is_told(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        wrong = reading(41.0, ts=NOW + 9000)
        await write(store, reading(5.0, supersedes=wrong.event.id))
        await write(store, wrong)
        copy = Copy()
        await copy.follow(reader)
        assert list(copy.standing().values()) == [(5.0, 0)]

    async def test_marks_go_with_the_readings(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(5.0), reading(9.0))
        (one,) = await reader.series()
        await maintained(store, NOW + 390 * DAY)
        assert len(await reader.contested([(one.series, NOW)])) == 1
        await maintained(store, NOW + 400 * DAY)
        assert await reader.contested([(one.series, NOW)]) == []
        rows = [each["rows"] for each in (await reader.deletions(limit=9, cursor=None)).items]
        assert sorted(rows) == [2, 2], (
            "a reading and its conflict, two events: marks are no rows of their own"
        )

    @given(data=st.data())
    @settings(max_examples=20, deadline=None, suppress_health_check=FIXTURES)
    async def test_a_copy_ends_as_the_readings_stand(
        self, store: EventStore, reader: StoreReader, data: st.DataObject
    ) -> None:
        """Whenever it looks, however often it goes back, and whatever is packed meanwhile."""
        device = f"d-{next(NUMBERS)}"
        arrivals = data.draw(readings_of(device))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(arrivals)), min_size=1, max_size=3)))
        copy = Copy()
        copy.number = begins = (await reader.figures()).last_number
        for a, b in zip([0, *cuts], [*cuts, len(arrivals)], strict=True):
            await write(store, *arrivals[a:b], received_ms=NOW)
            await copy.follow(reader, limit=data.draw(st.sampled_from((2, 99))), pages=9)
            if data.draw(st.integers(0, 4)) == 0:
                await maintained(store, LATER)
            if data.draw(st.integers(0, 4)) == 0:
                copy.number = max(begins, copy.number - data.draw(st.integers(0, 20)))
        await copy.follow(reader)
        names = {each.series: each for each in await reader.series() if each.device == device}
        shown = {
            (names[series].metric, ts): told
            for (series, ts), told in copy.standing().items()
            if series in names
        }
        assert shown == await rows_of(reader, device)
        tables = Copy()
        await tables.take_day(reader, OLD // DAY)
        own = {instant: told for instant, told in tables.standing().items() if instant[0] in names}
        assert own == {instant: told for instant, told in copy.standing().items() if instant[0] in names}
