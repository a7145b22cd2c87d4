"""The rules of the hub at an edge: the last good list judges, own profiles where it has none."""

from dataclasses import replace
from pathlib import Path

import pytest

from hub.alarms.profiles import load_profile
from hub.alarms.rule_list import BadRules, profiles_of, rule_items
from hub.runtime.rules_kept import FILE, RulesKept

FRIDGE, FREEZER = load_profile("fridge"), load_profile("freezer")
NEWER = replace(FRIDGE, version=FRIDGE.version + 1)


def test_a_list_of_rules_is_read_as_it_was_written() -> None:
    assert profiles_of(rule_items([FRIDGE, FREEZER])) == [FREEZER, FRIDGE]


def test_what_a_newer_hub_says_beside_profiles_is_left_alone() -> None:
    items = [*rule_items([FRIDGE]), b'{"calibration":{"device":"fridge-01"}}']
    assert profiles_of(items) == [FRIDGE]


@pytest.mark.parametrize("bad", [b"", b"{", b"[1]", b'{"profile":{"name":"fridge"}}', b"\xff"])
def test_what_is_no_list_of_rules_is_refused(bad: bytes) -> None:
    with pytest.raises(BadRules):
        profiles_of([*rule_items([FREEZER]), bad])
    with pytest.raises(BadRules):
        profiles_of(rule_items([FRIDGE]) * 2)


def test_the_last_good_list_judges_after_a_start(tmp_path: Path) -> None:
    kept = RulesKept(tmp_path, [FRIDGE, FREEZER])
    assert kept.load() == [FRIDGE, FREEZER]
    assert kept.keep(rule_items([NEWER])) == [NEWER, FREEZER]
    assert kept.keep([b"{"]) is None
    assert RulesKept(tmp_path, [FRIDGE, FREEZER]).load() == [NEWER, FREEZER]
    (tmp_path / FILE).write_bytes(b"{")
    assert RulesKept(tmp_path, [FRIDGE]).load() == [FRIDGE]
