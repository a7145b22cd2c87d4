"""What people at a gate are shown: words in both languages, and nothing that only the staff may know."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.kiosk_faces import FACES, face_of, resting, shown_to_people, standing_shown
from api.console.wording import LANGUAGES, texts
from hub.payloads import DeviceState, GateDecision

REASONS = [key.removeprefix("gate_reason.") for key in texts("vi") if key.startswith("gate_reason.")]
DECISIONS = get_args(GateDecision.__annotations__["decision"])


def screen(decision: str, reason: str, **more: Any) -> dict[str, Any]:
    told = {"initials": "NVA", "birth_year": 1985, "remarks": (), "took_ms": 0.3}
    return {"device": "gate-1", "at_ms": 5, "decision": decision, "reason": reason} | told | more


def test_every_decision_has_a_face() -> None:
    assert set(FACES) == set(DECISIONS)
    assert face_of("tomorrow") == "wait"


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("reason", REASONS)
def test_words_in_both_languages(decision: str, reason: str) -> None:
    told = shown_to_people(screen(decision, reason))
    assert all(told["word"][language] for language in LANGUAGES)
    assert set(told) == {"face", "word", "hint", "who"}
    assert told["who"] == {"vi": "NVA · sinh 1985", "en": "NVA · born 1985"}


@given(st.sampled_from(REASONS) | st.text(max_size=20), st.lists(st.text(max_size=10), max_size=3))
def test_nobody_can_tell_an_alert_from_a_full_zone(reason: str, remarks: list[str]) -> None:
    alert = shown_to_people(screen("alert", reason, remarks=remarks, took_ms=99.0))
    assert alert == shown_to_people(screen("hold", "zone.full"))


def test_a_refusal_says_why_and_an_unknown_reason_sends_people_to_the_staff() -> None:
    assert shown_to_people(screen("deny", "declaration.old"))["hint"]["vi"] == "Khai báo y tế đã quá hạn"
    assert shown_to_people(screen("deny", "of.tomorrow"))["hint"]["en"] == "Please see the staff"


def test_a_gate_that_could_not_store_may_not_have_opened() -> None:
    told = shown_to_people(screen("allow", "allowed", remarks=["not_stored"]))
    assert (told["face"], told["hint"]["vi"]) == ("pass", "Nếu cổng chưa mở, xin gọi nhân viên")


@pytest.mark.parametrize(
    ("initials", "year", "who"), [("", None, ""), ("", 1985, "sinh 1985"), ("A.", None, "A.")]
)
def test_whose_code_it_was_as_far_as_it_says(initials: str, year: int | None, who: str) -> None:
    told = shown_to_people(screen("allow", "allowed", initials=initials, birth_year=year))
    assert told["who"]["vi"] == who


@pytest.mark.parametrize("state", get_args(DeviceState))
def test_only_a_gate_that_works_is_ready(state: str) -> None:
    standing = {"state": state, "reason": "", "clock_offset_s": None}
    assert (standing_shown(standing, away=False)["face"] == "ready") == (state in ("ONLINE", "DEGRADED"))
    assert standing_shown(standing, away=True)["face"] == "edge"


@pytest.mark.parametrize("face", ["start", "ready", "down", "unheard", "service", "edge", "lost"])
def test_what_stands_has_words_in_both_languages(face: str) -> None:
    assert all(resting(face)["word"][language] for language in LANGUAGES)


def test_a_gate_that_nobody_knows_does_not_work() -> None:
    assert standing_shown(None, away=False)["face"] == "down"
    assert standing_shown({"state": "OF_TOMORROW", "reason": ""}, away=False)["face"] == "down"


def test_a_wrong_clock_is_told_beside_it() -> None:
    told = standing_shown({"state": "DEGRADED", "reason": "clock_wrong"}, away=False)
    assert told["note"] == {"vi": "Đồng hồ của cổng lệch", "en": "The clock of the gate is off"}
    assert resting("lost")["note"] == {"vi": "", "en": ""}
