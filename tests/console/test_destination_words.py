"""Destinations in words: pure."""

from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from api.console.destination_words import CONDITIONS, condition_of, figures, last_answer, why
from api.console.wording import Language, Wording, texts
from storage.influx.projection_state import PHASES

NOW_MS = 1_795_330_000_000
VI, EN = (Wording(language, ZoneInfo("Asia/Ho_Chi_Minh")) for language in get_args(Language))


def row(state: str = "following", **told: Any) -> dict[str, Any]:
    known: dict[str, Any] = dict.fromkeys(
        ("backlog", "points", "series", "rewinds", "lag_s", "history_before", "time", "last_answer_at"), None
    )
    known |= {"rejected": 0, "series_over_limit": 0, "samples_dropped": None, "last_answer": None}
    return {**known, "state": state, "reason": "", "paused_by": "", "paused_since": None, **told}


def test_every_state_has_words_and_a_condition() -> None:
    states = {*PHASES, "unknown", "unused"}
    assert set(CONDITIONS) == states
    assert {f"destination_state.{state}" for state in states} <= set(texts("vi"))


def test_what_is_left_out_needs_a_look() -> None:
    assert condition_of(row()) == "ok"
    assert condition_of(row(rejected=1)) == condition_of(row(series_over_limit=1)) == "warn"
    assert condition_of(row("refused", rejected=1)) == "bad"
    assert condition_of(row("paused", rejected=1, paused_by="k1")) == "info"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (row(), ""),
        (row("away", reason="no_connection"), "không kết nối được: Tự thử lại, chậm nhất mỗi phút."),
        (row("away", reason="http_500"), "http_500: Tự thử lại, chậm nhất mỗi phút."),
        (
            row("paused", paused_by="k-7f21", paused_since="2026-11-22T06:45:00.000Z"),
            "k-7f21 tạm dừng lúc 22/11/2026 13:45:00",
        ),
    ],
)
def test_a_state_that_needs_a_sentence_has_one(told: dict[str, Any], said: str) -> None:
    assert why(VI, told) == said


def test_the_last_answer_and_when() -> None:
    at = "2026-11-22T06:46:35.000Z"
    assert last_answer(EN, row(), NOW_MS) == "—"
    taken = row(last_answer="written", last_answer_at=at)
    assert last_answer(EN, taken, NOW_MS).startswith("taken · ")
    refused = row(last_answer="refused: unauthorized", last_answer_at=at)
    assert last_answer(VI, refused, NOW_MS).startswith("từ chối: sai mã truy cập hoặc mật khẩu · ")


def test_what_nobody_knows_is_a_dash_and_what_is_none_is_said() -> None:
    unknown = dict(figures(VI, row("unknown"), NOW_MS))
    assert unknown["lag"] == unknown["points"] == unknown["settled"] == "—"
    assert "series_over" not in unknown
    known = dict(figures(VI, row(lag_s=0.0, history_before="2026-11-02", series_over_limit=12345), NOW_MS))
    assert (known["lag"], known["series_over"]) == ("không chậm", "12.345")
    assert known["history"] == "đang gửi các ngày trước 02/11/2026"
