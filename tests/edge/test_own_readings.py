"""What an edge tells of its spool: at each limit, in steps, and nothing while nobody asks."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from hub.alarms.profiles import load_profile
from hub.alarms.rules import Condition
from hub.edge.own_readings import LIMITS, OwnReadings
from hub.payloads import Reading


class Told:
    def __init__(self) -> None:
        self.readings: list[tuple[str, float | None]] = []
        self.now_ms = 1000
        self.own = OwnReadings(self._hear, lambda: self.now_ms)

    def _hear(self, reading: Reading, at_ms: int) -> None:
        self.readings.append((reading.metric, reading.value))

    def used(self, shares: Iterable[float]) -> list[float | None]:
        for share in shares:
            self.own.spool_used(share)
        return [value for _, value in self.readings]


def test_an_empty_spool_says_nothing() -> None:
    assert Told().used([0.0, 0.01, 0.2, 0.39, 0.1, 0.3]) == []


def test_each_limit_is_told_when_it_is_passed_in_either_direction() -> None:
    assert Told().used([0.44, 0.49, 0.5, 0.501, 0.499, 0.448, 0.2]) == [0.44, 0.49, 0.5, 0.499, 0.448, 0.2]


def test_what_an_earlier_life_told_is_ended() -> None:
    told = Told()
    told.own.begin(0.1)
    assert told.readings == [("spool.used_ratio", 0.1), ("receipts.stalled", 0.0)]


def test_a_restored_spool_is_an_instant() -> None:
    told = Told()
    told.own.spool_restored()
    assert told.readings == [("spool.restored", 1.0), ("spool.restored", 0.0)]


def test_the_limits_are_those_of_the_profile() -> None:
    rules = [rule for rule in load_profile("edge").rules if rule.metric == "spool.used_ratio"]
    limits = {
        limit.threshold / 1000
        for rule in rules
        for limit in (rule.when, rule.clear.when)
        if isinstance(limit, Condition)
    }
    assert limits == set(LIMITS)


@given(st.lists(st.floats(0, 1), max_size=60))
def test_what_was_told_last_is_on_the_same_side_of_every_limit(shares: list[float]) -> None:
    told = Told()
    for share in shares:
        told.own.spool_used(share)
        last = told.readings[-1][1] if told.readings else 0.0
        assert last is not None
        assert all((last >= limit) == (share >= limit) for limit in LIMITS)
