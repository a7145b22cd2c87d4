from typing import Any

import pytest

from api.console.board import read_figures
from api.console.chart import points
from api.console.condition import (
    FRIDGE,
    SILENCE_MS,
    device_condition,
    limits_of,
    silence_ms,
    unit_condition,
)
from api.console.shared_query import Shared
from api.vaccine_probe import temperatures
from hub.alarms.profiles import load_profile
from hub.errors import StoreUnavailable
from hub.events import format_time

NOW_MS = 1_795_330_000_000
MINUTE_MS = 60_000
ONLINE = {"state": "ONLINE"}


def reading(value: float | None, age_ms: int = 0, **more: Any) -> dict[str, Any]:
    return {"value": value, "quality": "GOOD", "time": format_time(NOW_MS - age_ms)} | more


CASES: dict[str, tuple[Any, Any, tuple[str, str]]] = {
    "fine": (reading(5.0), ONLINE, ("ok", "ok")),
    "at the limit": (reading(8.0), ONLINE, ("ok", "ok")),
    "too warm": (reading(8.1), ONLINE, ("bad", "warm")),
    "too cold": (reading(1.9), ONLINE, ("bad", "cool")),
    "of an EMS that reports each quarter of an hour": (reading(5.0, 31 * MINUTE_MS), ONLINE, ("ok", "ok")),
    "old": (reading(5.0, 46 * MINUTE_MS), ONLINE, ("unknown", "stale")),
    "old and warm": (reading(20.0, 46 * MINUTE_MS), ONLINE, ("unknown", "stale")),
    "from the future": (reading(5.0, -3 * MINUTE_MS), ONLINE, ("unknown", "clock")),
    "probe broken": (reading(None, quality="BAD"), ONLINE, ("unknown", "bad_reading")),
    "marked bad": (reading(5.0, quality="BAD"), ONLINE, ("unknown", "bad_reading")),
    "device silent": (reading(5.0), {"state": "OFFLINE"}, ("unknown", "silent")),
    "never measured": (None, ONLINE, ("unknown", "never")),
}


@pytest.mark.parametrize("case", CASES)
def test_only_a_fresh_good_reading_is_fine(case: str) -> None:
    measured, device, told = CASES[case]
    shown = unit_condition(measured, FRIDGE, device, NOW_MS)
    assert (shown.condition, shown.why) == told


def test_a_reading_stands_until_the_profile_calls_it_silence() -> None:
    fridge, box = load_profile("fridge").rules, load_profile("transport-box").rules
    assert (silence_ms(fridge), silence_ms(box), silence_ms(())) == (
        45 * MINUTE_MS,
        240 * MINUTE_MS,
        SILENCE_MS,
    )
    told = [
        unit_condition(reading(5.0, minutes * MINUTE_MS), FRIDGE, ONLINE, NOW_MS, silence_ms(box)).condition
        for minutes in (45, 240, 241)
    ]
    assert told == ["ok", "ok", "unknown"]


def test_device_states_without_the_hub_are_history() -> None:
    assert device_condition({"state": "ONLINE"}, hub_up=True) == "ok"
    assert device_condition({"state": "ONLINE"}, hub_up=False) == "unknown"
    assert device_condition({"state": None}, hub_up=True) == "unknown"


def test_limits_by_profile() -> None:
    assert limits_of("freezer").high == -15.0
    assert limits_of(None) == limits_of("any") == FRIDGE


def step(minutes: int, mean: float) -> dict[str, Any]:
    return {"time": format_time(NOW_MS + minutes * MINUTE_MS), "mean": mean}


def test_a_silence_is_a_gap_not_a_line() -> None:
    drawn = points([step(0, 4.0), step(10, 5.0), step(60, 6.0)], 10 * MINUTE_MS, None, 0)
    assert [value for _, value in drawn] == [4.0, 5.0, None, 6.0]
    assert [at for at, _ in drawn] == sorted(at for at, _ in drawn if at is not None)


def test_a_sensor_that_speaks_less_often_than_each_step_is_not_silent_in_between() -> None:
    drawn = points([step(minutes, 4.0) for minutes in (0, 3, 6, 9, 30)], MINUTE_MS, None, 0)
    assert [value for _, value in drawn] == [4.0, 4.0, 4.0, 4.0, None, 4.0]
    seldom = points([step(minutes, 4.0) for minutes in (0, 15, 30, 61)], MINUTE_MS, None, 0)
    assert [value for _, value in seldom] == [4.0, 4.0, 4.0, None, 4.0]


def test_the_newest_value_ends_the_line_and_the_hubs_clock_is_shown() -> None:
    newest = reading(7.0, -12 * MINUTE_MS)
    drawn = points([step(0, 4.0), step(10, 5.0)], 10 * MINUTE_MS, newest, 7 * 3_600_000)
    assert [value for _, value in drawn] == [4.0, 7.0]
    assert drawn[-1][0] == NOW_MS + 12 * MINUTE_MS + 7 * 3_600_000


def test_figures_of_the_hubs_text() -> None:
    text = (
        "# TYPE epihub_spool_events_waiting gauge\nepihub_spool_events_waiting 12\n"
        'epihub_device_last_seen_timestamp_seconds{device="tu-lanh-01"} 1795330000.5\n'
        'epihub_other{device="x"} NaN\nepihub_spool_events_waiting_else 9\n'
    )
    figures = read_figures(text)
    assert figures.waiting == 12
    assert figures.seen_ms == {"tu-lanh-01": 1_795_330_000_500}
    assert read_figures("").waiting is None


def test_one_probe_speaks_for_a_unit() -> None:
    rows = [
        {"device": "a", "metric": "t2", "unit": "Cel"},
        {"device": "a", "metric": "t1", "unit": "Cel"},
        {"device": "b", "metric": "humidity", "unit": "%"},
    ]
    assert [row["metric"] for row in temperatures(rows)] == ["t1"]
    metrics = ("temp.ambient", "temp.vaccine", "temp.freezer")
    rows += [{"device": "b", "metric": metric, "unit": "Cel"} for metric in metrics]
    assert [row["metric"] for row in temperatures(rows)] == ["t1", "temp.vaccine"]


async def test_what_is_shared_is_read_once_and_keeps_its_value_over_a_fault() -> None:
    now, told = [0.0], [[1], [1], [2]]
    asked = 0

    async def read() -> list[int]:
        nonlocal asked
        asked += 1
        if not told:
            raise StoreUnavailable("store.absent")
        return told.pop(0)

    shared: Shared[list[int]] = Shared(read, [], 1, lambda: now[0])
    assert [(await shared.get()).version for _ in range(3)] == [1, 1, 1]
    assert asked == 1
    now[0] = 1.0
    assert (await shared.get()).version == 1
    now[0] = 2.0
    assert ((await shared.get()).version, (await shared.get()).value) == (2, [2])
    now[0] = 3.0
    seen = await shared.get()
    assert (seen.value, seen.version, seen.fault) == ([2], 2, True)


async def test_what_somebody_changed_is_read_anew_before_its_time() -> None:
    told = [[1], [2]]

    async def read() -> list[int]:
        return told.pop(0)

    shared: Shared[list[int]] = Shared(read, [], 1, lambda: 0.0)
    assert [(await shared.get()).value for _ in range(2)] == [[1], [1]]
    shared.changed()
    assert (await shared.get()).value == [2]
