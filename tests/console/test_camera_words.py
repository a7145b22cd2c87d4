"""Cameras in words: how one stands, why, since when; nothing old or silent is fine. Pure."""

import re
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.reasons import REASONS
from api.cameras import KINDS
from api.console.camera_acts import FAULTS, fault_words, problem_words
from api.console.camera_shots import web_address
from api.console.camera_words import (
    AWAY,
    BLIND,
    at_work,
    figures,
    measured,
    measured_ms,
    megabits,
    scores,
    sentence,
    standing,
    state_word,
)
from api.console.wording import LANGUAGES, Wording, texts
from api.problems import Problem
from hub.config.kinds import Kinds
from hub.events import format_time
from hub.payloads import PICTURE_FAULTS, STREAM_FAULTS, CameraHealth, CameraMode, DeviceState
from storage.cameras import SILENT
from tests.console.camera_data import away, faulty, health, well

ROOT = Path(__file__).parents[2]
NOW_MS = 1_795_323_600_000  # 2026-11-22T05:00:00Z, noon in Đồng Nai
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
VI, EN = (Wording(language, ZoneInfo("Asia/Ho_Chi_Minh")) for language in LANGUAGES)


def told(one: CameraHealth, **more: Any) -> dict[str, Any]:
    """A row as GET cameras has it."""
    row: dict[str, Any] = msgspec.to_builtins(one)
    return {"id": "cam-1", "site": "bv-1", "edge": "edge-1", "scores": row.pop("picture")} | row | more


def test_cameras_are_the_devices_whose_adapters_are_cameras() -> None:
    doors = Kinds.installed().doors()
    cameras = {door.name for door in doors if door.module.startswith("adapters.cameras")}
    assert cameras <= KINDS


def test_whatever_is_told_of_cameras_has_words() -> None:
    words = set(texts("vi"))
    assert {f"reason.{reason}" for reason in REASONS} <= words
    assert {f"reason.{fault}" for fault in (*PICTURE_FAULTS, *STREAM_FAULTS)} <= words
    assert {f"camera_mode.{mode}" for mode in get_args(CameraMode)} <= words
    assert {f"reason.{code}" for code in (SILENT, AWAY)} <= words
    assert set(PICTURE_FAULTS) >= BLIND


def test_every_text_of_the_script_is_there() -> None:
    script = "".join(
        (ROOT / "api" / "console" / f"{name}.js").read_text("utf-8")
        for name in ("camera_pictures", "camera_wall")
    )
    named = set(re.findall(r"words\.([a-z_]+)", script))
    assert {"old", "lost", "alt", "rearrange"} <= named
    assert {f"camera.{name}" for name in named} <= set(texts("vi"))


@pytest.mark.parametrize(
    ("one", "condition", "word", "because"),
    [
        (well(NOW_MS - HOUR_MS), "ok", "Trực tuyến", "Đang nhận hình từ 11:00"),
        (away("unauthorized", NOW_MS - 4 * HOUR_MS), "bad", "Ngoại tuyến", "Sai mật khẩu từ 08:00"),
        (away("stall", NOW_MS - 14_000), "bad", "Ngoại tuyến", "Không còn dữ liệu, TCP vẫn mở từ 11:59"),
        (away("mute", NOW_MS - 20 * HOUR_MS), "bad", "Ngoại tuyến", "từ 21/11 16:00"),
        (faulty(NOW_MS - HOUR_MS, blur=1.3), "warn", "Suy giảm", "Hình mờ từ 11:00"),
        (faulty(NOW_MS - HOUR_MS, blur=2.0, black=1.1), "bad", "Không thấy gì", "Hình đen, Hình mờ từ 11:00"),
        (health("MAINTENANCE", "disabled", NOW_MS), "info", "Bảo trì", "Đã tắt trong cấu hình từ 12:00"),
        (health("UNKNOWN", "starting", NOW_MS), "unknown", "Không rõ", "Đang bắt đầu từ 12:00"),
    ],
)
def test_how_a_camera_stands_in_words(one: CameraHealth, condition: str, word: str, because: str) -> None:
    stands = standing(told(one))
    assert (stands.condition, state_word(VI, stands)) == (condition, word)
    assert because in sentence(VI, stands, NOW_MS)


