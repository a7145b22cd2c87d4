"""How a camera stood at every moment: the parts of any window are those of the whole."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.payloads import PICTURE_FAULTS, STREAM_FAULTS
from storage.camera_facts import FAULTS, fault_bits, faults_of
from storage.camera_times import cut_at, periods_of, uptime_of, uptimes_of
from storage.cameras import HOLD_MS, SILENT, CameraPeriod, ToldPeriod, Uptime

LENGTH = 4 * HOLD_MS
MOMENTS = st.one_of(st.integers(0, LENGTH), st.sampled_from([n * HOLD_MS // 4 for n in range(17)]))


@st.composite
def anything(draw: st.DrawFn) -> ToldPeriod:
    """Also what no honest edge tells: states over each other, of two edges, ahead of now."""
    from_ms, told_ms, to_ms = sorted(draw(st.tuples(MOMENTS, MOMENTS, MOMENTS)))
    state = draw(st.sampled_from(["ONLINE", "DEGRADED", "OFFLINE", "MAINTENANCE", "UNKNOWN"]))
    edge, reason = draw(st.sampled_from(["edge-1", "edge-2"])), draw(st.sampled_from(["a", "b"]))
    return ToldPeriod("cam", edge, "kho", from_ms, told_ms, to_ms, state, reason)


def needed(told: list[ToldPeriod], from_ms: int, to_ms: int) -> list[ToldPeriod]:
    """What the stores answer for this window."""
    first = min((row.from_ms for row in told if row.to_ms >= from_ms - HOLD_MS), default=to_ms + HOLD_MS)
    return [row for row in told if first <= row.from_ms <= to_ms + HOLD_MS]


@given(st.lists(anything(), max_size=9), st.tuples(MOMENTS, MOMENTS), MOMENTS)
def test_a_window_is_a_part_of_the_whole(
    told: list[ToldPeriod], window: tuple[int, int], now_ms: int
) -> None:
    from_ms, to_ms = sorted(window)
    whole = periods_of(told, 0, LENGTH, now_ms)
    (part,) = cut_at(whole, (from_ms, to_ms)) if whole else ([],)
    assert periods_of(needed(told, from_ms, to_ms), from_ms, to_ms, now_ms) == part
    assert sum(each.to_ms - each.from_ms for each in part) == max(0, min(to_ms, now_ms) - from_ms)
    assert all(a.to_ms == b.from_ms and a[2:] != b[2:] for a, b in pairwise(part))


@given(st.lists(anything(), max_size=9), st.lists(MOMENTS, min_size=2, max_size=6))
def test_days_add_up_to_the_whole(told: list[ToldPeriod], moments: list[int]) -> None:
    begins = sorted(moments)
    window = periods_of(told, begins[0], begins[-1], LENGTH)
    days = list(uptimes_of(cut_at(window, begins)))
    assert Uptime._make(map(sum, zip(*days, strict=True))) == uptime_of(window)


@given(st.permutations([ToldPeriod("cam", "e", "k", 0, n, n + 5, "OFFLINE", f"r{n}") for n in range(5)]))
def test_order_changes_nothing(told: list[ToldPeriod]) -> None:
    found = periods_of(told, 0, 20, 20)
    assert [(each.from_ms, each.reason) for each in found] == [(n, f"r{n}") for n in range(5)]


def test_nothing_told_is_silence() -> None:
    assert periods_of([], 5, 10, 10) == [CameraPeriod(5, 10, "UNKNOWN", SILENT)]
    assert periods_of([], 5, 10, 5) == []
    nothing = uptime_of([])
    assert (nothing.share, nothing.unknown_share, nothing.between_outages_ms) == (None, None, None)


def test_what_holds_ends_with_eleven_minutes() -> None:
    told = [ToldPeriod("cam", "e", "k", 0, 0, 0, "ONLINE", "watching")]
    assert [each.state for each in periods_of(told, 0, HOLD_MS, HOLD_MS)] == ["ONLINE"]
    assert [each.reason for each in periods_of(told, 0, HOLD_MS + 1, HOLD_MS + 1)] == [SILENT]


def test_an_outage_is_counted_over_what_nobody_knew() -> None:
    states = ["OFFLINE", "ONLINE", "UNKNOWN", "OFFLINE", "MAINTENANCE", "DEGRADED", "MAINTENANCE", "ONLINE"]
    found = uptime_of([CameraPeriod(n, n + 1, state, "") for n, state in enumerate(states)])
    assert found == Uptime(3, 2, 2, 1, outages=1, reconnects=2)
    assert (found.share, found.share_without_maintenance, found.between_outages_ms) == (3 / 7, 3 / 5, 3)


def test_every_fault_has_its_bit() -> None:
    assert set(FAULTS) == {*PICTURE_FAULTS, *STREAM_FAULTS}
    assert len(FAULTS) == len(set(FAULTS)) < 62
    assert faults_of(fault_bits(FAULTS)) == FAULTS
    assert faults_of(fault_bits(["clock", "tomorrow", "black", "black"])) == ("black", "clock", "other")
