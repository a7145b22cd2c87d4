"""Rules and calibrations of the hub at an edge: the last good list judges, own profiles where it has none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.alarms.calibrations import Issued
from hub.alarms.profiles import load_profile
from hub.alarms.rule_list import BadRules, Rules, rule_items, rules_of
from hub.runtime.rules_kept import FILE, RulesKept

FRIDGE, FREEZER = load_profile("fridge"), load_profile("freezer")
NEWER = replace(FRIDGE, version=FRIDGE.version + 1)


NOON = 1_795_323_600_000
OFFSET = Issued("fridge-01", "temp.vaccine", -300, NOON, None, NOON, "3fb1c2aa", "QUATEST 3, 2026-1184")
TOLD = msgspec.structs.replace(OFFSET, certificate="")


def test_a_list_of_rules_is_read_as_it_was_written() -> None:
    assert rules_of(rule_items([FRIDGE, FREEZER])) == Rules((FREEZER, FRIDGE))


def test_calibrations_go_to_edges_without_the_words_of_their_certificates() -> None:
    older = msgspec.structs.replace(OFFSET, issued_ms=NOON - 1)
    items = rule_items([FRIDGE], [OFFSET, older])
    assert rules_of(items).calibrations == (msgspec.structs.replace(TOLD, issued_ms=NOON - 1), TOLD)
    assert b"QUATEST" not in b"".join(items)


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset": 5001},
        {"metric": "door.open"},
        {"to_ms": NOON},
        {"from_ms": -1},
        {"device": "no device"},
        {"by": ""},
        {"by": "no name"},
    ],
)
def test_an_offset_that_no_sensor_can_have_makes_the_list_bad(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRules):
        rules_of(rule_items([FRIDGE], [msgspec.structs.replace(OFFSET, **wrong)]))
    with pytest.raises(BadRules):
        rules_of(rule_items([FRIDGE], [OFFSET, OFFSET]))


def test_what_a_newer_hub_says_beside_profiles_is_left_alone() -> None:
    items = [*rule_items([FRIDGE]), b'{"drug":{"name":"BCG"}}']
    assert rules_of(items).profiles == (FRIDGE,)


@pytest.mark.parametrize(
    "bad", [b"", b"{", b"[1]", b'{"profile":{"name":"fridge"}}', b'{"calibration":{}}', b"\xff"]
)
def test_what_is_no_list_of_rules_is_refused(bad: bytes) -> None:
    with pytest.raises(BadRules):
        rules_of([*rule_items([FREEZER]), bad])
    with pytest.raises(BadRules):
        rules_of(rule_items([FRIDGE]) * 2)


def test_the_last_good_list_judges_after_a_start(tmp_path: Path) -> None:
    kept = RulesKept(tmp_path, [FRIDGE, FREEZER])
    assert kept.load() == Rules((FRIDGE, FREEZER))
    newer = Rules((NEWER, FREEZER), (TOLD,))
    assert kept.keep(rule_items([NEWER], [OFFSET])) == newer
    assert kept.keep([b"{"]) is None
    assert RulesKept(tmp_path, [FRIDGE, FREEZER]).load() == newer
    (tmp_path / FILE).write_bytes(b"{")
    assert RulesKept(tmp_path, [FRIDGE]).load() == Rules((FRIDGE,))
