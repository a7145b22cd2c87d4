"""Every metric that the cold chain and cameras tell is watched, or docs/alarm_rules.md says why not."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

from adapters.cold_chain.cce.codes import KNOWN_ALARMS, OTHER
from adapters.cold_chain.cce.fields import FIELDS
from adapters.cold_chain.exports.limits import _TYPES
from adapters.cold_chain.metrics import BATTERY, BATTERY_VOLTS, DOOR_OPEN, alarm_of
from adapters.cold_chain.payloads import dragino_ltc2_lb, milesight_ts301
from hub.alarms.keeper import Unit
from hub.alarms.profiles import load_profile
from hub.alarms.rules import InForce
from hub.machine_metrics import CAMERA_BITRATE, CAMERA_FAULTS, CAMERA_FPS, CAMERA_LOSS

ROOT = Path(__file__).parents[2]
STORAGE = ("fridge", "freezer", "ultra-low", "transport-box")
PLACES = ("temp.vaccine", "temp.freezer", "temp.ambient", "temp.chn2")
CONFIGURED = {"alarm.lid", "temp.t2"}  # names that the cases give in their own configuration
UNITS = [Unit("unit", "site", tuple(map(InForce, load_profile(name).rules))) for name in STORAGE]
CAMERA = Unit("camera", "site", tuple(map(InForce, load_profile("camera").rules)))


def told() -> set[str]:
    """By the fields and codes of the adapters, and by what their cases expect."""
    found = {field.metric for field in FIELDS.values()} | {BATTERY, BATTERY_VOLTS, DOOR_OPEN}
    found |= {f"alarm.{code}" for code in (*KNOWN_ALARMS, OTHER)}
    found |= {f"alarm.{name}{suffix}" for name in ("heat", "frze", "low") for _, suffix in _TYPES.values()}
    codes = {f"alarm.{which}" for _, which in dragino_ltc2_lb.ALARMS}
    codes |= {code for code, _ in milesight_ts301._ALARMS.values()}
    found |= {alarm_of(code, place) for code in codes for place in PLACES}
    for case in (ROOT / "tests/cases").glob("cold_*/*/expected.json"):
        found |= set(re.findall(r'"metric": ?"([a-z0-9_.]+)"', json.dumps(json.loads(case.read_text()))))
    found |= {CAMERA_FPS, CAMERA_BITRATE, CAMERA_LOSS, *filter(None, CAMERA_FAULTS.values())}
    return found - CONFIGURED


def informing() -> list[str]:
    """The patterns of the table."""
    text = (ROOT / "docs/alarm_rules.md").read_text()
    table = text.partition("### What no rule of ours watches")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def watched(metric: str) -> bool:
    return any(unit.watching(metric) for unit in (*UNITS, CAMERA))


def test_every_metric_is_watched_or_only_informs() -> None:
    metrics, patterns = told(), informing()
    assert len(metrics) > 50
    assert [each for each in sorted(metrics) if not watched(each) and not _named(each, patterns)] == []


def test_what_is_said_to_inform_is_told_and_not_watched() -> None:
    metrics = told()
    for pattern in informing():
        matching = [each for each in metrics if fnmatchcase(each, pattern)]
        assert matching, pattern
        if pattern != "temp.*":  # the vaccine's own temperature is not meant
            assert not any(map(watched, matching)), pattern


def test_probes_are_watched_as_their_metric_is_and_figures_of_a_day_are_not() -> None:
    assert all(watched(name) for name in ("temp.vaccine", "temp.vaccine.top", "door.open.left"))
    assert not any(map(watched, ("temp.vaccine.mean", "temp.vaccine.min", "temp.vaccines", "battery.volts")))


def test_rules_of_storage_watch_what_is_told() -> None:
    metrics = told()
    rules = {rule.metric for unit in UNITS for rule in (each.rule for each in unit.versions)}
    assert rules <= metrics


def _named(metric: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(metric, pattern) for pattern in patterns)
