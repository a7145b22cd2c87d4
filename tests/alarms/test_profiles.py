"""Profiles of rules: the packaged ones say what the standards say, and mistakes are told with their place."""

from importlib.metadata import entry_points

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alarms.profile_tables import condition
from hub.alarms.profiles import load_profile, names, parse_profile
from hub.alarms.rules import Clear, Condition, Rule, Step
from hub.errors import ConfigError
from hub.machine_metrics import CAMERA, CAMERA_FAULTS, is_of_machine

HEAD = 'profile = "own"\nversion = 3\nhold_seconds = 1800\n'
RULE = '[[rule]]\ncode = "HEAT"\nmetric = "temp.vaccine"\nseverity = "warning"\nsource = "ours"\n'
STEPS = 'steps = [{ after_seconds = 8, severity = "critical" }]'
HOUR_MS = 3_600_000
STORAGE = ("freezer", "fridge", "transport-box", "ultra-low")
MACHINES = ("analyzer", "camera", "edge", "gate", "gateway", "hub", "sensor", "switch")
VERSIONS = {"camera": 2}  # of those that are not as they were first


def rules_of(profile: str, code: str) -> list[Rule]:
    return [rule for rule in load_profile(profile).rules if rule.code == code]


def test_there_is_one_for_each_kind_of_storage() -> None:
    assert names() == sorted([*STORAGE, *MACHINES])


@pytest.mark.parametrize("name", MACHINES)
def test_profile_of_machines(name: str) -> None:
    profile = load_profile(name)
    assert profile.kinds
    assert all(rule.source and is_of_machine(rule.metric) for rule in profile.rules)
    assert {rule.version for rule in profile.rules} == {f"{name}@{VERSIONS.get(name, 1)}"}
    assert not any(rule.latch for rule in profile.rules), "there is no vaccine to decide about"


def test_every_kind_has_one_profile() -> None:
    kinds = [kind for name in names() for kind in load_profile(name).kinds]
    assert len(kinds) == len(set(kinds))
    offered = {door.name for door in entry_points(group="epihub.adapters")}
    assert offered <= set(kinds), "a device without a profile gets that of its kind"


def test_an_edge_is_grave_before_what_it_serves_is() -> None:
    """Else a critical silence would be explained by less than it is itself."""
    (silent,) = rules_of("fridge", "NODATA")
    for name in ("edge", "gateway"):
        (offline,) = rules_of(name, "OFFLINE")
        assert offline.for_ms < silent.for_ms
        assert offline.steps[-1].severity == silent.steps[-1].severity
        assert offline.steps[-1].after_ms < silent.steps[-1].after_ms


def test_a_switch_is_told_before_its_cameras_call() -> None:
    (switch,), (camera,) = rules_of("switch", "OFFLINE"), rules_of("camera", "OFFLINE")
    assert switch.for_ms < camera.for_ms


def test_every_fault_of_a_camera_is_watched_by_one_rule() -> None:
    watched = [rule.metric for rule in load_profile("camera").rules if rule.metric.startswith(CAMERA)]
    assert sorted(watched) == sorted(metric for metric in CAMERA_FAULTS.values() if metric)


def test_an_analyzer_that_is_off_at_night_or_over_a_week_end_wakes_nobody() -> None:
    for code in ("OFFLINE", "UNHEARD"):
        (rule,) = rules_of("analyzer", code)
        assert rule.for_ms > 15 * HOUR_MS
        assert rule.severity == "info"
        assert [(step.severity, step.after_ms > 63 * HOUR_MS) for step in rule.steps] == [("warning", True)]


