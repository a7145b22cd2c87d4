import asyncio
import contextlib
import logging
from collections.abc import Iterator

import pytest

from hub.health import LAG_DOWN_SECONDS, PROBE_SECONDS, STARTING_SECONDS, Component, Health, LoopLag
from hub.metrics import merge


def test_a_component_is_down_until_it_says_otherwise() -> None:
    health = Health()
    store = health.component("store")
    assert health.report()["state"] == "down"
    assert health.report()["components"]["store"]["reason"] == "is starting"
    store.ok()
    assert health.report()["state"] == "ok"
    assert health.report()["components"]["store"]["reason"] == ""


def test_the_worst_component_decides() -> None:
    health = Health()
    health.component("store").ok()
    health.component("bus").degraded("no broker at 127.0.0.1:1883; the spool waits")
    assert health.report()["state"] == "degraded"
    health.component("store").down("the disk is full")
    assert health.report()["state"] == "down"
    health.forget("store")
    assert list(health.report()["components"]) == ["bus"]


def test_without_components_there_is_nothing_wrong() -> None:
    assert Health().report() == {"state": "ok", "components": {}}


def test_a_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bus = Health().component("bus")
    bus.ok()
    for reason in ("no broker", "no broker", "refused"):
        bus.degraded(reason)
    bus.ok()
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "INFO"]
    assert bus.reason == ""


@pytest.mark.parametrize(("age_seconds", "levels"), [(0, ["INFO"]), (STARTING_SECONDS, ["WARNING", "INFO"])])
def test_what_is_not_connected_yet_at_the_start_is_no_warning(
    caplog: pytest.LogCaptureFixture, age_seconds: float, levels: list[str]
) -> None:
    caplog.set_level(logging.INFO)
    now = [1000.0]
    bus = Component("bus", clock=lambda: now[0])
    bus.degraded("no broker")
    now[0] += age_seconds
    bus.degraded("no broker")
    bus.ok()
    assert [record.levelname for record in caplog.records] == levels


def test_what_is_down_at_the_start_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    Component("store").down("the disk is full")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_time_of_a_state_is_that_of_its_change() -> None:
    bus = Health().component("bus")
    bus.degraded("no broker")
    since = bus.since
    bus.degraded("x" * 1000)
    assert bus.since == since
    assert len(bus.reason) == 200


class Time:
    """A clock that a sleep moves: by what was asked, and by the lateness that comes next."""

    def __init__(self, *late: float) -> None:
        self.now = 1000.0
        self.late: Iterator[float] = iter(late)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        try:
            self.now += seconds + next(self.late)
        except StopIteration:
            raise asyncio.CancelledError from None


async def measured(*late: float) -> Health:
    time = Time(*late)
    lag = LoopLag(time.clock, time.sleep)
    with contextlib.suppress(asyncio.CancelledError):
        await lag.run()
    return Health(lag)


@pytest.mark.parametrize(
    ("late", "state", "stalls"),
    [
        ((0.0, 0.001), "ok", 0),
        ((0.6,), "degraded", 1),
        ((7.0, 0.0), "ok", 1),
        ((LAG_DOWN_SECONDS + 1,), "down", 1),
    ],
)
async def test_a_late_loop_is_told(late: tuple[float, ...], state: str, stalls: int) -> None:
    health = await measured(*late)
    assert health.alive()["state"] == state
    assert health.lag.seconds() == pytest.approx(late[-1])
    assert health.lag.stalls == stalls


async def test_a_loop_that_is_stuck_just_now_is_seen_from_outside() -> None:
    time = Time()
    stuck = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await stuck.wait()

    lag = LoopLag(time.clock, sleep)
    probe = asyncio.create_task(lag.run())
    await asyncio.sleep(0)
    time.now += PROBE_SECONDS + LAG_DOWN_SECONDS + 1
    assert Health(lag).alive()["state"] == "down"
    probe.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await probe
    assert Health(lag).alive()["state"] == "ok"


async def test_health_is_in_the_figures() -> None:
    health = await measured(0.75)
    health.component("bus").degraded("no broker")
    figures = {sample.metric.name: sample for sample in merge(health.collect("hub"))}
    assert figures["epihub_loop_lag_seconds"].value == pytest.approx(0.75)
    assert figures["epihub_loop_stalls_total"].value == 1
    assert figures["epihub_component_state"].labels == (("process", "hub"), ("component", "bus"))
    assert figures["epihub_component_state"].value == 1