@pytest.mark.parametrize(
    ("reason", "because"),
    [
        (SILENT, "Không nghe gì về camera này từ 11:49"),
        ("edge_offline", "Trạm biên không hoạt động, nên không rõ tình trạng thiết bị từ 11:49"),
    ],
)
def test_of_whom_nothing_is_heard_nothing_is_fine(reason: str, because: str) -> None:
    stands = standing(told(health("UNKNOWN", reason, NOW_MS - 660_000, faults=("black",))))
    assert (stands.condition, stands.faults) == ("unknown", ())
    assert sentence(VI, stands, NOW_MS) == because


def test_without_those_who_tell_nothing_is_known() -> None:
    stands = standing(told(well(NOW_MS)), known=False)
    assert (stands.condition, stands.reason, stands.since_ms) == ("unknown", AWAY, None)


def test_a_camera_that_was_never_heard_is_unknown() -> None:
    row = {"id": "cam-9", "state": "UNKNOWN", "reason": "device.never_heard", "since": None}
    assert standing(row).condition == standing({"id": "cam-9"}).condition == "unknown"
    assert sentence(VI, standing(row), NOW_MS) == "Chưa nhận được tin nào"


@given(st.sampled_from(get_args(DeviceState)), st.sets(st.sampled_from(PICTURE_FAULTS)))
def test_fine_is_only_who_is_online(state: Any, faults: set[str]) -> None:
    stands = standing(told(health(state, "streaming", NOW_MS, faults=tuple(faults))))
    assert (stands.condition == "ok") == (state == "ONLINE")
    if state == "DEGRADED":
        assert (stands.condition == "bad") == bool(faults & BLIND)


def test_figures_that_are_not_known_are_dashes() -> None:
    known = dict(figures(EN, told(well(NOW_MS))))
    assert known["fps"] == "25.0 frames/s"
    assert (known["bitrate"], known["clock"]) == ("402 kbit/s", "−0.4 s")
    assert (known["stream"], known["light"], known["mode"]) == ("H.264 640 × 360", "day", "always")
    unknown = dict(figures(VI, {}))
    assert set(unknown.values()) == {"—"}
    stalled = dict(figures(VI, told(away("stall", NOW_MS))))
    assert (stalled["fps"], stalled["bitrate"], stalled["loss"]) == ("0,0 hình/s", "0 kbit/s", "—")
    assert megabits(VI, 2_060_000.0) == "2,1 Mbit/s"


def test_in_few_words_what_one_that_is_well_sends() -> None:
    assert at_work(VI, told(well(NOW_MS, night=True))) == "25 hình/s · 402 kbit/s · đêm"
    assert at_work(EN, told(well(NOW_MS, night=True, learning=True))).endswith("learning")
    assert at_work(VI, {}) == ""


def test_figures_say_how_old_they_are() -> None:
    """They are told every few minutes: what was measured then may be otherwise now."""
    row = told(well(NOW_MS), time=format_time(NOW_MS - 4 * MINUTE_MS))
    assert measured_ms(row) == NOW_MS - 4 * MINUTE_MS
    assert measured(VI, row, NOW_MS) == "Đo 4 phút trước"
    assert measured(EN, row, NOW_MS) == "Measured 4 min ago"
    seldom = row | {"fps": None, "bitrate": None, "loss": None}
    assert measured_ms(seldom) == NOW_MS - 4 * MINUTE_MS, "one that is visited now and then has scores"
    for none in ({}, seldom | {"scores": {}}):
        assert measured_ms(none) is None
        assert measured(VI, none, NOW_MS) == ""


def test_scores_with_the_highest_first_say_what_stands() -> None:
    row = {"scores": {"blur": 0.4, "moved": 1.2, "black": 1.2}, "faults": ["moved"]}
    assert scores(row) == [("black", 1.2, False), ("moved", 1.2, True), ("blur", 0.4, False)]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://nvr.example/stream.html?src=cam-1", True),
        ("http://10.1.2.3:8889/cam-1", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://admin:secret@nvr.example/", False),
        ("https://[nvr", False),
        ("//nvr.example", False),
        (None, False),
    ],
)
def test_only_a_page_of_the_web_is_led_to(address: str | None, kept: bool) -> None:
    assert web_address(address) == (address if kept else "")


def test_why_a_command_was_not_done_is_said() -> None:
    assert fault_words(VI, "done", "") == ""
    assert fault_words(VI, "refused", "mute") == ("Camera từ chối: Kết nối được nhưng camera không trả lời")
    assert fault_words(EN, "expired", "") == "The edge does not answer; nothing changed."
    for code in (*FAULTS, "of.tomorrow"):
        assert problem_words(VI, Problem(503, code)).endswith((".", "gì."))
