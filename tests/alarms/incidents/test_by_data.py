"""The ledger of a replay: what the data alone say, in the order of time."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alarms.incidents.by_data import as_of, ledger_of
from hub.alarms.incidents.entries import Entry, entry_bytes, verify
from hub.alarms.incidents.matching import united
from hub.alarms.rules import INFINITE
from tests.alarms.incidents.made import FREEZE, HEAT, MINUTE, episode, kinds
from tests.alarms.incidents.stories import of_rule

few = settings(max_examples=40, deadline=None)

NEWER = (replace(HEAT, version="fridge@2"), replace(FREEZE, version="fridge@2"))
RULES = (HEAT, FREEZE, *NEWER)
ALWAYS = INFINITE - 1


def told(entries: list[Entry]) -> list[tuple[int, str]]:
    return [(entry.at_ms // MINUTE, entry.kind.value) for entry in entries]


def test_an_episode_is_raised_reaches_its_step_and_returns() -> None:
    entries = ledger_of([episode(0, 300, severity="critical", worst=9900)], RULES, ALWAYS)
    assert told(entries) == [(60, "RAISED"), (240, "EXTENDED"), (300, "RETURNED")]
    assert [entry.episode and entry.episode.severity for entry in entries] == [
        "warning",
        "critical",
        "critical",
    ]
    assert [entry.episode and entry.episode.worst for entry in entries] == [9900] * 3
    assert verify(entries) is None


def test_nothing_is_told_before_its_time() -> None:
    found = [episode(0, 300, severity="critical")]
    assert ledger_of(found, RULES, 60 * MINUTE - 1) == []
    assert told(ledger_of(found, RULES, 60 * MINUTE)) == [(60, "RAISED")]
    assert told(ledger_of(found, RULES, 240 * MINUTE)) == [(60, "RAISED"), (240, "EXTENDED")]


def test_a_step_at_the_end_is_not_reached() -> None:
    assert told(ledger_of([episode(0, 240)], RULES, ALWAYS)) == [(60, "RAISED"), (240, "RETURNED")]


def test_episodes_of_many_keys_stand_in_the_order_of_time() -> None:
    cold = episode(30, 100, rule=FREEZE, severity="critical", worst=-700)
    entries = ledger_of([episode(0, 95), cold, episode(200)], RULES, ALWAYS)
    assert [(at, kind) for at, kind in told(entries) if kind != "EXTENDED"] == [
        (60, "RAISED"),
        (90, "RAISED"),
        (95, "RETURNED"),
        (100, "RETURNED"),
        (260, "RAISED"),
    ]


def test_a_version_that_takes_over_goes_on() -> None:
    found = [episode(0, 100), episode(20, 150, rule=NEWER[0], raised=100)]
    assert told(ledger_of(found, RULES, ALWAYS)) == [(60, "RAISED"), (100, "REVISED"), (150, "RETURNED")]


def test_a_rule_that_is_not_given_is_told() -> None:
    with pytest.raises(KeyError):
        ledger_of([episode(0)], [FREEZE], ALWAYS)


def test_as_of() -> None:
    whole = episode(0, 300, severity="critical")
    assert as_of(whole, HEAT, 60 * MINUTE - 1) is None
    assert as_of(whole, HEAT, 299 * MINUTE) == replace(whole, cleared_at_ms=None)
    assert as_of(whole, HEAT, 300 * MINUTE) == whole


@few
@given(st.tuples(of_rule(HEAT), of_rule(FREEZE)), st.randoms(use_true_random=False))
def test_the_same_bytes_in_any_order(found: tuple[tuple[object, ...], ...], random: Random) -> None:
    episodes = [each for one in found for each in one]
    once = ledger_of(episodes, RULES, ALWAYS)  # type: ignore[arg-type]
    random.shuffle(episodes)
    again = ledger_of(episodes + episodes[:2], RULES, ALWAYS)  # type: ignore[arg-type]
    assert [entry_bytes(entry) + entry.hash.encode() for entry in again] == [
        entry_bytes(entry) + entry.hash.encode() for entry in once
    ]
    assert verify(once) is None
    assert [entry.at_ms for entry in once] == sorted(entry.at_ms for entry in once)


@few
@given(of_rule(HEAT))
def test_every_episode_is_raised_and_what_is_over_returns(found: tuple[object, ...]) -> None:
    entries = ledger_of(found, RULES, ALWAYS)  # type: ignore[arg-type]
    for stretch in united(found, HEAT):  # type: ignore[arg-type]
        own = [entry for entry in entries if entry.episode and entry.episode.start_ms == stretch.start_ms]
        assert own
        last = {entry.incident: entry for entry in entries}
        assert any(
            entry.episode and entry.episode.cleared_at_ms == stretch.cleared_at_ms for entry in last.values()
        )
    assert "WITHDRAWN_BY_DATA" not in kinds(entries)
