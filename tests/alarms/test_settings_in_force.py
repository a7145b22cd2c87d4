"""By what alarms judge: versions of profiles in the order of time, and what a restart finds of them."""

from dataclasses import replace

from hub.alarms.profiles import load_profile
from hub.alarms.rules import InForce
from hub.alarms.settings_in_force import Settings

FRIDGE = load_profile("fridge")
OWN = replace(FRIDGE, version=7, rules=tuple(replace(rule, version="fridge@7") for rule in FRIDGE.rules[:2]))


def again(*settings: Settings) -> Settings:
    """What a restart reads of all that they wrote."""
    return Settings((each.name, each.from_ms, each.body) for kept in settings for each in kept.new)


def spans(settings: Settings) -> list[tuple[str, int | None, int | None]]:
    found = settings.versions()["fridge"]
    return list(dict.fromkeys((each.rule.version, each.from_ms, each.to_ms) for each in found))


def test_the_first_version_has_always_been_in_force() -> None:
    settings = Settings(())
    assert settings.offer([FRIDGE], 1000) == []
    assert settings.versions()["fridge"] == tuple(InForce(rule) for rule in FRIDGE.rules)


def test_another_version_takes_its_place_when_it_comes_and_gives_it_back() -> None:
    first = Settings(())
    first.offer([FRIDGE], 1000)
    second = again(first)
    second.offer([OWN], 2000)
    third = again(first, second)
    third.offer([FRIDGE], 3000)
    assert spans(again(first, second, third)) == [
        ("fridge@2", None, 2000),
        ("fridge@7", 2000, 3000),
        ("fridge@2", 3000, None),
    ]


def test_what_is_in_force_is_not_written_again() -> None:
    first = Settings(())
    first.offer([FRIDGE], 1000)
    second = again(first)
    assert second.offer([FRIDGE], 2000) == []
    assert second.new == []


def test_a_version_that_was_changed_is_told_and_does_not_judge() -> None:
    first = Settings(())
    first.offer([FRIDGE], 1000)
    second = again(first)
    assert second.offer([replace(FRIDGE, rules=FRIDGE.rules[:1])], 2000) == ["fridge@2"]
    assert second.versions() == first.versions()


def test_a_unit_is_known_since_it_was_first_seen() -> None:
    first = Settings(())
    assert first.known_from("fridge-01", 1000) == 1000
    second = again(first)
    assert second.known_from("fridge-01", 2000) == 1000
    assert second.new == []
