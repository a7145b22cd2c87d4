"""How a camera stands, told at the right times and once, whoever asks when."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cameras.health.changes import StandingSettings
from tests.cameras.health.happenings import (
    HOUR,
    MINUTE,
    SECOND,
    T0,
    Happening,
    Story,
    came,
    happenings,
    looked,
    run,
    sent,
    went,
)


def test_away_is_shown_at_once_and_told_when_it_lasts() -> None:
    story = Story().of(came(T0), went(T0 + MINUTE)).until(T0 + 3 * MINUTE)
    assert story.states() == [(0, "ONLINE", "watching"), (60, "OFFLINE", "stall")]
    assert story.told() == [(0, "ONLINE", "watching"), (90, "OFFLINE", "stall")]
    assert story.standing.payload(T0 + 3 * MINUTE).since == "2026-09-21T14:14:20.000Z"


def test_a_camera_that_starts_anew_calls_nobody() -> None:
    story = (
        Story().of(came(T0), went(T0 + MINUTE, "closed"), came(T0 + MINUTE + 25 * SECOND)).until(T0 + HOUR)
    )
    assert story.told() == [(0, "ONLINE", "watching")]
    assert [state for _, state, _ in story.states()] == ["ONLINE", "OFFLINE", "ONLINE"]


def test_how_long_it_may_be_away_is_a_setting() -> None:
    story = Story(StandingSettings(offline_seconds=5)).of(came(T0), went(T0 + MINUTE)).until(T0 + HOUR)
    assert story.told()[1] == (65, "OFFLINE", "stall")


def test_away_for_just_so_long_is_long_enough() -> None:
    for seconds, told in ((29.999, 1), (30, 3)):
        back_ms = T0 + MINUTE + int(seconds * SECOND)
        story = Story().of(came(T0), went(T0 + MINUTE), came(back_ms)).until(T0 + HOUR)
        assert len(story.told()) == told


def test_the_reason_follows_what_retries_say_and_since_stays() -> None:
    story = Story().of(came(T0), went(T0 + 10 * SECOND))
    for second, reason in (
        (15, "no_route"),
        (20, "connect_timeout"),
        (25, "no_route"),
        (30, "connect_timeout"),
    ):
        story.of(went(T0 + second * SECOND, reason))  # type: ignore[arg-type]
    assert [reason for *_, reason in story.states()] == ["watching", "stall", "no_route", "connect_timeout"]
    story.of(went(T0 + 40 * SECOND, "unauthorized"))
    health = story.standing.payload(T0 + 50 * SECOND)
    assert (health.reason, health.since) == ("unauthorized", "2026-09-21T14:13:30.000Z")


def test_packets_of_which_no_picture_can_be_made_do_not_bring_it_back() -> None:
    story = Story().of(came(T0), went(T0 + 30 * SECOND, "no_keyframe"), came(T0 + 40 * SECOND))
    assert story.standing.is_away
    story.of(Happening(T0 + 41 * SECOND, "reached", ("first_keyframe",)))
    assert not story.standing.is_away


def test_a_visit_now_and_then_that_ends_well_is_no_loss() -> None:
    for mode, phase in (("duty", "first_keyframe"), ("options", "describe")):
        story = Story(StandingSettings(mode))  # type: ignore[arg-type]
        for minute in range(10):
            reached = Happening(T0 + minute * MINUTE, "reached", (phase,))
            story.of(reached, went(T0 + minute * MINUTE + SECOND, "watching"))
        story.of(went(T0 + 10 * MINUTE, "mute"))
        assert [state for _, state, _ in story.states()] == ["ONLINE", "OFFLINE"]
        assert story.standing.payload(T0 + 10 * MINUTE).fps is None, "no stream is held open"


def test_fps_goes_to_nothing_in_a_stall() -> None:
    story = Story().of(came(T0), *(sent(T0 + n * SECOND, n) for n in range(20)))
    assert story.standing.payload(T0 + 19 * SECOND).fps == 25.0
    assert story.standing.payload(T0 + 21 * SECOND).fps == 25.0
    assert story.standing.payload(T0 + 22 * SECOND).fps == 0.0
    story.of(went(T0 + 22 * SECOND))
    health = story.standing.payload(T0 + 23 * SECOND)
    assert (health.fps, health.bitrate, health.loss) == (0.0, 0.0, None)
    assert health.last_frame == "2026-09-21T14:13:39.000Z"


def test_a_fault_is_seen_twice_of_three_times_and_gone_after_three() -> None:
    scores = [1.2, 0.1, 1.2, 0.9, 0.7, 0.7, 1.1, 0.7, 0.7, 0.7, 1.2, 0.1, 0.1]
    story = Story().of(came(T0), *(looked(T0 + n * SECOND, blur=score) for n, score in enumerate(scores)))
    assert story.faults() == [(2, "+blur"), (9, "-blur")]
    assert story.states() == [(0, "ONLINE", "watching"), (2, "DEGRADED", "blur"), (9, "ONLINE", "watching")]
    assert story.told()[1:] == [(2, "DEGRADED", "blur"), (9, "ONLINE", "watching")]


def test_the_worst_fault_is_the_reason() -> None:
    story = Story().of(came(T0), *(looked(T0 + n * SECOND, blur=2.0, black=1.0) for n in range(2)))
    assert story.standing.payload(T0 + MINUTE).faults == ("black", "blur")
    assert story.states()[-1] == (1, "DEGRADED", "black")


def test_what_ended_is_said_from_then_on_and_what_was_never_found_for_a_quarter_of_an_hour() -> None:
    seen = [looked(T0 + n * SECOND, blur=2.0 if n < 3 else 0.0) for n in range(6)]
    story = Story().of(came(T0), *seen)
    assert "black" in story.changes[-1].health.cleared, (
        "whoever went before us may have said that it is black"
    )
    assert "blur" in story.standing.payload(T0 + 14 * MINUTE).cleared
    assert story.standing.payload(T0 + 16 * MINUTE).cleared == ("blur",)
    assert story.standing.payload(T0 + 48 * HOUR).cleared == ("blur",), "a spool may be full for days"
    assert story.standing.payload(T0 + 16 * MINUTE).faults == ()


def test_it_is_told_now_and_then_without_a_change() -> None:
    story = Story().of(came(T0)).until(T0 + 20 * MINUTE)
    assert [each.at_ms - T0 for each in story.changes] == [n * 5 * MINUTE for n in range(5)]


def test_flapping_is_told_once_and_ends_when_it_is_calm() -> None:
    story = Story()
    for n in range(12):
        story.of(came(T0 + n * 3 * MINUTE), went(T0 + n * 3 * MINUTE + MINUTE))
    story.of(came(T0 + 36 * MINUTE)).until(T0 + 3 * HOUR)
    # The eleventh return, at 33 minutes; an hour after the seventh (21 minutes) five are left.
    assert story.faults() == [(33 * 60, "+flapping"), ((60 + 21) * 60, "-flapping")]


def test_one_that_flaps_is_not_told_away_each_time() -> None:
    story = Story()
    for n in range(40):
        story.of(came(T0 + n * 2 * MINUTE), went(T0 + n * 2 * MINUTE + MINUTE))
    story.until(T0 + 2 * HOUR)
    offline = [second for second, state, _ in story.told() if state == "OFFLINE"]
    # Before it flaps each minute away is told; while it does, only that it stays away.
    assert [second // 60 for second in offline] == [*range(1, 22, 2), 79 + 5]


def test_nobody_is_called_for_a_planned_reboot() -> None:
    planned = Happening(T0 + MINUTE, "maintenance", (T0 + HOUR,))
    story = Story().of(came(T0), planned, went(T0 + 2 * MINUTE))
    story.of(came(T0 + 20 * MINUTE), *(looked(T0 + 21 * MINUTE + n, black=3.0) for n in range(5)))
    story.of(*(looked(T0 + 30 * MINUTE + n) for n in range(5))).until(T0 + 2 * HOUR)
    assert story.told() == [
        (0, "ONLINE", "watching"),
        (60, "MAINTENANCE", "maintenance"),
        (3600, "ONLINE", "watching"),
    ]
    assert (story.faults(), story.standing.payload(T0 + 2 * HOUR).reconnects) == ([], 0)


def test_what_is_still_wrong_after_a_maintenance_is_told_then() -> None:
    planned = Happening(T0 + MINUTE, "maintenance", (T0 + HOUR,))
    story = Story().of(came(T0), planned, went(T0 + 2 * MINUTE)).until(T0 + 2 * HOUR)
    assert story.told()[1:] == [(60, "MAINTENANCE", "maintenance"), (3630, "OFFLINE", "stall")]
    assert story.states()[-1] == (3600, "OFFLINE", "stall")


def test_a_maintenance_may_end_early() -> None:
    begun = Happening(T0 + MINUTE, "maintenance", (T0 + HOUR,))
    story = Story().of(came(T0), begun, Happening(T0 + 2 * MINUTE, "maintenance", (None,)))
    assert [state for _, state, _ in story.told()] == ["ONLINE", "MAINTENANCE", "ONLINE"]


def test_a_clock_is_wrong_by_the_middle_of_what_it_told() -> None:
    offsets = [0.1, 400.0, 0.1, -70.0, -70.0, -70.0, -70.0, -46.0, -46.0, -46.0, -44.0, -44.0, -44.0]
    clock = [Happening(T0 + n * SECOND, "clock", (offset,)) for n, offset in enumerate(offsets)]
    story = Story().of(came(T0), *clock)
    assert story.faults() == [(5, "+clock"), (12, "-clock")]
    assert story.standing.payload(T0 + MINUTE).clock_offset_s == -44.0


@settings(max_examples=60, deadline=None)
@given(happenings(), st.lists(st.integers(0, 12 * HOUR), max_size=30))
def test_whoever_asks_at_whatever_times_gets_the_same(what: list[Happening], ticks: list[int]) -> None:
    end_ms = (what[-1].at_ms if what else T0) + 3 * HOUR
    often = run(what, [T0, *(T0 + tick for tick in ticks if T0 + tick <= end_ms)], end_ms)
    assert often == run(what, [T0], end_ms)


@settings(max_examples=60, deadline=None)
@given(happenings())
def test_a_fault_is_raised_once_and_cleared_once(what: list[Happening]) -> None:
    story = Story().of(*what).until((what[-1].at_ms if what else T0) + 30 * HOUR)
    standing: set[str] = set()
    before = 0
    for change in story.changes:
        assert not standing & set(change.raised)
        assert standing >= set(change.cleared)
        standing = (standing | set(change.raised)) - set(change.cleared)
        assert standing == set(change.health.faults)
        assert not standing & set(change.health.cleared)
        assert change.at_ms >= before
        before = change.at_ms
    assert standing == set(story.standing.payload(before).faults)
    states = [(each.health.state, each.health.reason) for each in story.changes]
    assert all(
        reason in ("watching", "starting", "disabled") or state != "ONLINE" for state, reason in states
    )


@settings(max_examples=60, deadline=None)
@given(happenings())
def test_nothing_is_due_that_was_told(what: list[Happening]) -> None:
    story = Story().of(*what)
    at_ms = what[-1].at_ms if what else T0
    for _ in range(20):
        assert story.standing.due_ms > at_ms or not what
        at_ms = max(at_ms + 1, min(story.standing.due_ms, at_ms + HOUR))
        story.until(at_ms)
