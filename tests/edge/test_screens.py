"""What a gate shows: given once to each who asks, in order, and forgotten within seconds."""

import asyncio
from dataclasses import replace

import pytest

from hub.contract import Screen
from hub.edge.screens import KEPT_SECONDS, MOST_SCREENS, Screens

LIFE = 7
SCREEN = Screen("gate-1", 1_795_330_000_000, "allow", "allowed", (), "NVA", 1985, 0.4)


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screens(clock: Clock) -> Screens:
    return Screens(lambda: LIFE, clock)


def reasons(screens: Screens, after: int, life: int = LIFE) -> list[str]:
    return [screen.reason for _, screen in screens.since(life, after)]


def show(screens: Screens, *told: str) -> None:
    for reason in told:
        screens.show(replace(SCREEN, reason=reason))


def test_each_comes_once_and_in_order(screens: Screens) -> None:
    show(screens, "a", "b")
    assert reasons(screens, 0) == ["a", "b"]
    assert reasons(screens, screens.newest) == []
    show(screens, "c")
    assert reasons(screens, 2) == ["c"]


def test_what_is_old_is_gone_and_the_rest_has_its_age(screens: Screens, clock: Clock) -> None:
    show(screens, "a")
    clock.now_s += KEPT_SECONDS - 1
    show(screens, "b")
    assert [age_ms for age_ms, _ in screens.since(LIFE, 0)] == [9000, 0]
    clock.now_s += 2
    assert reasons(screens, 0) == ["b"]
    clock.now_s += KEPT_SECONDS
    screens.forget()
    assert screens._kept == type(screens._kept)(maxlen=MOST_SCREENS)


def test_numbers_of_another_life_hide_nothing(screens: Screens) -> None:
    show(screens, "a")
    assert reasons(screens, 900, life=LIFE - 1) == ["a"]


def test_no_more_are_kept_than_the_bound(screens: Screens) -> None:
    show(screens, *(str(n) for n in range(MOST_SCREENS + 5)))
    assert len(reasons(screens, 0)) == MOST_SCREENS
    assert reasons(screens, 0)[-1] == str(MOST_SCREENS + 4)


async def test_whoever_waits_is_woken_by_the_next(screens: Screens) -> None:
    waiting = [asyncio.create_task(screens.wait(LIFE, 0, 5)) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    show(screens, "a")
    async with asyncio.timeout(30):
        await asyncio.gather(*waiting)
    assert reasons(screens, 0) == ["a"]


@pytest.mark.parametrize(("life", "after"), [(LIFE, 0), (LIFE - 1, 1)])
async def test_nobody_waits_for_what_is_there_or_after_a_restart(
    screens: Screens, life: int, after: int
) -> None:
    show(screens, "a")
    async with asyncio.timeout(30):
        await screens.wait(life, after, 1e9)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
async def test_waiting_ends_without_news(screens: Screens, seconds: float) -> None:
    async with asyncio.timeout(30):
        await screens.wait(LIFE, 0, seconds)
    assert reasons(screens, 0) == []
