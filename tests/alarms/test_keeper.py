"""The keeper: units, readings and restarts to entries of the ledger."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alarms.evaluator import WINDOW_MS, Arrival, Evaluator
from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Entry, entry_bytes
from hub.alarms.keeper import Keeper, Unit
from hub.alarms.readings import Reading, Series, thousandths
from hub.alarms.rules import Clear, Condition, InForce, Rule
from tests.alarms import small

DEVICE, SITE, METRIC = "fridge-01", "kho-vac-xin", small.METRIC
HEAT = Rule("HEAT", METRIC, Condition(">", 8000), 60, "critical", 30, "small@1", Clear(None, 10))
NODATA = Rule("NODATA", METRIC, "silent", 100, "warning", 30, "small@1")
UNIT = Unit(DEVICE, SITE, (InForce(HEAT), InForce(NODATA)), known_from_ms=0)


def reading(time_ms: int, value: float | None, metric: str = METRIC) -> Arrival:
    return (DEVICE, metric), time_ms, value, "GOOD" if value is not None else "BAD"


class Kept(Keeper):
    """A keeper whose book is in memory."""

    def __init__(self, book: Book | None = None, window_ms: int = WINDOW_MS) -> None:
        super().__init__(Evaluator(window_ms))
        self.book = book or Book()

    def assess(self, now_ms: int) -> list[Entry]:
        self.judge(now_ms)
        entries = self.enter(self.book, now_ms)
        self.entered()
        return entries


def kept(*arrivals: Arrival) -> Kept:
    keeper = Kept()
    keeper.place(UNIT)
    keeper.add(arrivals)
    return keeper


def kinds(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    return [(entry.episode.rule if entry.episode else "", entry.kind.value) for entry in entries]


def test_a_warm_fridge_is_raised_when_its_time_is_over_and_returns() -> None:
    keeper = kept(reading(0, 9.0), reading(20, 9.0), reading(40, 9.5))
    assert keeper.assess(40) == []
    assert keeper.due_ms() == 60
    assert kinds(keeper.assess(60)) == [("HEAT", "RAISED")]
    keeper.add([reading(61, 5.0)])
    assert kinds(keeper.assess(71)) == [("HEAT", "RETURNED")]


def test_a_unit_that_never_spoke_is_silent_and_speaks_by_one_of_its_probes() -> None:
    keeper = kept()
    assert kinds(keeper.assess(100)) == [("NODATA", "RAISED")]
    keeper.add([reading(120, 5.0, f"{METRIC}.top")])
    (returned,) = keeper.assess(120)
    assert returned.kind.value == "RETURNED"
    assert returned.episode is not None
    assert returned.episode.cleared_at_ms == 120
    assert kinds(keeper.assess(220)) == [("NODATA", "RAISED")], "the probe itself is watched from now on"


def test_a_unit_that_spoke_before_it_was_known_was_never_silent() -> None:
    keeper = kept()
    keeper.assess(99)
    keeper.add([reading(50, 5.0, f"{METRIC}.top")])
    assert keeper.assess(101) == []


def test_a_device_that_nobody_placed_is_nobodys() -> None:
    keeper = kept()
    keeper.add([(("elsewhere", METRIC), 1, 30.0, "GOOD")])
    assert keeper.assess(90) == []


def test_another_metric_is_watched_by_no_rule() -> None:
    keeper = kept(reading(1, 30.0, "temp.ambient"), reading(2, 5.0))
    assert keeper.assess(90) == []


def test_a_rule_that_is_no_more_takes_its_incident_back() -> None:
    keeper = kept(reading(0, 9.0), reading(20, 9.0), reading(40, 9.5))
    keeper.assess(60)
    keeper.place(Unit(DEVICE, SITE, (InForce(NODATA),), known_from_ms=0))
    assert kinds(keeper.assess(61)) == [("HEAT", "WITHDRAWN_BY_DATA"), ("HEAT", "CLOSED")]


arrivals_in_order = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from([3.0, 8.0, 9.0, None])), min_size=1, max_size=40
)


def begun_again(entries: list[Entry], past: list[Arrival], ended_ms: int, now_ms: int) -> Kept:
    """A keeper after a restart: the ledger, its last moment and the stored readings are all it has."""
    keeper = Kept(Book.of(entries), window_ms=50)
    keeper.place(UNIT, {METRIC}, ended_ms)
    keeper.assess(now_ms)
    bring(keeper, past)
    return keeper


def bring(keeper: Keeper, past: list[Arrival]) -> bool:
    """What is wanted, out of everything that was stored."""
    wanted = keeper.wanted()
    for series, from_ms in wanted.items():
        stored = [Reading(time, thousandths(value), quality) for _, time, value, quality in past]
        given = [each for each in stored if each.time_ms >= from_ms]
        keeper.give(series, given, complete=len(given) == len(stored))
    return bool(wanted)


@given(arrivals_in_order, st.lists(st.integers(0, 12), max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_a_restart_writes_what_would_have_been_written_without(
    said: list[tuple[int, float | None]], restarts: list[int], data: st.DataObject
) -> None:
    steps = sorted(data.draw(st.lists(st.integers(1, 260), min_size=3, max_size=12)))
    one, other = Kept(), Kept()
    for keeper in (one, other):
        keeper.place(UNIT)
    past: list[Arrival] = []
    ledgers: tuple[list[Entry], list[Entry]] = ([], [])
    for step, now_ms in enumerate(steps):
        share = said[step :: len(steps)]
        arrivals = [reading(time_ms, value) for time_ms, value in share]
        if step in restarts and past:
            other = begun_again(ledgers[1], past, steps[step - 1], now_ms)
        past += arrivals
        for keeper, ledger in zip((one, other), ledgers, strict=True):
            keeper.add(arrivals)
            ledger.extend(keeper.assess(now_ms))
            while bring(keeper, past):
                ledger.extend(keeper.assess(now_ms))
    assert [*map(entry_bytes, ledgers[0])] == [*map(entry_bytes, ledgers[1])]


def test_what_is_wanted_is_judged_once_it_is_given() -> None:
    keeper = Kept()
    keeper.place(replace(UNIT, known_from_ms=None), {METRIC}, 500)
    assert keeper.assess(560) == []
    assert keeper.wanted().keys() == {Series(DEVICE, METRIC)}
    warm = [Reading(time_ms, 9000) for time_ms in range(480, 561, 20)]
    keeper.give(Series(DEVICE, METRIC), warm, complete=True)
    assert kinds(keeper.assess(560)) == [("HEAT", "RAISED")]


def test_what_was_found_waits_until_it_is_entered() -> None:
    keeper = kept(reading(0, 9.0), reading(20, 9.0), reading(40, 9.5))
    assert keeper.judge(60)
    assert kinds(keeper.enter(Book(), 60)) == [("HEAT", "RAISED")], "the store was away"
    assert keeper.judge(61)
    assert kinds(keeper.enter(Book(), 61)) == [("HEAT", "RAISED")]
    keeper.entered()
    assert not keeper.judge(62)
