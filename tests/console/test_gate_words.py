"""What the staff of gates reads, and what is loud: pure."""

import re
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from api.console.gate_alerts import FRESH_MS, LIVE_FIRST_MS, MOST, PERSON_MS, SAME_MS, Alerts
from api.console.gate_dialogs import FAULTS
from api.console.gate_words import (
    DECIDED,
    decided_condition,
    passage_words,
    reasons_counted,
    staff_reason,
    standing_reason,
    who_it_was,
    zone_condition,
)
from api.console.wording import Wording, texts
from api.gates import KINDS
from hub.config.kinds import Kinds
from hub.events import format_time
from hub.payloads import GateDecision

ROOT = Path(__file__).parents[2]
NOW_MS = 1_795_323_600_000
VI, EN = (Wording(language, ZoneInfo("Asia/Ho_Chi_Minh")) for language in ("vi", "en"))
FAMILIES = (
    r"(?:cbor|certificate|citizen_card|code|cose|delimited|divoc|form|health_insurance|hikvision|inflate|json"
    r"|passage|picture|plain|relay|scan|seal|smart_card|zkteco)"
)
UNREAD = {"passage.not_committed"}  # said to the sensor that posts


def live(device: str, at_ms: int, decision: str = "alert") -> dict[str, Any]:
    told = {"device": device, "at_ms": at_ms, "decision": decision, "reason": "list.watch"}
    return told | {"initials": "NVA", "birth_year": 1985}


def stored(device: str, at_ms: int, decision: str = "alert") -> dict[str, Any]:
    return {"device": device, "time": format_time(at_ms), "decision": decision, "reason": "list.watch"}


def test_gates_are_the_devices_whose_adapters_are_gates() -> None:
    doors = Kinds.installed().doors()
    assert {door.name for door in doors if door.module.startswith("adapters.qr_gates")} == KINDS


def test_every_decision_has_words_and_a_condition() -> None:
    decisions = get_args(GateDecision.__annotations__["decision"])
    assert set(DECIDED) == set(decisions)
    assert {f"gate_decision.{decision}" for decision in decisions} <= set(texts("vi"))
    assert decided_condition("of_tomorrow") == "unknown"


def test_reasons_of_gates_have_words() -> None:
    """Those of decisions, of states, of quarantine: in both languages, as another test compares them."""
    named = rf'"({FAMILIES}\.[a-z0-9_]+)"|health\(\s*"[A-Z]+", "(\w+)"'
    codes = {
        code
        for path in (ROOT / "adapters" / "qr_gates").rglob("*.py")
        for found in re.findall(named, path.read_text("utf-8"))
        for code in found
        if code
    }
    assert len(codes) > 60
    words = set(texts("vi"))
    assert {
        code
        for code in codes - UNREAD
        if not {f"reason.{code}", f"gate_reason.{code}", f"gate_staff.{code}"} & words
    } == set()


def test_faults_of_the_dialogs_have_words() -> None:
    assert {f"gate.fault_{fault.replace('.', '_')}" for fault in (*FAULTS, "other")} <= set(texts("vi"))


def test_the_staff_is_told_what_people_are_not() -> None:
    assert staff_reason(VI, "list.watch") == "Có trong danh sách theo dõi"
    assert staff_reason(VI, "declaration.old") == "Khai báo y tế đã quá hạn"
    assert staff_reason(VI, "of.tomorrow") == "of.tomorrow"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (None, ""),
        ("scanner_gone", "The scanner has gone"),
        ("relay.http_500", "The relay reports a fault (http_500)"),
        (
            "passage.no_answer relay.no_answer",
            "The passage sensor does not answer · The relay does not answer",
        ),
    ],
)
def test_how_a_gate_stands(code: str | None, told: str) -> None:
    assert standing_reason(EN, code) == told


def test_nobody_is_named_in_the_list() -> None:
    row = {"sex": "F", "age_band": "18-49", "district": "731", "visit": "v-1:abc"}
    assert who_it_was(VI, row) == "Nữ · 18-49 tuổi · huyện 731"
    assert who_it_was(EN, dict.fromkeys(row)) == ""


