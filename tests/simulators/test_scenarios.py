"""Scenarios by name and by file, and what is wrong with them."""

from pathlib import Path

import pytest

from simulators.cold_chain.scenario import ScenarioError, faults_of
from simulators.cold_chain.unit_faults import KINDS, Fault
from simulators.cold_chain.unit_plan import fleet

UNITS = fleet(4, 2, ("zigbee2mqtt",), 10.0)


def befalls(tmp_path: Path, text: str, days: float = 2.0) -> dict[str, list[Fault]]:
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    return {name: faults.all() for name, faults in faults_of(str(path), UNITS, 1, days).items()}


def test_a_file_says_it_fault_for_fault(tmp_path: Path) -> None:
    found = befalls(
        tmp_path,
        '[[fault]]\nkind = "door"\nafter_hours = 1\nlasts_hours = 0.5\nevery_hours = 24\n'
        'units = ["tu-0001"]\n'
        '[[fault]]\nkind = "outage"\nafter_hours = 3\nlasts_hours = 2\nsites = ["tram-002"]\n'
        '[[fault]]\nkind = "clock"\nafter_hours = 0\nlasts_hours = 1\nstrength = -7\n',
    )
    clock, outage = Fault("clock", 0, 60, -7), Fault("outage", 180, 300, 1)
    assert found["tu-0001"] == [clock, Fault("door", 60, 90, 1), Fault("door", 1500, 1530, 1)]
    assert found["tu-0002"] == [clock]
    assert found["tu-0003"] == found["tu-0004"] == [clock, outage]


def test_faults_of_one_kind_that_overlap_are_one(tmp_path: Path) -> None:
    line = '[[fault]]\nkind = "leak"\nafter_hours = {}\nlasts_hours = 5\n'
    found = befalls(tmp_path, line.format(1) + line.format(4))
    assert found["tu-0001"] == [Fault("leak", 60, 540, 1)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[fault]]\nkind = "fire"\nafter_hours = 1\nlasts_hours = 1\n', "fire"),
        ('[[fault]]\nkind = "door"\nafter_hours = 1\n', "lasts_hours"),
        ('[[fault]]\nkind = "door"\nafter_hours = 1\nlasts_hours = 1\nunit = "x"\n', "unit"),
        ('[[fault]]\nkind = "door"\nafter_hours = 1\nlasts_hours = 1\nunits = ["tu-9"]\n', "tu-9"),
        ('[[fault]]\nkind = "door"\nafter_hours = 1\nlasts_hours = 2\nevery_hours = 2\n', "comes again"),
        ('[[fault]]\nkind = "door"\nafter_hours = -1\nlasts_hours = 2\n', "after_hours"),
        ("[[fault]\n", "scenario.toml"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        befalls(tmp_path, text)


def test_a_name_that_is_none_and_no_file() -> None:
    with pytest.raises(ScenarioError, match="none of mixed, calm, storm, door"):
        faults_of("tempest", UNITS, 1, 1)


def test_calm_is_without_faults_and_a_storm_takes_the_mains_of_all() -> None:
    assert [faults.all() for faults in faults_of("calm", UNITS, 1, 7).values()] == [[]] * 4
    for faults in faults_of("storm", UNITS, 1, 7).values():
        assert [fault.kind for fault in faults.all()] == ["power_cut", "power_cut"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_alone(kind: str) -> None:
    for faults in faults_of(kind, UNITS, 1, 7).values():
        assert {fault.kind for fault in faults.all()} == {kind}
