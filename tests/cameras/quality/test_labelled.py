"""A small part of ./dev bench camera-pictures: one place that no threshold was set on."""

import pytest

from tests.cameras.labelled.camera import Generated
from tests.cameras.labelled.cases import GOOD, SEVERE, benign, faults
from tests.cameras.labelled.freezes import frozen_outcomes
from tests.cameras.labelled.scenes import SCENES
from tests.cameras.labelled.trial import Camera, learnt, outcomes

PLACE = Generated(next(scene for scene in SCENES if scene.name == "ward"))


@pytest.fixture(scope="module")
def camera() -> Camera:
    return learnt(PLACE)


@pytest.mark.slow
@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_every_fault_of_severity_3_is_raised_and_nothing_else(camera: Camera, night: bool) -> None:
    severe = (case for case in faults(PLACE.scene, night=night) if case.severity == SEVERE)
    wrong = [str(each) for each in outcomes(PLACE, camera, severe) if each.raised != {each.case.label}]
    assert wrong == []


@pytest.mark.slow
def test_nothing_is_raised_by_what_only_looks_like_a_fault(camera: Camera) -> None:
    shown = (case for case in benign(PLACE.scene) if not case.what.endswith("night"))
    found = [*outcomes(PLACE, camera, shown)]
    assert len(found) > 15
    assert {each.case.label for each in found} == {GOOD}
    assert [str(each) for each in found if each.raised] == []


@pytest.mark.slow
def test_sources_that_stand_are_frozen(camera: Camera) -> None:
    found = [*frozen_outcomes(PLACE, camera, night=False)]
    assert [each.case.severity for each in found] == [5, 4, 3]
    assert [str(each) for each in found if each.raised != {"frozen"}] == []
