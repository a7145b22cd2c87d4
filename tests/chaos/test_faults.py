"""Words for faults, and the timing of one way: pure parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.chaos.faults import LARGEST, SIDES, Faults, Moment, parse, parse_script
from hub.chaos.timing import Timing
from hub.errors import ConfigError

counts = st.integers(0, LARGEST)
faults = st.builds(
    Faults,
    cut=st.booleans(),
    hold=st.sampled_from(SIDES),
    swallow=st.sampled_from(SIDES),
    rate_bytes=counts,
    latency_ms=counts,
    jitter_ms=counts,
    slice_bytes=counts,
    close_after_bytes=counts,
    reset_after_bytes=counts,
    unanswered_after_bytes=counts,
    lifetime_ms=counts,
)


@given(faults)
def test_what_is_told_can_be_said_again(wanted: Faults) -> None:
    assert parse(str(wanted), Faults()).faults == wanted


def test_words_change_what_they_name() -> None:
    before = parse("latency_ms=50 hold=up", Faults()).faults
    assert parse("hold=none rate_bytes=10", before).faults == Faults(latency_ms=50, rate_bytes=10)
    assert parse("cut", before).end == "close"
    assert parse("reset", before) == (before, "reset")
    assert parse("heal", before) == (Faults(), None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("cute", "unknown word; one of heal, cut, reset"),
        ("hold=left", "hold: one of none, up, down, both"),
        ("rate_bytes=-1", "rate_bytes: a whole number from 0 to"),
        ("rate_bytes=٣", "rate_bytes: a whole number"),
        ("rate_bytes=" + "9" * 5000, "rate_bytes: a whole number"),
        ("cut=1", "unknown word"),
    ],
)
def test_a_wrong_word_is_told(words: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse(words, Faults())


def test_a_script_is_lines_of_seconds_and_words() -> None:
    text = "# a rehearsal\n0 latency_ms=20\n\n2.5 cut  # the excavator\n60 heal\n"
    assert parse_script(text) == [Moment(0, "latency_ms=20"), Moment(2.5, "cut"), Moment(60, "heal")]


@pytest.mark.parametrize("text", ["soon cut", "5 cut\n4 heal", "-1 cut", "nan cut", "1 cute", "inf cut"])
def test_a_wrong_line_of_a_script_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=f"line {len(text.splitlines())}: "):
        parse_script(text)


def test_the_nearest_limit_counts() -> None:
    limited = Faults(close_after_bytes=100, reset_after_bytes=80)
    assert limited.allowance(10) == (70, "reset")
    assert limited.allowance(90) == (0, "reset")
    assert Faults().allowance(10) is None


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1, exclude_max=True)), max_size=30),
    st.integers(0, 500),
    st.integers(0, 500),
)
def test_nothing_overtakes(reads: list[tuple[float, float]], latency_ms: int, jitter_ms: int) -> None:
    draws = iter([draw for _, draw in reads])
    timing, now, last = Timing(lambda: next(draws)), 0.0, 0.0
    for pause, _ in reads:
        now += pause
        at = timing.arrival(now, Faults(latency_ms=latency_ms, jitter_ms=jitter_ms))
        assert at >= max(last, now + latency_ms / 1000)
        last = at


@given(
    st.integers(1, 100_000),
    st.integers(0, 1000),
    st.integers(0, 100_000),
    st.floats(0, 1, exclude_max=True),
)
def test_a_piece_is_at_least_a_byte_and_at_most_what_is_left(
    left: int, slice_bytes: int, rate_bytes: int, draw: float
) -> None:
    size = Timing(lambda: draw).piece(left, Faults(slice_bytes=slice_bytes, rate_bytes=rate_bytes))
    assert 1 <= size <= min(left, slice_bytes or left)


@given(st.lists(st.tuples(st.integers(1, 10_000), st.floats(0, 2)), min_size=1), st.integers(1, 5000))
def test_no_more_than_the_rate_goes_through(sent: list[tuple[int, float]], rate: int) -> None:
    timing, now, end = Timing(lambda: 0.0), 0.0, 0.0
    for size, pause in sent:
        now += pause
        end = timing.free(now, size, Faults(rate_bytes=rate))
    assert end >= sum(size for size, _ in sent) / rate - 1e-6
