"""Lines on their way: exactly the bad ones are given up, whatever the server makes of the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.influx.pages import Line
from storage.influx.sending import Sending, SendingInterrupted
from storage.influx.server import Answer, Away, BadLines, Busy, Refused, TooLarge, Written

PROBE = "probe state=0i 1"


class Server:
    """Refuses a batch that has a bad line; ``partial``: as InfluxDB 1.x, which writes the good ones."""

    def __init__(self, bad: set[int], most: int = 1000, *, partial: bool = False) -> None:
        self.bad = bad
        self.most = most
        self.partial = partial
        self.written: set[int] = set()
        self.requests = 0

    def write(self, lines: list[Line]) -> Answer:
        self.requests += 1
        if len(lines) > self.most:
            return TooLarge()
        refused = [line for line in lines if line.number in self.bad]
        if refused and not self.partial:
            return BadLines("unable to parse")
        self.written |= {line.number for line in lines} - self.bad - {0}
        return BadLines(f"partial write: beyond retention dropped={len(refused)}") if refused else Written()


def lines(count: int) -> list[Line]:
    return [Line(f"m v={n} 1", n) for n in range(1, count + 1)]


def sent(sending: Sending, server: Server) -> None:
    while part := sending.next():
        sending.answered(server.write(list(part)), 5)


@given(st.integers(0, 60), st.sets(st.integers(1, 60)), st.integers(1, 20), st.integers(1, 30), st.booleans())
def test_the_bad_ones_stand_alone(count: int, bad: set[int], most: int, room: int, partial: bool) -> None:
    server = Server(bad, room, partial=partial)
    sending = Sending(lines(count), most, PROBE)
    sent(sending, server)
    assert {each.number for each in sending.rejected} == {n for n in bad if n <= count}
    assert len(sending.rejected) == len({each.number for each in sending.rejected})
    assert server.written == {n for n in range(1, count + 1) if n not in bad}
    assert sending.most >= min(most, room) // 2


def test_one_bad_line_among_thousands_costs_few_requests() -> None:
    server, sending = Server({3000}), Sending(lines(5000), 1000, PROBE)
    sent(sending, server)
    assert len(sending.rejected) == 1
    assert server.requests < 40


def test_a_batch_of_which_the_server_dropped_every_line_is_not_taken_apart() -> None:
    server, sending = Server(set(range(1, 1001)), partial=True), Sending(lines(1000), 1000, PROBE)
    sent(sending, server)
    assert len(sending.rejected) == 1000
    assert server.requests == 3  # the batch, the probe, the batch again


def test_a_line_that_is_too_long_for_itself_is_given_up() -> None:
    sending = Sending(lines(2), 10, PROBE)
    for answer in (TooLarge(), Written(), TooLarge()):
        sending.answered(answer, 5)
    assert sending.next() is None
    assert [(each.number, each.at_ms) for each in sending.rejected] == [(2, 5)]


def test_a_server_that_takes_nothing_is_wrong_and_not_the_lines() -> None:
    sending = Sending(lines(2), 10, PROBE)
    sending.answered(BadLines("no"), 5)
    sending.answered(BadLines("no"), 5)
    assert sending.next() == [Line(PROBE, 0)]
    with pytest.raises(SendingInterrupted) as interrupted:
        sending.answered(BadLines("no"), 5)
    assert interrupted.value.answer == Refused("takes_no_line")
    assert sending.next() == [Line(PROBE, 0)]
    assert not sending.rejected


def test_a_server_for_which_everything_is_too_large_is_wrong_and_not_the_lines() -> None:
    sending = Sending(lines(2), 10, PROBE)
    sending.answered(TooLarge(), 5)
    sending.answered(TooLarge(), 5)
    assert sending.next() == [Line(PROBE, 0)]
    with pytest.raises(SendingInterrupted) as interrupted:
        sending.answered(TooLarge(), 5)
    assert interrupted.value.answer == Refused("takes_no_line")
    assert not sending.rejected


@pytest.mark.parametrize("answer", [Away("timed_out"), Busy(None), Refused("unauthorized")])
def test_what_was_not_taken_is_sent_again(answer: Refused | Busy | Away) -> None:
    sending = Sending(lines(3), 10, PROBE)
    with pytest.raises(SendingInterrupted) as interrupted:
        sending.answered(answer, 5)
    assert interrupted.value.answer is answer
    assert sending.next() == lines(3)
