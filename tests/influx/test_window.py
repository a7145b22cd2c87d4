"""What counts of a server's answers: 30 s later, by a process that was there all the while."""

from hypothesis import given
from hypothesis import strategies as st

from storage.influx.window import MOST_REJECTED_WAITING, Window
from storage.projections import Rejected


def bad(number: int) -> Rejected:
    return Rejected(number, 0, "reason", "line")


def test_nothing_counts_before_its_time() -> None:
    window = Window(7)
    window.answered(10, at=100.0)
    assert window.settled(heard=129.9) is None
    settled = window.settled(heard=130.0)
    assert settled is not None
    assert settled.mark == 10
    window.confirm(settled)
    assert window.mark == 10
    assert window.empty


def test_what_is_not_confirmed_is_told_again() -> None:
    window = Window(0)
    window.answered(1, at=0.0, rejected=[bad(1)])
    assert window.settled(30.0) == window.settled(40.0)
    assert window.mark == 0


def test_what_is_answered_between_telling_and_confirming_is_kept() -> None:
    window = Window(0)
    window.answered(1, at=0.0)
    settled = window.settled(30.0)
    window.answered(1, at=31.0, rejected=[bad(1)])  # a day of history goes on: the same mark
    assert settled is not None
    window.confirm(settled)
    later = window.settled(61.0)
    assert later is not None
    assert list(later.rejected) == [bad(1)]


def test_back_forgets_what_is_not_settled() -> None:
    window = Window(3)
    window.answered(5, at=0.0, rejected=[bad(4)])
    assert window.back() == 3
    assert window.empty
    assert window.settled(1000.0) is None


def test_who_answered_before_the_process_of_now_may_have_lost_it() -> None:
    window = Window(0)
    assert not window.older_than(50.0)
    window.answered(1, at=49.0)
    assert window.older_than(50.0)
    assert not window.older_than(49.0)


def test_a_server_that_refuses_everything_is_not_fed_on() -> None:
    window = Window(0)
    window.answered(1, at=0.0, rejected=[bad(1)] * MOST_REJECTED_WAITING)
    assert window.full
    settled = window.settled(30.0)
    assert settled is not None
    window.confirm(settled)
    assert not window.full


steps = st.lists(
    st.one_of(
        st.tuples(st.just("answered"), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    max_size=60,
)


@given(steps)
def test_a_server_that_forgets_its_last_30_seconds_loses_nothing_that_is_settled(
    steps: list[tuple[str, int]],
) -> None:
    """The model: what is answered is durable there 29 s later; a restart loses the rest, and is noticed."""
    window, now, at, noted = Window(0), 0.0, 0, list[Rejected]()
    on_disk, in_memory = set[int](), list[tuple[float, int]]()
    for what, n in steps:
        on_disk |= {number for when, number in in_memory if when + 29 <= now}
        if what == "answered":
            new = range(at + 1, at + 1 + n)
            in_memory += [(now, number) for number in new]
            at += n
            window.answered(at, now, [bad(number) for number in new])
        elif what == "wait":
            now += n
        elif what == "restart":
            in_memory.clear()
            at = window.back()
        elif (settled := window.settled(now)) is not None:
            window.confirm(settled)
            noted += settled.rejected
        assert set(range(1, window.mark + 1)) <= on_disk
        assert [line.number for line in noted] == list(range(1, window.mark + 1)), "each noted once"