@pytest.mark.parametrize("name", STORAGE)
def test_packaged_profile(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert {rule.version for rule in profile.rules} == {f"{name}@2"}
    assert all(rule.source for rule in profile.rules)
    assert {"HEAT", "LOW", "NODATA", "PROBE", "BATTERY", "DEVICE_HEAT"} <= {r.code for r in profile.rules}


@pytest.mark.parametrize(
    ("profile", "code", "when", "for_ms"),
    [
        ("fridge", "HEAT", Condition(">", 8000), 10 * HOUR_MS),
        ("fridge", "HEAT_EARLY", Condition(">", 8000), HOUR_MS),
        ("fridge", "FRZE", Condition("<=", -500), HOUR_MS),
        ("fridge", "LOW", Condition("<", 2000), HOUR_MS),
        ("fridge", "PROBE", "bad", 600_000),
        ("fridge", "NODATA", "silent", 2_700_000),
        ("fridge", "POWER", Condition("==", 0), HOUR_MS // 2),
        ("freezer", "HEAT", Condition(">", -10_000), HOUR_MS),
        ("freezer", "LOW", Condition("<", -25_000), HOUR_MS),
        ("ultra-low", "HEAT", Condition(">", -60_000), HOUR_MS),
        ("ultra-low", "LOW", Condition("<", -90_000), HOUR_MS),
        ("transport-box", "HEAT", Condition(">", 8000), HOUR_MS // 2),
        ("transport-box", "FRZE", Condition("<=", -500), HOUR_MS),
    ],
)
def test_limits_of_the_standards(profile: str, code: str, when: object, for_ms: int) -> None:
    (rule,) = rules_of(profile, code)
    assert (rule.when, rule.for_ms) == (when, for_ms)


def test_settings_reach_the_rule() -> None:
    (heat,) = rules_of("fridge", "HEAT")
    (freeze,) = rules_of("fridge", "FRZE")
    (silent,) = rules_of("fridge", "NODATA")
    assert heat.clear == Clear(Condition("<=", 7500), 900_000)
    assert (freeze.latch, heat.latch) == (True, False)
    assert silent.steps == (Step(4 * HOUR_MS, "critical"),)
    assert {rule.hold_ms for rule in rules_of("fridge", "DOOR")} == {2_700_000}
    assert heat.hold_ms == 1_800_000


def test_no_profile_of_that_name() -> None:
    with pytest.raises(ConfigError, match='did you mean "fridge"'):
        load_profile("frigde")
    with pytest.raises(ConfigError):
        load_profile("../profiles/fridge")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (HEAD + RULE + 'when = "> 8.0001"\n', "own.toml:9: rule.when: must be an operator"),
        (HEAD + RULE + 'when = "8.0"\n', "own.toml:9: rule.when: must be an operator"),
        (HEAD + RULE, "own.toml:4: rule: needs either when or silent_seconds"),
        (HEAD + RULE + 'when = "bad"\nsilent_seconds = 60\n', "own.toml:4: rule: needs either"),
        (HEAD + RULE + 'when = "> 8"\nclear = "< 9"\n', "own.toml:4: rule: clear overlaps when"),
        (
            HEAD + RULE + 'when = "> 8"\nfor_second = 9\n',
            '10: rule.for_second: unknown key, did you mean "for_s',
        ),
        (HEAD + RULE + 'when = "> 8"\nfor_seconds = -1\n', "own.toml:10: rule.for_seconds: must"),
        (
            HEAD + RULE + 'when = "> 8"\nfor_seconds = 9\n' + STEPS,
            "own.toml:4: rule: a step must not come before the alarm",
        ),
        (
            HEAD + RULE + 'when = "> 8"\n' + STEPS.replace("critical", "info"),
            "own.toml:4: rule: a step must be more severe",
        ),
        (
            HEAD + (RULE + 'when = "> 8"\n') * 2,
            "own.toml:11: rule.code: a second rule of this metric and code (line 5)",
        ),
        (HEAD + RULE.replace("HEAT", "heat") + 'when = "> 8"\n', "own.toml:5: rule.code: "),
        (HEAD.replace("3", "0") + RULE + 'when = "bad"\n', "own.toml:2: version: "),
        (HEAD + "[[rule]\n", "own.toml:4: not TOML"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, mistake: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_profile(text, "own.toml")
    assert any(mistake in line for line in str(raised.value).splitlines())


@given(
    operator=st.sampled_from([">", ">=", "<", "<=", "=="]),
    threshold=st.integers(-(10**9), 10**9),
    space=st.sampled_from(["", " "]),
)
def test_condition_is_read_as_it_is_written(operator: str, threshold: int, space: str) -> None:
    sign, digits = "-" if threshold < 0 else "", f"{abs(threshold) // 1000}.{abs(threshold) % 1000:03}"
    assert condition(f"{operator}{space}{sign}{digits}") == Condition(operator, threshold)  # type: ignore[arg-type]
