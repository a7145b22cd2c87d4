"""What every store must do with old readings: nobody can tell that they were packed."""

from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.events import parse_time
from storage.chunks import Sample
from storage.compaction import LONGEST_WAIT_MS, QUIET_MS
from storage.contract import EventStore, ReadingFilter, StoreReader, TooManyRows
from storage.instants import believed, content_of
from storage.rollup import HOUR_MS, steps
from tests.conformance.store_arrivals import CLAIMS, DAY, NOW, From, reading
from tests.conformance.store_old_readings import MINUTE, OLD, answers, listed, two_days, values_of
from tests.conformance.store_use import MakeStore, maintained, write

PROBES = count()


class CompactionContract:
    """Parts of StoreContract."""

    @pytest.mark.slow
    async def test_packing_changes_no_answer(self, store: EventStore, reader: StoreReader) -> None:
        for device in range(2):
            await write(store, *two_days(device))
        before = await answers(reader)
        while await store.maintain(NOW):
            assert await answers(reader) == before
        assert await answers(reader) == before
        await maintained(store, NOW + 5 * DAY)
        assert await answers(reader) == before

    async def test_packing_goes_on_after_a_restart(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        for device in range(2):
            await write(store, *two_days(device))
        before = await answers(reader)
        await store.maintain(NOW)
        await store.close()
        again = make_store()
        await again.open()
        await maintained(again, NOW)
        assert (await write(again, *two_days(0))).stored == 0
        await again.close()
        assert await answers(reader) == before

    async def test_late_readings_find_their_place(self, store: EventStore, reader: StoreReader) -> None:
        first = [reading(float(n), ts=OLD + n * 10 * MINUTE) for n in range(20)]
        await write(store, *first, reading(1.0, ts=NOW))
        await maintained(store, NOW)
        late = [reading(100.0 + n, ts=OLD + n * 10 * MINUTE + 5) for n in range(-2, 22)]
        await write(store, *late)
        expected = sorted(
            [(n * 10 * MINUTE, float(n)) for n in range(20)]
            + [(n * 10 * MINUTE + 5, 100.0 + n) for n in range(-2, 22)]
            + [(NOW - OLD, 1.0)]
        )
        hourly = ReadingFilter("fridge-01", step_ms=HOUR_MS)
        assert await values_of(reader) == expected
        before = await listed(reader, hourly)
        assert sum(row["count"] for row in before) == 45
        await maintained(store, NOW + QUIET_MS)
        assert await values_of(reader) == expected
        assert await listed(reader, hourly) == before
        assert (await reader.figures()).readings == 45

    async def test_a_device_that_sends_for_long_is_packed_meanwhile(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, reading(5.0, ts=OLD), reading(5.0, ts=NOW))
        await maintained(store, NOW)
        for n in range(30):
            arrived = NOW + n * QUIET_MS // 2
            await write(store, reading(6.0, ts=OLD + 1 + n), received_ms=arrived)
            await maintained(store, arrived)
        assert 30 * QUIET_MS // 2 > LONGEST_WAIT_MS
        assert len(await values_of(reader)) == 32

    async def test_packed_readings_sent_again_are_duplicates(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        sent = [reading(5.0 + n % 3, ts=OLD + n * MINUTE) for n in range(100)]
        sent += [reading(None, ts=OLD + 200 * MINUTE, quality="BAD"), reading(6.0, ts=NOW)]
        await write(store, *sent)
        await maintained(store, NOW)
        before = await values_of(reader)
        assert (await write(store, *sent)).duplicates == 102
        await maintained(store, NOW + 8 * DAY)
        outcome = await write(store, *sent, reading(9.0, ts=OLD), received_ms=NOW + 8 * DAY)
        assert (outcome.stored, outcome.duplicates) == (1, 102)
        assert await values_of(reader) == [(0, 9.0), *before[1:]]

    @pytest.mark.slow
    async def test_packing_between_claims_changes_nothing(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        clock = NOW
        for number, order in enumerate(permutations(CLAIMS)):
            origin = From(f"fridge-{number}", "kho-vac-xin")
            await write(store, reading(4.0, origin, ts=NOW), reading(4.0, origin, ts=OLD + 1))
            for value, quality in order:
                outcome = await write(
                    store, reading(value, origin, ts=OLD, quality=quality), received_ms=clock
                )
                assert outcome.stored == 1
                clock += QUIET_MS
                await maintained(store, clock)
            assert (await values_of(reader, origin.device))[0] == (0, 2.0), order

    async def test_a_packed_reading_is_retracted(self, store: EventStore, reader: StoreReader) -> None:
        wrong = reading(40.0, ts=OLD)
        await write(store, wrong, reading(5.0, ts=OLD + MINUTE), reading(5.0, ts=NOW))
        await maintained(store, NOW)
        await write(store, reading(6.0, ts=OLD + 1, supersedes=wrong.event.id))
        expected = [(1, 6.0), (MINUTE, 5.0), (NOW - OLD, 5.0)]
        hourly = ReadingFilter("fridge-01", step_ms=HOUR_MS)
        assert await values_of(reader) == expected
        assert (await listed(reader, hourly))[0]["max"] == 6.0
        await maintained(store, NOW + QUIET_MS)
        assert await values_of(reader) == expected
        assert (await listed(reader, hourly))[0]["max"] == 6.0
        assert (await reader.figures()).readings == 3

    async def test_the_only_reading_of_an_hour_is_retracted(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        wrong = reading(40.0, ts=OLD)
        await write(store, wrong, reading(5.0, ts=NOW))
        await maintained(store, NOW)
        await write(store, reading(6.0, ts=OLD + 2 * HOUR_MS, supersedes=wrong.event.id))
        hourly = ReadingFilter("fridge-01", step_ms=HOUR_MS)
        for clock in (NOW, NOW + QUIET_MS):
            await maintained(store, clock)
            assert [row["max"] for row in await listed(reader, hourly)] == [6.0, 5.0]
            (curve,) = await reader.curves(hourly)
            assert curve.max == [6.0, 5.0]

    async def test_a_packed_value_gives_way_to_the_next_best(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        worst, other = reading(40.0, ts=OLD), reading(7.0, ts=OLD)
        await write(store, worst, other, reading(6.0, ts=OLD), reading(5.0, ts=NOW))
        await maintained(store, NOW)
        await write(store, reading(5.0, ts=OLD + 1, supersedes=worst.event.id))
        for clock in (NOW, NOW + QUIET_MS):
            await maintained(store, clock)
            assert await values_of(reader) == [(0, 7.0), (1, 5.0), (NOW - OLD, 5.0)]

    async def test_the_latest_steps_back_into_what_is_packed(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        newest = reading(9.0, ts=OLD + 5 * HOUR_MS)
        await write(store, *(reading(float(n), ts=OLD + n * HOUR_MS) for n in range(5)), newest)
        await maintained(store, NOW)
        (latest,) = await reader.latest_readings()
        assert latest["value"] == 9.0
        await write(store, reading(3.5, ts=OLD + 1, supersedes=newest.event.id))
        for clock in (NOW, NOW + QUIET_MS):
            await maintained(store, clock)
            (latest,) = await reader.latest_readings()
            assert (latest["value"], latest["time"]) == (4.0, "2026-11-20T04:00:00.000Z")
        assert len(await values_of(reader)) == 6

    async def test_a_silent_device_keeps_its_latest(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(5.0, ts=OLD), reading(7.0, ts=OLD + MINUTE))
        before = await reader.latest_readings()
        await maintained(store, NOW + 2 * DAY)
        assert await reader.latest_readings() == before
        await write(store, reading(6.0, ts=NOW + 2 * DAY), received_ms=NOW + 2 * DAY)
        await maintained(store, NOW + 4 * DAY)
        assert [row["value"] for row in await reader.latest_readings()] == [6.0]
        assert await values_of(reader) == [(0, 5.0), (MINUTE, 7.0), (NOW + 2 * DAY - OLD, 6.0)]

    async def test_a_clock_that_was_ahead_does_no_harm(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, *(reading(float(n), ts=NOW + n) for n in range(10)))
        await maintained(store, NOW + 100 * DAY)
        await write(store, reading(50.0, ts=NOW + 3), reading(7.5, ts=NOW + 20), received_ms=NOW)
        await maintained(store, NOW)
        values = [value for _, value in await values_of(reader)]
        assert values == [0.0, 1.0, 2.0, 50.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 7.5]

    @pytest.mark.slow
    async def test_many_readings_of_one_day(self, store: EventStore, reader: StoreReader) -> None:
        """More than a chunk holds, and then some between them."""
        for part in range(3):
            await write(store, *(reading(n % 9 + 1.0, ts=OLD + n * 3000 + part * 1000) for n in range(1500)))
            await write(store, reading(4.0, ts=NOW + part))
            await maintained(store, NOW + part * 2 * QUIET_MS)
        wanted = await values_of(reader)
        assert [ts for ts, _ in wanted[:4500]] == [n * 1000 for n in range(4500)]
        rows = await listed(reader, ReadingFilter("fridge-01", step_ms=HOUR_MS))
        assert [row["count"] for row in rows] == [3600, 900, 3]

    async def test_curves_are_the_steps_of_many_devices(self, store: EventStore, reader: StoreReader) -> None:
        for device in range(3):
            await write(store, *two_days(device))
        await maintained(store, NOW)
        names = tuple(f"fridge-{device:02}" for device in range(3))
        for step in (HOUR_MS, 2 * HOUR_MS, MINUTE * 30):
            wanted = ReadingFilter(names, "temp.fridge", OLD + MINUTE, OLD + DAY + 1, step)
            curves = await reader.curves(wanted)
            assert [curve.device for curve in curves] == list(names)
            rows = await listed(reader, wanted)
            for curve in curves:
                mine = [row for row in rows if row["device"] == curve.device]
                assert curve.time_ms == [parse_time(row["time"]) for row in mine]
                for column in ("min", "max", "mean", "count"):
                    assert getattr(curve, column) == [row[column] for row in mine]

    async def test_an_answer_has_bounds(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(5.0, ts=OLD), reading(5.0, ts=NOW))
        with pytest.raises(TooManyRows):
            await reader.curves(ReadingFilter("fridge-01", step_ms=1))
        with pytest.raises(TooManyRows):
            await reader.readings(ReadingFilter(("x",) * 1000), limit=1, cursor=None)
        with pytest.raises(ValueError, match="step_ms"):
            await reader.curves(ReadingFilter("fridge-01"))

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.one_of(
                st.none(),  # maintenance
                st.tuples(
                    st.integers(0, 40),
                    st.sampled_from([-3.5, 0.1, 2.0, 5.5, 7.7, None]),
                    st.sampled_from(["GOOD", "UNCERTAIN", "BAD"]),
                ),
            ),
            max_size=25,
        )
    )
    async def test_any_order_of_writing_and_packing_gives_the_believed_values(
        self, store: EventStore, reader: StoreReader, work: list[tuple[int, float | None, Any] | None]
    ) -> None:
        origin = From(f"probe-{next(PROBES)}", "kho-vac-xin")
        clock = NOW
        standing: dict[int, Any] = {}
        for one in work:
            clock += QUIET_MS
            if one is None:
                await maintained(store, clock)
                continue
            ts = OLD + one[0] * 17 * MINUTE
            arrival = reading(one[1], origin, ts=ts, quality=one[2])
            await write(store, arrival, received_ms=clock)
            content = content_of(arrival.payload)  # type: ignore[arg-type]
            standing[ts] = max(
                [content, *([standing[ts]] if ts in standing else [])],
                key=lambda content: believed("temp.fridge", content),
            )
        expected = [(ts - OLD, standing[ts].value) for ts in sorted(standing)]
        samples: list[Sample] = [(ts, 0, *standing[ts][:2], 0, None) for ts in sorted(standing)]
        for _ in range(2):
            assert await values_of(reader, origin.device) == expected
            for step in (HOUR_MS, 5 * HOUR_MS, 90 * MINUTE):
                rows = await listed(reader, ReadingFilter(origin.device, step_ms=step))
                assert [(parse_time(row["time"]), row["count"], row["min"], row["mean"]) for row in rows] == [
                    (start, each.readings, each.least, each.mean)
                    for start, each in sorted(steps(samples, step).items())
                ]
            await maintained(store, clock + LONGEST_WAIT_MS)
