"""What is due, in which order, and what is settled: against a receiver that answers at random, and kills."""

from collections import Counter
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from hub.feeds.contract import Answer, Outcome
from hub.feeds.course import MOST_OPEN, Course, Item
from hub.feeds.pacing import DELAYS_S, LONGEST_WAIT_MS, Breaker, delay_ms
from storage.destinations import DestinationChange, DestinationRow, OutboxRow

HOUR_MS = 3_600_000
TAKEN, AGAIN, DEAD = Answer("taken", "http.204"), Answer("again", "http.503"), Answer("dead", "http.400")


def highest(_: float, high: float) -> float:
    return high


def event(number: int, order: str = "a") -> OutboxRow:
    return OutboxRow(number, f"id-{number}", "lab.result.v1", order, "waiting")


@dataclass
class Kept:
    """The store, as the tests of conformance hold the real ones to it."""

    row: DestinationRow = field(default_factory=lambda: DestinationRow("d"))
    rows: dict[int, OutboxRow] = field(default_factory=dict)

    def settle(self, course: Course) -> DestinationChange | None:
        change = course.unsettled()
        if change is None:
            return None
        assert change.version == self.row.version
        assert change.number is not None
        assert change.number >= self.row.number
        self.rows |= {each.number: each for each in change.put}
        for number in change.gone:
            del self.rows[number]
        self.row = replace(
            self.row,
            version=self.row.version + 1,
            number=change.number,
            wanted=self.row.wanted + change.wanted,
            taken=self.row.taken + change.taken,
            disabled=change.disabled or self.row.disabled,
        )
        course.settled(change, self.row.version)
        assert self.row.wanted + self.row.replayed == self.row.taken + len(self.rows)
        return change

    @property
    def waiting(self) -> list[OutboxRow]:
        return [each for each in self.rows.values() if each.state == "waiting"]


def begun(kept: Kept | None = None) -> Course:
    course = Course("d", highest)
    kept = kept or Kept()
    course.begin(kept.row, kept.waiting)
    return course


def numbers(course: Course, now_ms: int = 0, at_once: int = 8) -> list[int]:
    return [item.row.number for item in course.due(now_ms, at_once)]


def test_one_order_goes_one_after_the_other_others_beside_it() -> None:
    course = begun()
    course.look([event(1), event(2), event(3, "b")], 5)
    first, other = course.due(0, 8)
    assert (first.row.number, other.row.number) == (1, 3)
    assert numbers(course) == []
    course.answered(first, TAKEN, 1)
    assert numbers(course) == [2]


def test_the_cursor_stands_before_what_is_open() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(2), event(3, "b")], 9)
    first, other = course.due(0, 8)
    course.answered(other, TAKEN, 1)
    kept.settle(course)
    assert (kept.row.number, kept.row.taken) == (1, 0), "2 is open: 3 would be read again"
    course.answered(first, TAKEN, 2)
    kept.settle(course)
    assert (kept.row.number, kept.row.wanted, kept.row.taken, kept.rows) == (9, 2, 2, {})
    assert course.unsettled() is None


def test_what_fails_waits_with_its_order_and_the_cursor_goes_on() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(1), event(2), event(3, "b")], 3)
    first, other = course.due(1000, 8)
    course.answered(first, AGAIN, 1000)
    course.answered(other, TAKEN, 1000)
    course.look([event(4), event(5, "b")], 5)
    (fifth,) = course.due(1001, 8)
    course.answered(fifth, TAKEN, 1002)
    kept.settle(course)
    assert (kept.row.number, sorted(kept.rows)) == (5, [1, 2, 4])
    assert kept.rows[1][4:] == ("waiting", 1, 1000, 6000, "http.503")
    assert numbers(course, 5999) == []
    assert numbers(course, 6000) == [1]


def test_a_dead_letter_frees_those_behind_it() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(1), event(2)], 2)
    (first,) = course.due(0, 8)
    course.answered(first, DEAD, 7)
    assert numbers(course) == [2]
    kept.settle(course)
    assert kept.rows[1] == event(1)._replace(state="dead", attempts=1, first_ms=7, reason="http.400")


def test_delays_grow_from_seconds_to_an_hour() -> None:
    grown = [delay_ms(attempts, None, highest) / 1000 for attempts in range(1, 10)]
    assert grown[0] == 5
    assert 300 in grown
    assert grown[6:] == [3600, 3600, 3600]
    assert delay_ms(1, 40, highest) == 40_000, "as long as it asks"
    assert delay_ms(1, 1e9, highest) == 1000 * DELAYS_S[-1]
    assert delay_ms(1, None, lambda low, _: low) == 2500, "with jitter"


def test_after_72_hours_a_message_is_dead_where_others_were_taken() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(1)], 1)
    now, attempts = 1000, 0
    while course.waiting:
        for item in course.due(now, 8):
            course.answered(item, AGAIN, now)
            attempts += 1
        course.breaker.taken()
        course.look([event(now, "b")], now)
        for item in course.due(now, 8):
            course.answered(item, TAKEN, now + 1)
        now += HOUR_MS
    kept.settle(course)
    assert kept.rows[1].state == "dead"
    assert LONGEST_WAIT_MS <= now - 1000 <= LONGEST_WAIT_MS + 2 * HOUR_MS
    assert attempts > 60


