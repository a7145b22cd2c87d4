"""How long a server is left alone, and that it is not when it is there again."""

import pytest

from storage.influx.backing_off import BackingOff
from storage.influx.resting import Resting
from storage.influx.server import Away, Busy, Refused


def resting() -> Resting:
    return Resting(BackingOff(chance=lambda low, high: high))


def test_pauses_double_up_to_a_minute_and_begin_anew_after_an_answer() -> None:
    pauses = BackingOff(chance=lambda low, high: high)
    assert [pauses.away() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    pauses.taken()
    assert pauses.away() == 1


def test_jitter_halves_at_most() -> None:
    assert BackingOff(chance=lambda low, high: low).away() == 0.5


@pytest.mark.parametrize(("asked", "seconds"), [(5.0, 6.0), (0.0, 2.0), (4000.0, 301.0), (None, 1.0)])
def test_retry_after_is_obeyed_within_bounds(asked: float | None, seconds: float) -> None:
    rest = resting()
    assert rest.begin(Busy(asked), 100.0) == ("busy", "")
    assert not rest.lost
    assert rest.rests(100.0 + seconds - 0.01, since=0.0)
    assert not rest.rests(100.0 + seconds, since=0.0)


def test_who_refuses_us_is_asked_every_minute() -> None:
    rest = resting()
    assert rest.begin(Refused("unauthorized"), 0.0) == ("refused", "unauthorized")
    assert rest.rests(60.0, since=-1.0)
    assert not rest.rests(66.1, since=-1.0)


def test_who_is_there_again_is_tried_after_a_second() -> None:
    rest = resting()
    for _ in range(6):
        assert rest.begin(Away("no_connection"), 100.0) == ("away", "no_connection")
    assert rest.lost
    assert rest.rests(131.0, since=99.0), "the connection is older than the failure"
    assert rest.rests(131.0, since=None)
    assert not rest.rests(101.0, since=100.5)
    assert rest.rests(100.9, since=100.5)
    rest.taken()
    assert not rest.rests(0.0, since=None)
