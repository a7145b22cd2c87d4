"""How long each class of rows is kept, and the chain of deletions."""

import pytest

from storage.chunks import DAY_MS
from storage.retention import (
    CHAIN_BEGINS,
    CLASSES,
    DEFAULT,
    HOURS,
    LOG,
    READINGS,
    Deletion,
    Retention,
    digest,
    first_broken,
    for_months,
)

NOW = 1_795_355_100_000


def test_the_defaults_are_those_of_the_table() -> None:
    days = {each.name: each.days for each in CLASSES}
    assert (days[LOG], days[READINGS], days[HOURS]) == (7, DEFAULT.readings_days, DEFAULT.hours_days)
    assert days["results"] is None
    assert for_months(13) == DEFAULT


@pytest.mark.parametrize(("months", "days"), [(1, 31), (12, 366), (120, 3653)])
def test_months_are_days_rounded_up(months: int, days: int) -> None:
    assert for_months(months).readings_days == days


@pytest.mark.parametrize("wrong", [{"log_days": 6}, {"readings_days": 30}, {"hours_days": 395}])
def test_too_short_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Retention(**wrong)


@pytest.mark.parametrize("name", [LOG, READINGS, HOURS])
def test_cuts_are_whole_units_and_never_too_late(name: str) -> None:
    (one,) = (each for each in CLASSES if each.name == name)
    assert one.days is not None
    cut = DEFAULT.cut(name, NOW)
    assert cut % one.unit_ms == 0
    assert 0 <= NOW - one.days * DAY_MS - cut < one.unit_ms


def test_a_changed_removed_or_moved_entry_breaks_the_chain() -> None:
    entries = [Deletion("log", n, n + 10, n * 100, n + 20) for n in range(5)]
    chain, before = [], CHAIN_BEGINS
    for entry in entries:
        before = digest(before, entry)
        chain.append((entry, before))
    assert first_broken(chain) is None
    assert first_broken(chain[1:]) == 0
    assert first_broken([*chain[:2], *chain[3:]]) == 2
    assert first_broken([chain[0], chain[2], chain[1]]) == 1
    forged = (chain[3][0]._replace(rows=7), chain[3][1])
    assert first_broken([*chain[:3], forged, chain[4]]) == 3