def test_nothing_dies_while_a_receiver_takes_nothing() -> None:
    course = begun()
    course.look([event(1)], 1)
    for day in range(1, 30):
        for item in course.due(day * 24 * HOUR_MS, 8):
            course.answered(item, AGAIN, day * 24 * HOUR_MS)
    assert course.waiting == 1


def test_the_breaker_leaves_the_log_its_queue() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(number, f"s{number}") for number in range(1, 101)], 100)
    for item in course.due(0, 8):
        course.answered(item, AGAIN, 0)
    assert (course.breaker.open, course.may_read) == (True, False)
    kept.settle(course)
    assert (kept.row.number, len(kept.rows)) == (8, 8), "the others need no rows"
    assert numbers(course, 1) == [], "it is left alone"
    now = 60_000
    (probe,) = course.due(now, 8)
    assert numbers(course, now) == [], "one at a time"
    course.answered(probe, TAKEN, now)
    assert course.may_read
    assert numbers(course, now, 200)[:3] == [2, 3, 4], "what waited for it is due at once, in order"


def test_a_probe_is_never_one_message_only() -> None:
    """One that is at fault itself must not keep a destination shut."""
    course = begun()
    course.look([event(number, f"s{number}") for number in range(1, 20)], 19)
    probed, now = set(), 0
    for item in course.due(now, 8):
        course.answered(item, AGAIN, now)
    for _ in range(40):
        now += 61_000
        for item in course.due(now, 8):
            probed.add(item.row.number)
            course.answered(item, AGAIN, now)
    assert len(probed) > 8


def test_refusals_in_a_row_open_the_breaker_too() -> None:
    breaker = Breaker(highest)
    for _ in range(5):
        breaker.failed(0)
    assert breaker.open
    assert breaker.slots(4999, 8, 0) == 0
    assert breaker.slots(5000, 8, 0) == 1
    assert breaker.slots(5000, 8, 1) == 0
    for _ in range(20):
        breaker.failed(0)
    assert breaker.closed_until_ms == 60_000
    assert breaker.taken()
    assert not breaker.open


def test_gone_disables_and_loses_nothing() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(1), event(2, "b")], 2)
    first, _ = course.due(0, 8)
    course.answered(first, Answer("gone", "http.410"), 5)
    assert not course.may_read
    assert numbers(course, 10**9) == []
    kept.settle(course)
    assert (kept.row.disabled, list(kept.rows)) == ("http.410", [1])
    again = begun(Kept(replace(kept.row, disabled=""), kept.rows))
    again.look([event(2, "b")], 2)
    assert numbers(again, 10**9) == [1, 2]


def test_replayed_rows_are_taken_in_by_number() -> None:
    kept = Kept()
    course = begun(kept)
    course.look([event(5)], 5)
    (fifth,) = course.due(0, 8)
    course.answered(fifth, AGAIN, 0)
    kept.settle(course)
    kept.rows[3] = event(3)
    kept.row = replace(kept.row, edited=1, replayed=1)
    course.ordered(kept.row, kept.waiting)
    assert numbers(course) == [3]


def test_what_the_log_forgot_is_counted() -> None:
    course = begun()
    course.forgot(11)
    change = course.unsettled()
    assert change
    assert (change.number, change.forgotten) == (10, 10)


def test_no_more_is_held_open_than_fits() -> None:
    course = begun()
    course.look([event(number, str(number)) for number in range(1, MOST_OPEN + 1)], MOST_OPEN)
    assert not course.may_read


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "taken", "taken", "again", "dead", "settle", "kill", "wait"]),
        st.integers(0, 7),
    ),
    max_size=120,
)


@given(st.lists(st.sampled_from("abc"), max_size=25), STEPS)
def test_every_event_is_taken_or_dead_once_whatever_happens(  # noqa: C901  one story
    orders: list[str], steps: list[tuple[str, int]]
) -> None:
    """Killed between any two steps: what the receiver had is sent again, and is one effect by its id."""
    events = [event(number, order) for number, order in enumerate(orders, 1)]
    kept, now = Kept(), 1
    course = begun(kept)
    effects: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    dead: set[int] = set()
    flying: list[Item] = []

    def end(index: int, outcome: Outcome) -> None:
        item = flying.pop(index % len(flying))
        if outcome == "taken" and item.row.number not in effects[item.row.order]:
            effects[item.row.order].append(item.row.number)
        course.answered(item, Answer(outcome, outcome), now)

    def read() -> None:
        fresh = [each for each in events if each.number > course.last][:4]
        if fresh and course.may_read:
            course.look(fresh, fresh[-1].number)

    for step, index in steps:
        now += 1
        read()
        if step == "send":
            flying += course.due(now, 4)
        elif step == "settle":
            kept.settle(course)
        elif step == "kill":
            flying = []
            course = begun(kept)
        elif step == "wait":
            now += 4_000_000
        elif flying:
            end(index, step)  # type: ignore[arg-type]
    for _ in range(300):  # and then all is well
        now += 4_000_000
        read()
        flying += course.due(now, 8)
        while flying:
            end(0, "taken")
        kept.settle(course)
    dead = {number for number, row in kept.rows.items() if row.state == "dead"}
    assert not kept.waiting
    assert course.waiting == 0
    assert kept.row.wanted == len(events)
    reached = Counter(number for found in effects.values() for number in found)
    assert set(reached) | dead == {each.number for each in events}
    assert max(reached.values(), default=1) == 1
    for found in effects.values():
        living = [number for number in found if number not in dead]
        assert living == sorted(living), "versions of one fact arrive in their order"
