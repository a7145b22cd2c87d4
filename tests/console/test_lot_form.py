"""What somebody tells of a lot, as the hub takes it; clocks in words."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.console.lot_form import ACTIONS, FIELDS, MOVE, OUT, PUT, checked, refused
from api.console.unit.lots import clock_lines, condition_of
from api.console.unit.reports import MONTHS, months_until
from api.console.wording import Wording, texts
from hub.exposure.placements import REASONS
from hub.exposure.thaw_clock import Flag
from tests.reports.months import CLOCK

SAY = Wording("vi", ZoneInfo("Asia/Ho_Chi_Minh"))
EN = Wording("en", SAY.zone)
FILLED: dict[str, Any] = {
    "lot": " FD9234 ",
    "product": "comirnaty",
    "expiry": "31/01/2027",
    "doses": "1.170",
    "vvm": "",
    "since": "22/11/2026 14:30",
    "thawed": None,
}
ROW = {"id": "FD9234", "_standing": 7}
ROOT = Path(__file__).parents[2]


def test_a_lot_is_put_moved_and_taken_out_as_people_write_it() -> None:
    since = 1_795_332_600_000
    put = {"product": "comirnaty", "expiry": "2027-01-31", "doses": 1170, "from_ms": since}
    assert checked(PUT, FILLED, SAY.read_moment, "tu-01", None) == (
        {"lot": "FD9234", "unit": "tu-01", **put},
        {},
    )
    moved = {"unit": "tu-02", "doses": "", "since": ""}
    assert checked(MOVE, moved, SAY.read_moment, "tu-01", ROW) == ({"lot": "FD9234", "unit": "tu-02"}, {})
    used = checked(OUT, {"reason": "used"}, SAY.read_moment, "tu-01", ROW)
    assert used == ({"lot": "FD9234", "unit": "", "reason": "used", "corrects": 0}, {})
    mistake, _ = checked(OUT, {"reason": "mistake"}, SAY.read_moment, "tu-01", ROW)
    assert (mistake["corrects"], mistake["unit"]) == (7, "")


@pytest.mark.parametrize(
    ("field", "written", "fault"),
    [
        ("lot", "", "missing"),
        ("lot", "a b", "number"),
        ("product", None, "missing"),
        ("expiry", "", "missing"),
        ("expiry", "2027-01-31", "day"),
        ("expiry", "31/02/2027", "day"),
        ("doses", "0", "doses"),
        ("doses", "٣", "doses"),
        ("since", "hôm nay", "moment"),
        ("thawed", "25:00", "moment"),
    ],
)
def test_what_is_wrong_stands_at_its_field(field: str, written: object, fault: str) -> None:
    _, faults = checked(PUT, FILLED | {field: written}, SAY.read_moment, "tu-01", None)
    assert faults == {field: fault}
    assert f"lot.fault_{fault}" in texts("vi")


def test_what_the_hub_refuses_stands_at_its_field_and_has_words() -> None:
    source = (ROOT / "hub/exposure/placement_checks.py").read_text("utf-8")
    codes = set(re.findall(r'"(lot\.[a-z_]+)"', source))
    assert len(codes) > 12
    docs = (ROOT / "docs/exposure.md").read_text("utf-8")
    for code in codes:
        field, name = refused(PUT, code)
        assert field in ("", *FIELDS[PUT])
        assert f"lot_refused.{name}" in texts("vi")
        assert f"`{code}`" in docs
    assert refused(OUT, "lot.bad_expiry") == ("", "bad_expiry")
    assert refused(PUT, "lot.bad_expiry") == ("expiry", "bad_expiry")


def test_every_choice_has_words() -> None:
    made = {f"lot.reason_{name}" for name in REASONS} | {f"report.flag_{flag}" for flag in Flag.__args__}  # type: ignore[attr-defined]
    made |= {f"lot.{action}{part}" for action in ACTIONS for part in ("", "_title", "_note")}
    made |= {f"section.{name}" for name in ("lots", "reports")}
    assert made <= set(texts("vi"))


def test_a_clock_in_words() -> None:
    over = clock_lines(SAY, CLOCK | {"frozen": CLOCK["to"], "vvm_life_lost_percent": 12.34})
    assert over == [
        "Không được dùng nữa: đã quá 05/11/2026 09:00",
        "Rã đông từ 05/10/2026 09:00, 26,2 ngày ở 2–8 °C",
        "Ngoài ngưỡng 40 phút, không có số đo 310 phút",
        "Bị đông băng lúc 01/11/2026 00:00: không dùng trước khi người có trách nhiệm quyết định",
        "Chỉ thị nhiệt (VVM) đã mất khoảng 12,3 % tuổi thọ",
    ]
    soon = CLOCK | {"days_left": 1, "thaw_inferred": True, "flags": []}
    assert clock_lines(EN, soon)[0] == "1 day left: discard after 05/11/2026 09:00"
    assert clock_lines(EN, soon)[1].endswith("(inferred: there are no readings of its beginning)")
    assert len(clock_lines(EN, soon | {"thawed": None})) == 2
    assert clock_lines(EN, None) == ["The clock of this lot could not be computed."]


def test_silence_is_not_green() -> None:
    fine = CLOCK | {"flags": [], "days_left": 9, "out_minutes": 0}
    assert condition_of(fine) == "ok"
    assert condition_of(fine | {"out_minutes": 1}) == "warn"
    assert condition_of(fine | {"days_left": 2}) == "warn"
    assert condition_of(fine | {"flags": ["EXPIRED"]}) == "bad"
    assert condition_of(fine | {"least": None}) == "unknown"
    assert condition_of(None) == "unknown"


def test_months_to_choose_from() -> None:
    found = months_until(date(2026, 3, 2))
    assert (found[0], found[2], found[-1], len(found)) == ("2026-03", "2026-01", "2025-03", MONTHS)
    assert months_until(date(2026, 1, 1))[:2] == ["2026-01", "2025-12"]
