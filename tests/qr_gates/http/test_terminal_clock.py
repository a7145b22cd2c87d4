"""A terminal's clock: agreed on over a minute, never by what it has kept and sends at once."""

from adapters.qr_gates.dialects.terminal_clock import TerminalClock

AT_MS = 1_700_000_000_000
MINUTE_MS = 60_000


def heard(clock: TerminalClock, *messages: tuple[int, int]) -> list[float | None]:
    """``messages``: (ms after the first, ms that the clock is ahead)."""
    return [clock.hear(AT_MS + at + ahead, AT_MS + at) for at, ahead in messages]


def test_three_that_agree_over_a_minute_tell_the_offset_once() -> None:
    clock = TerminalClock()
    found = heard(clock, (0, -300_000), (30_000, -301_000), (MINUTE_MS, -300_000), (90_000, -302_000))
    assert found == [None, None, -300.0, None]


def test_a_clock_that_is_right_says_nothing() -> None:
    assert heard(TerminalClock(), *((n * MINUTE_MS, -2000) for n in range(9))) == [None] * 9


def test_what_was_kept_and_comes_at_once_is_no_clock() -> None:
    kept = [(n * 200, -3_600_000 - n * 200) for n in range(15)]
    assert heard(TerminalClock(), *kept) == [None] * 15


def test_a_clock_that_was_set_right_is_told_as_right() -> None:
    clock = TerminalClock()
    assert heard(clock, *((n * MINUTE_MS, 120_000) for n in range(3))) == [None, None, 120.0]
    later = [(5 * MINUTE_MS + n * MINUTE_MS, 500) for n in range(3)]
    assert heard(clock, *later) == [None, None, 0.0]
