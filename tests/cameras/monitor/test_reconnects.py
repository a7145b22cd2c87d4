"""When a camera is connected to again: soon for a line, rarely for an answer, never into a locked account."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.reasons import REASONS as ALL_REASONS
from adapters.cameras.reasons import Reason
from adapters.cameras.reconnects import LOGIN_S, ConnectPace, Reconnects, kind_of

DRAW = st.floats(0, 1)
REASONS = st.sampled_from(sorted(ALL_REASONS))


@pytest.mark.parametrize("reason", ["refused", "stall", "closed", "no_route", "mute"])
def test_a_line_is_tried_soon_and_never_rarely(reason: Reason) -> None:
    reconnects = Reconnects()
    delays = [reconnects.ended(reason, 1.0) for _ in range(6)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_an_answer_that_stays_the_same_is_asked_for_ever_more_rarely() -> None:
    reconnects = Reconnects()
    assert [reconnects.ended("not_found", 1.0) for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]


def test_another_kind_of_end_begins_anew() -> None:
    reconnects = Reconnects()
    for _ in range(9):
        reconnects.ended("not_found", 1.0)
    assert reconnects.ended("refused", 1.0) == 0.5


def test_a_long_stream_ended_for_a_new_reason() -> None:
    reconnects = Reconnects()
    for _ in range(9):
        reconnects.ended("stall", 1.0)
    reconnects.streamed(10)
    assert reconnects.ended("stall", 1.0) == 5.0
    reconnects.streamed(60)
    assert reconnects.ended("stall", 1.0) == 0.5


def test_a_session_that_was_forgotten_is_begun_anew_at_once_but_not_in_a_circle() -> None:
    reconnects = Reconnects()
    assert reconnects.ended("session_gone", 1.0) == 0.0
    assert reconnects.ended("session_gone", 1.0) == 4.0


def locked(reconnects: Reconnects) -> bool:
    return reconnects.is_locked


def test_three_refused_logins_and_we_stop_until_somebody_says_so() -> None:
    reconnects = Reconnects()
    first, second = (reconnects.ended("unauthorized", 0.0) for _ in range(2))
    assert first == second == LOGIN_S
    assert reconnects.ended("unauthorized", 0.5) is None
    assert locked(reconnects)
    reconnects.retry()
    assert not locked(reconnects)
    assert reconnects.ended("unauthorized", 0.0) == LOGIN_S


def test_refusals_are_counted_across_other_ends_and_a_stream_forgets_them() -> None:
    """A camera that restarts in between locks the account all the same."""
    reconnects = Reconnects()
    for reason in ("unauthorized", "closed", "unauthorized", "refused"):
        reconnects.ended(reason, 0.5)
    assert reconnects.refused_logins == 2
    reconnects.streamed(0.1)
    assert reconnects.refused_logins == 0


def test_what_was_counted_before_a_restart_counts() -> None:
    assert Reconnects(refused_logins=2).ended("unauthorized", 0.5) is None


@given(st.lists(st.tuples(REASONS, DRAW), max_size=60))
def test_never_more_than_three_refused_logins_and_never_longer_than_90_s(
    ends: list[tuple[Reason, float]],
) -> None:
    reconnects, refused = Reconnects(), 0
    for reason, draw in ends:
        delay = reconnects.ended(reason, draw)
        refused += reason == "unauthorized"
        if delay is None:
            assert refused == 3
            return
        assert 0 <= delay <= 90
        assert delay >= LOGIN_S or reason != "unauthorized"
        assert delay <= 5 or kind_of(reason) != "line"


def begun(wanted: list[tuple[float, bool]], pace: ConnectPace, late_s: float = 0.0) -> list[float]:
    """When each connect began that was wanted then, one after the other; every pause is so much too long."""
    at_s, starts = 0.0, []
    for wanted_s, again in sorted(wanted):
        at_s = max(at_s, wanted_s)
        if pause_s := pace.wait(at_s):
            at_s += pause_s + late_s
        pace.began(at_s, again=again)
        starts.append(at_s)
    return starts


@given(st.lists(st.floats(0, 60), min_size=2, max_size=300))
def test_no_second_has_more_than_twenty(wanted: list[float]) -> None:
    starts = begun([(each, True) for each in wanted], ConnectPace())
    assert all(later - sooner > 1.0 for sooner, later in zip(starts, starts[20:], strict=False))


def test_two_hundred_that_come_back_together_are_all_tried_within_eleven_seconds() -> None:
    assert max(begun([(0.0, True)] * 200, ConnectPace())) < 11


def test_a_start_is_quick() -> None:
    starts = begun([(0.0, False)] * 200, ConnectPace())
    assert max(starts) < 0.6
    assert all(later > sooner for sooner, later in pairwise(starts))


@pytest.mark.parametrize("late_s", [0.001, 0.01, 0.05])
def test_a_start_on_a_busy_loop_catches_up(late_s: float) -> None:
    """Two hundred pauses of 2.5 ms, each 10 ms too long, once were two and a half seconds."""
    starts = begun([(0.0, False)] * 200, ConnectPace(), late_s)
    assert max(starts) < 0.6


@given(st.lists(st.floats(0, 5), min_size=2, max_size=2000), st.sampled_from((0.0, 0.003, 0.2)))
def test_no_second_of_a_start_has_more_than_five_hundred(wanted: list[float], late_s: float) -> None:
    starts = begun([(each, False) for each in wanted], ConnectPace(), late_s)
    assert all(later - sooner > 0.999 for sooner, later in zip(starts, starts[501:], strict=False))


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), min_size=2, max_size=300))
def test_no_second_has_more_than_twenty_that_come_again_among_first_ones(
    wanted: list[tuple[float, bool]],
) -> None:
    starts = begun(wanted, ConnectPace())
    again = [at_s for at_s, (_, is_again) in zip(starts, sorted(wanted), strict=True) if is_again]
    assert all(later - sooner > 1.0 for sooner, later in zip(again, again[20:], strict=False))
