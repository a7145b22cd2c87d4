"""The hub's alarms on a real store: readings of the log become entries, once, whatever is killed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.incidents import IncidentFilter
from tests.conformance.store_use import write
from tests.fire.patience import until
from tests.hub.alarm_bench import FRIDGE, Bench, alarms_of, fridge, warm


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with alarms_of(tmp_path) as made:
        yield made


async def test_a_warm_fridge_is_told_and_a_cold_one_again(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, *warm(0, 60))
        assert await bench.next(runner, 60) == ("HEAT_EARLY", "RAISED", "UNACK")
        await write(bench.store, *[fridge(5.0, minute) for minute in (70, 80, 90)])
        assert await bench.next(runner, 90) == ("HEAT_EARLY", "RETURNED", "RTN_UNACK")
    (incident,) = (await bench.reader.incidents(IncidentFilter(), limit=10, cursor=None)).items
    assert (incident["site"], incident["worst"], incident["state"]) == (FRIDGE.site, 9.5, "RTN_UNACK")


async def test_a_unit_that_falls_silent_is_told_by_the_clock_alone(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, fridge(5.0, 0))
        assert await bench.next(runner, 45) == ("NODATA", "RAISED", "UNACK")
        assert await bench.next(runner, 240) == ("NODATA", "EXTENDED", "UNACK")


async def test_a_unit_that_never_spoke_is_told(bench: Bench) -> None:
    async with bench.running() as runner:
        assert await bench.settled(runner, 0) == []
        assert await bench.next(runner, 46) == ("NODATA", "RAISED", "UNACK")


async def test_readings_that_come_late_take_silence_back_and_raise_what_was(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, fridge(5.0, 0))
        assert await bench.next(runner, 46) == ("NODATA", "RAISED", "UNACK")
        await write(bench.store, *warm(10, 120))
        found = {await bench.next(runner, 120) for _ in range(3)}
    assert found == {
        ("HEAT_EARLY", "RETRO_RAISED", "UNACK"),
        ("NODATA", "WITHDRAWN_BY_DATA", "CLOSED"),
        ("NODATA", "CLOSED", "CLOSED"),
    }


async def test_a_restart_at_any_time_tells_nothing_twice(bench: Bench) -> None:
    """Readings come while it runs, while it does not, and late."""
    for first in range(0, 240, 30):
        async with bench.running() as runner:
            await write(bench.store, *warm(first, first + 10))
            await bench.settled(runner, first + 15)
        await write(bench.store, *warm(first + 20, first + 20))
    async with bench.running() as runner:
        told = await bench.settled(runner, 240)
    assert told == [("HEAT_EARLY", "RAISED")]


async def test_the_first_start_on_an_old_store_knows_of_the_days_before(bench: Bench) -> None:
    await write(bench.store, *warm(-600, 0))
    async with bench.running() as runner:
        told = await bench.settled(runner, 1)
    assert told == [("HEAT", "RAISED"), ("HEAT_EARLY", "RETRO_RAISED")]


async def test_what_came_late_and_waited_when_the_hub_ended_is_judged_by_the_next(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, fridge(5.0, 0))
        await bench.settled(runner, 1)  # while it is not late itself
        await bench.settled(runner, 600)
        read = runner.figures.judged + len(warm(10, 120))
        await write(bench.store, *warm(10, 120))
        runner.grown()
        await until(lambda: runner.figures.judged == read, "they are read")
    assert [entry.kind.value for entry in await bench.ledger()] == ["RETRO_RAISED"]
    async with bench.running() as runner:
        told = await bench.settled(runner, 601)
    assert told == [("NODATA", "RETRO_RAISED"), ("HEAT_EARLY", "RETRO_RAISED"), ("NODATA", "REVISED")]


async def test_what_came_late_is_judged_after_a_while(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, fridge(5.0, 0))
        await bench.settled(runner, 1)  # while it is not late itself
        await bench.settled(runner, 600)
        read = runner.figures.judged + len(warm(10, 120))
        await write(bench.store, *warm(10, 120))
        runner.grown()
        await until(lambda: runner.figures.judged == read, "they are read")
        told = await bench.settled(runner, 601)
    assert told[1:] == [("HEAT_EARLY", "RETRO_RAISED"), ("NODATA", "REVISED")]
