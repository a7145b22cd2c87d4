"""Which rules judge a device: its own profile first, then that of its kind."""

from collections.abc import Mapping

from hub.alarms.profile_choice import rules_for
from hub.alarms.profiles import load_profile, names
from hub.alarms.rules import InForce

PROFILES = [load_profile(name) for name in names()]
VERSIONS: Mapping[str, tuple[InForce, ...]] = {
    profile.name: tuple(map(InForce, profile.rules)) for profile in PROFILES
}
KINDS = {kind: profile.name for profile in PROFILES for kind in profile.kinds}


def judged_by(profile: str, kind: str) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for version in rules_for(profile, kind, VERSIONS, KINDS):
        told.setdefault(version.rule.version, set()).add(version.rule.code)
    return told


def test_a_fridge_has_nodata_and_is_not_told_as_offline_beside_it() -> None:
    told = judged_by("fridge", "cold_mqtt")
    assert "NODATA" in told["fridge@2"]
    assert told["sensor@1"] == {"CLOCK"}


def test_a_sensor_of_no_storage_is_judged_by_its_kind() -> None:
    assert judged_by("", "cold_mqtt") == {"sensor@1": {"OFFLINE", "UNHEARD", "CLOCK"}}


def test_a_profile_of_an_adapter_is_none_of_rules() -> None:
    assert judged_by("genexpert", "hl7_mllp") == {"analyzer@1": {"OFFLINE", "UNHEARD", "CLOCK"}}


def test_nobody_judges_what_is_of_no_kind() -> None:
    assert judged_by("", "") == {}
