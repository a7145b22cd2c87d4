"""Calibrations at a running hub: one commit with all that they change; what was issued is never lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.alarms.incidents.actions import RefusedAction
from hub.alarms.incidents.calibrate import Calibrate
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.calibration_desk import CalibrationDesk
from tests.conformance.store_arrivals import NOW
from tests.conformance.store_use import write
from tests.hub.alarm_bench import FRIDGE, HOUR, METRIC, MINUTE, Bench, alarms_of, fridge, warm

pytestmark = pytest.mark.usefixtures("late_at_once")

NURSE = "3fb1c2aa"
DAY_OF_NOW = "2026-11-22"
PAPER = "QUATEST 3, 2026-1184"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with alarms_of(tmp_path) as made:
        yield made


def desk(bench: Bench, runner: AlarmRunner) -> CalibrationDesk:
    return CalibrationDesk(runner, bench.open_reader, "Asia/Ho_Chi_Minh")


async def calibrate(bench: Bench, runner: AlarmRunner, **changes: Any) -> str:
    """ "done", or why it was refused."""
    asked: dict[str, Any] = {
        "device": FRIDGE.device,
        "metric": METRIC,
        "offset": -2.0,
        "begins": DAY_OF_NOW,
        "ends": "",
        "certificate": PAPER,
        "by": NURSE,
    }
    told = await desk(bench, runner).calibrate(**(asked | changes))
    return str(told["reason"] or told["outcome"])


async def entries(bench: Bench) -> list[tuple[str, str]]:
    return [(entry.kind.value, entry.episode.rule if entry.episode else "") for entry in await bench.ledger()]


async def test_a_sensor_that_read_too_high_takes_its_alarm_back_in_one_commit(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, *warm(0, 60))
        assert await bench.next(runner, 60) == ("HEAT_EARLY", "RAISED", "UNACK")
        assert await calibrate(bench, runner) == "done"
        assert await entries(bench) == [
            ("RAISED", "HEAT_EARLY"),
            ("CALIBRATED", ""),
            ("WITHDRAWN_BY_DATA", "HEAT_EARLY"),
            ("CLOSED", "HEAT_EARLY"),
        ]
        told = (await bench.ledger())[1]
        assert (told.actor, told.note) == (NURSE, PAPER)
        assert told.detail == {"metric": METRIC, "offset": -2000, "from": NOW - NOW % (24 * HOUR) - 7 * HOUR}
        assert await calibrate(bench, runner, offset=0.0) == "done"
        assert (await entries(bench))[-1] == ("REVISED", "HEAT_EARLY")


async def test_a_sensor_that_read_too_low_raises_what_was(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, *[fridge(7.0, minute) for minute in range(0, 130, 10)])
        assert await bench.settled(runner, 125) == []
        assert await calibrate(bench, runner, offset=1.5) == "done"
        assert await entries(bench) == [("CALIBRATED", ""), ("RETRO_RAISED", "HEAT_EARLY")]


async def test_it_holds_after_a_restart_and_tells_nothing_twice(bench: Bench) -> None:
    async with bench.running() as runner:
        await write(bench.store, *warm(0, 60))
        await bench.next(runner, 60)
        await calibrate(bench, runner)
    before = await entries(bench)
    async with bench.running() as runner:
        await write(bench.store, *warm(70, 100))
        await bench.settled(runner, 101)
        items = (await desk(bench, runner).calibrations(FRIDGE.device))["items"]
    assert await entries(bench) == before
    assert [(item["offset"], item["by"], item["certificate"], item["counts"]) for item in items] == [
        (-2.0, NURSE, PAPER, True)
    ]


async def test_one_that_was_issued_while_the_hub_started_is_entered_too(bench: Bench) -> None:
    async with bench.running() as runner:
        assert await calibrate(bench, runner) == "done"
    assert await entries(bench) == [("CALIBRATED", "")]


async def test_what_a_calibration_cannot_be(bench: Bench) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "alarm.offset_too_large": {"offset": 5.001},
        "alarm.no_temperature": {"metric": "door.open"},
        "alarm.bad_period": {"begins": "2026-11-22", "ends": "2026-11-22"},
        "alarm.no_certificate": {"certificate": "  "},
        "alarm.no_actor": {"by": ""},
        "alarm.unknown_device": {"device": "fridge-99"},
    }
    async with bench.running() as runner:
        assert {code: await calibrate(bench, runner, **asked) for code, asked in wrong.items()} == {
            code: code for code in wrong
        }
        for begins in ("yesterday", "2026-11-22T10:00:00", "1999-01-01", "2026-13-01", "9" * 50):
            assert await calibrate(bench, runner, begins=begins) == "alarm.bad_period"
        assert await calibrate(bench, runner, offset=-5.0, begins="2026-11-22T10:00:00+07:00") == "done"
    assert await entries(bench) == [("CALIBRATED", "")]


async def test_whoever_waits_for_a_store_that_is_away_is_told(bench: Bench) -> None:
    async with bench.running() as runner:
        await bench.settled(runner, 0)
        asked = Calibrate(NURSE, PAPER, METRIC, -300, NOW, NOW + MINUTE)
        with pytest.raises(RefusedAction):
            await runner.calibrate("", FRIDGE.device, asked)
        await bench.store.close()
        waiting = asyncio.ensure_future(runner.calibrate(FRIDGE.site, FRIDGE.device, asked))
        (told,) = await asyncio.gather(waiting, return_exceptions=True)
    assert type(told).__name__ == "StoreUnavailable"
