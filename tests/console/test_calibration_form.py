"""What somebody fills in for a calibration, as the hub takes it; every fault has its words."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.console.calibration_form import FIELDS, checked, refused
from api.console.wording import Wording, texts

SAY = Wording("vi", ZoneInfo("Asia/Ho_Chi_Minh"))
FILLED: dict[str, Any] = {
    "metric": "temp.vaccine",
    "offset": "−0,3",
    "begins": "22/11/2026",
    "ends": None,
    "certificate": " QUATEST 3 ",
}


def test_as_people_here_write_it() -> None:
    assert checked(FILLED, SAY.read_moment) == (
        {
            "metric": "temp.vaccine",
            "offset": -0.3,
            "begins": "2026-11-21T17:00:00.000Z",
            "ends": "",
            "certificate": "QUATEST 3",
        },
        {},
    )


@pytest.mark.parametrize(
    ("field", "written", "fault"),
    [
        ("metric", None, "missing"),
        ("offset", "5,1", "offset"),
        ("offset", "nan", "offset"),
        ("offset", "", "offset"),
        ("begins", "", "missing"),
        ("begins", "2026-11-22", "moment"),
        ("ends", "32/11/2026", "moment"),
        ("certificate", " ", "missing"),
    ],
)
def test_what_is_wrong_stands_at_its_field(field: str, written: object, fault: str) -> None:
    _, faults = checked(FILLED | {field: written}, SAY.read_moment)
    assert faults == {field: fault}
    assert f"calibration.fault_{fault}" in texts("vi")


def test_what_the_hub_refuses_stands_at_its_field_and_has_words() -> None:
    codes = ("no_temperature", "offset_too_large", "bad_period", "no_certificate", "unknown_device")
    assert {refused(f"alarm.{code}")[0] for code in codes} == {*FIELDS, ""} - {"ends"}
    assert all(f"refused.{code}" in texts("vi") for code in codes)