def test_passages_say_who_says_so() -> None:
    went = {"passage": {"confirmed": True, "direction": "out"}}
    assert passage_words(VI, went) == "đã ra"
    assert passage_words(VI, {"passage": {"confirmed": False, "direction": "in"}}) == "coi như đã vào"
    assert passage_words(VI, {"passage": None}) == ""


def test_only_refusals_are_counted() -> None:
    rows = [
        {"decision": d, "reason": r} for d, r in [("deny", "a"), ("allow", "x"), ("hold", "b"), ("deny", "b")]
    ]
    assert reasons_counted(rows) == [("b", 2), ("a", 1)]


@pytest.mark.parametrize(
    ("below", "difference", "condition"),
    [(True, 0, "bad"), (True, 2, "bad"), (False, -2, "warn"), (False, 0, "ok"), (False, None, "ok")],
)
def test_how_far_a_count_is_believed(below: bool, difference: int | None, condition: str) -> None:
    assert zone_condition({"below_zero": below, "difference": difference}) == condition


def test_an_alert_is_new_once_and_stands_until_somebody_knows() -> None:
    alerts = Alerts(persons=True)
    assert alerts.take([live("g", NOW_MS), live("g", NOW_MS + 1, "deny")], ["g"], [], NOW_MS)
    assert not alerts.take([live("g", NOW_MS)], ["g"], [stored("g", NOW_MS)], NOW_MS)
    assert [alert.device for alert in alerts.standing] == ["g"]
    assert alerts.take([live("g", NOW_MS + 5000)], ["g"], [], NOW_MS + 5000)
    alerts.known()
    assert not alerts.take([live("g", NOW_MS + 5000)], ["g"], [], NOW_MS + 6000)
    assert alerts.standing == []


def test_initials_stand_for_two_minutes_and_for_operators_alone() -> None:
    alerts, reporter = Alerts(persons=True), Alerts(persons=False)
    for each in (alerts, reporter):
        each.take([live("g", NOW_MS)], ["g"], [], NOW_MS)
    assert alerts.standing[0].names_somebody(NOW_MS + PERSON_MS - 1)
    assert not alerts.standing[0].names_somebody(NOW_MS + PERSON_MS)
    assert not reporter.standing[0].names_somebody(NOW_MS)
    assert reporter.standing[0].initials == ""


def test_alerts_of_gates_elsewhere_come_by_the_store_while_they_are_fresh() -> None:
    alerts = Alerts(persons=True)
    assert not alerts.take([], [], [stored("far", NOW_MS - FRESH_MS)], NOW_MS)
    assert alerts.take([], [], [stored("far", NOW_MS - FRESH_MS + 1), stored("far", NOW_MS, "deny")], NOW_MS)
    assert [alert.initials for alert in alerts.standing] == [""]


def test_what_the_screens_did_not_tell_is_told_by_the_store_once() -> None:
    alerts = Alerts(persons=True)
    row = stored("g", NOW_MS)
    assert not alerts.take([], ["g"], [row], NOW_MS + LIVE_FIRST_MS - 1)
    assert alerts.take([], ["g"], [row], NOW_MS + LIVE_FIRST_MS)
    assert not alerts.take([], ["g"], [row], NOW_MS + LIVE_FIRST_MS + 1)
    told = Alerts(persons=True)
    told.take([live("g", NOW_MS)], ["g"], [], NOW_MS)
    assert not told.take([], ["g"], [stored("g", NOW_MS - SAME_MS)], NOW_MS + LIVE_FIRST_MS)


def test_no_more_alerts_stand_than_the_bound() -> None:
    alerts = Alerts(persons=True)
    for n in range(15 * MOST):
        alerts.take([live("g", NOW_MS + n)], ["g"], [], NOW_MS)
    assert [alert.at_ms for alert in alerts.standing] == [NOW_MS + 14 * MOST + n for n in range(MOST)]
    assert len(alerts._known) == 10 * MOST
