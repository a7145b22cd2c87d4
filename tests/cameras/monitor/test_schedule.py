"""Whose picture is judged next, and how a budget that is too small makes all of them wait alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.schedule import ONCE_MORE_S, CheckSchedule


def streaming(
    cameras: int, check_seconds: float = 10, cpu_share: float = 0.5, cost_s: float = 0.02
) -> CheckSchedule:
    schedule = CheckSchedule(cpu_share, cost_s)
    for number in range(cameras):
        schedule.put(f"cam-{number:03d}", check_seconds, 0.0)
    return schedule


def test_a_camera_that_comes_is_due_at_once_and_then_after_its_interval() -> None:
    schedule = streaming(1)
    assert schedule.due(0.0, 8) == ["cam-000"]
    assert schedule.due(1.0, 8) == []  # asked already
    schedule.checked("cam-000", 2.0, 0.01)
    assert schedule.due(11.9, 8) == []
    assert schedule.due(12.0, 8) == ["cam-000"]


def test_a_keyframe_that_does_not_come_is_asked_for_again() -> None:
    schedule = streaming(1)
    schedule.due(0.0, 8)
    assert schedule.due(ONCE_MORE_S - 0.1, 8) == []
    assert schedule.due(ONCE_MORE_S, 8) == ["cam-000"]


def test_whoever_was_not_looked_at_longest_is_first() -> None:
    schedule = streaming(3)
    for name, at_s in (("cam-000", 5.0), ("cam-001", 3.0), ("cam-002", 4.0)):
        schedule.checked(name, at_s, 0.01)
    assert schedule.due(60.0, 2) == ["cam-001", "cam-002"]
    assert schedule.first(["cam-002", "cam-000"]) == "cam-002"
    assert schedule.first(["cam-000", "gone"]) == "gone"


def test_within_the_share_nobody_waits_longer_than_asked() -> None:
    schedule = streaming(200, cpu_share=0.5, cost_s=0.02)  # 20 checks a second, 0.4 of a core
    assert schedule.stretch == 1.0
    assert schedule.check_seconds("cam-000") == 10


def test_beyond_the_share_all_wait_longer_by_the_same_factor_and_it_is_told() -> None:
    schedule = streaming(400, cpu_share=0.25, cost_s=0.02)  # 0.8 of a core is wanted
    schedule.put("slow", 60, 0.0)
    assert schedule.check_seconds("cam-000") == pytest.approx(32, rel=0.01)
    assert schedule.check_seconds("slow") == pytest.approx(192, rel=0.01)
    for number in range(395):
        schedule.drop(f"cam-{number:03d}")
    assert schedule.check_seconds("cam-399") == 10
    assert schedule.check_seconds("cam-000") is None


def test_what_checks_cost_is_measured() -> None:
    schedule = streaming(1)
    for number in range(200):
        schedule.checked("cam-000", float(number), 0.1)
    assert schedule.cost_s == pytest.approx(0.1, rel=0.01)
    before = schedule.cost_s
    schedule.checked("cam-000", 201.0, None)
    assert schedule.cost_s == before


def test_somebody_who_asks_waits_for_no_interval() -> None:
    schedule = streaming(1)
    schedule.checked("cam-000", 1.0, 0.01)
    schedule.hasten("cam-000", 2.0)
    assert schedule.due(2.0, 8) == ["cam-000"]


def test_a_camera_that_connects_for_one_picture_is_never_asked_and_counts() -> None:
    schedule = CheckSchedule(cpu_share=0.01, cost_s=0.02)
    schedule.put("duty", 1.0, 0.0, is_asked=False)
    schedule.hasten("duty", 0.0)
    assert schedule.due(1e6, 8) == []
    assert schedule.check_seconds("duty") == pytest.approx(2.0)


@given(st.integers(1, 60), st.floats(1, 30), st.floats(0.02, 1), st.floats(0.001, 0.2), st.integers(0, 2**32))
def test_the_share_is_kept_and_nobody_is_forgotten(
    cameras: int, check_seconds: float, share: float, cost_s: float, seed: int
) -> None:
    """One check after the other on one core, a hundred intervals long."""
    schedule = streaming(cameras, check_seconds, cpu_share=share, cost_s=cost_s)
    interval = check_seconds * schedule.stretch
    at_s, spent = 0.0, 0.0
    checks = {f"cam-{number:03d}": 0 for number in range(cameras)}
    end_s = 20 * interval
    while at_s < end_s:
        for name in schedule.due(at_s, 1 + seed % 4):
            at_s += cost_s
            spent += cost_s
            checks[name] += 1
            schedule.checked(name, at_s, cost_s)
        at_s += interval / 50
    assert spent <= share * at_s + cameras * cost_s * 2  # the first round, which is due at once
    assert min(checks.values()) >= max(checks.values()) - 2
