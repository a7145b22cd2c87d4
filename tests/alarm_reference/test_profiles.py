"""The packaged profiles, read a second time by docs/alarm_rules.md: rules say what their files say."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import hub.alarms.profiles as packaged
from hub.alarms.rules import Rule as RuleOfProduct
from tests.alarm_reference import engine
from tests.alarm_reference.readings import Comparison, Rule
from tests.alarm_reference.years import SECOND, Judged

FOLDER = Path(packaged.__file__).with_suffix("")


def comparison(text: str) -> Comparison:
    operator, threshold = text.split(" ")
    in_thousandths = Decimal(threshold) * 1000
    assert in_thousandths == int(in_thousandths)
    return operator, int(in_thousandths)


def judged(profile: dict[str, Any], table: dict[str, Any]) -> Judged:
    when = table.get("when", "silent")
    clear = table.get("clear")
    rule = Rule(
        when if when in ("bad", "silent") else comparison(when),
        lasts=table.get("silent_seconds", table.get("for_seconds", 0)) * SECOND,
        hold=table.get("hold_seconds", profile["hold_seconds"]) * SECOND,
        severity=table["severity"],
        clear=None if clear is None else comparison(clear),
        clear_lasts=table.get("clear_for_seconds", 0) * SECOND,
        steps=tuple((step["after_seconds"] * SECOND, step["severity"]) for step in table.get("steps", [])),
        bridge=table.get("bridge_seconds", 0) * SECOND,
    )
    return Judged(table["code"], f"{profile['profile']}@{profile['version']}", table["metric"], rule)


def plain(rule: RuleOfProduct) -> RuleOfProduct:
    """Without what says nothing about episodes."""
    return replace(rule, latch=False, source="")


def test_there_are_profiles_of_every_storage() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(packaged.names())
    assert {"fridge", "freezer", "ultra-low", "transport-box"} <= set(packaged.names())


@pytest.mark.parametrize("name", packaged.names())
def test_a_profile_says_what_its_file_says(name: str) -> None:
    profile = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    expected = [engine.in_force(judged(profile, table)).rule for table in profile["rule"]]
    assert [plain(rule) for rule in packaged.load_profile(name).rules] == expected
    assert profile["profile"] == name
