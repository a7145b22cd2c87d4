"""The order of units and what is said of their damage: pure."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.console.cold_units import ColdUnit
from api.console.condition import Shown
from api.console.damage_order import group_of, place_of
from api.console.damage_outlook import Outlook
from api.console.outlook_words import damage_tone, damage_words, trend_words
from api.console.wording import LANGUAGES, Wording
from hub.alarms.time_to_damage import Damage, Trend
from hub.events import format_time

NOW = 1_795_323_600_000
MINUTE = 60_000
HOUR = 60 * MINUTE
VI, EN = (Wording(language, ZoneInfo("Asia/Ho_Chi_Minh")) for language in LANGUAGES)


def unit(name: str, condition: Any = "ok", value: float = 5.0, ago: int = 0) -> ColdUnit:
    return ColdUnit(
        {"id": name}, {"value": value, "time": format_time(NOW - ago)}, Shown(condition, condition)
    )


def incident(severity: str) -> dict[str, Any]:
    return {"severity": severity}


def placed(*units: tuple[ColdUnit, Damage | None, list[dict[str, Any]], bool]) -> list[tuple[str, str]]:
    places = [
        place_of(each, Outlook(damage), incidents, resting=resting)
        for each, damage, incidents, resting in units
    ]
    return [(group_of(place), place[3]) for place in sorted(places)]


def test_time_to_damage_goes_before_the_value_and_the_unknown_stand_apart() -> None:
    soon, later = Damage(NOW + HOUR, "run", "FRZE"), Damage(NOW + 9 * HOUR, "run", "HEAT")
    assert placed(
        (unit("calm"), None, [], False),
        (unit("warmest", "bad", 20.0), later, [], False),
        (unit("silent", "unknown", ago=2 * HOUR), soon, [], False),
        (unit("silent-longer", "unknown", ago=3 * HOUR), None, [], False),
        (unit("freezing", "bad", -1.0), soon, [], False),
        (unit("raised", "unknown"), Damage(NOW - HOUR, "raised", "HEAT"), [incident("critical")], False),
        (unit("cool", "bad", 1.5), None, [incident("warning")], False),
        (unit("defrosted", "bad", 15.0), Damage(NOW - HOUR, "raised", "HEAT"), [incident("critical")], True),
        (unit("door"), None, [incident("warning")], False),
        (unit("trend"), Damage(NOW + 5 * HOUR, "trend", "HEAT"), [], False),
    ) == [
        ("damage", "raised"),
        ("damage", "freezing"),
        ("damage", "trend"),
        ("damage", "warmest"),
        ("damage", "cool"),
        ("unknown", "silent-longer"),
        ("unknown", "silent"),
        ("calm", "door"),
        ("calm", "calm"),
        ("resting", "defrosted"),
    ]


@pytest.mark.parametrize(
    ("damage", "vi", "en", "tone"),
    [
        (None, "", "", "unknown"),
        (Damage(NOW + 80 * MINUTE, "run", "HEAT"), "Quá nóng sau 1 giờ 20 phút nữa nếu cứ tiếp diễn",
         "Too warm in 1 h 20 min if it goes on", "warn"),
        (Damage(NOW + 5 * HOUR, "trend", "FRZE"), "Ước tính theo xu hướng: Đông băng sau khoảng 5 giờ",
         "Estimate by its trend: Freezing in about 5 h", "info"),
        (Damage(NOW + 1, "holdover"), "Còn giữ lạnh khoảng 1 phút, theo thiết bị; tủ đang mất điện",
         "Cold left for about 1 min, says the unit; its power is out", "warn"),
        (Damage(NOW - 1, "holdover"), "Đã hết thời gian giữ lạnh còn lại",
         "The cold that was left is used up", "bad"),
        (Damage(NOW, "raised", "HEAT"), "Quá nóng: đã đến ngưỡng nghiêm trọng",
         "Too warm: the critical limit is reached", "bad"),
    ],
)  # fmt: skip
def test_what_is_said_of_it(damage: Damage | None, vi: str, en: str, tone: str) -> None:
    assert (damage_words(VI, damage, NOW), damage_words(EN, damage, NOW)) == (vi, en)
    assert damage_tone(damage, NOW) == tone


def test_a_trend_has_an_arrow_and_a_word() -> None:
    told = [trend_words(VI, trend) for trend in (Trend(0, 5, 1.25), Trend(0, 5, 0), Trend(0, 5, -0.4), None)]
    assert told == ["↗ tăng 1,2 °C/giờ", "→ ổn định", "↘ giảm 0,4 °C/giờ", "· chưa rõ xu hướng"]
