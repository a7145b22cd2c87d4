import dataclasses
import re
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.board import SPANS
from api.console.condition import ORDER
from api.console.journey import CONDITION, STEP_REASONS
from api.console.login import inner_path
from api.console.mount import find_pages
from api.console.outcome import CALLS
from api.console.pages.quarantine import OUTCOMES
from api.console.wording import LANGUAGES, Language, Wording, as_language, texts
from api.edge.forwards import Choice
from api.edge.look import TOLD
from api.edge.message import CHANGES
from api.edge.pages.captures import STATES
from api.edge.pages.looks import DECIDED, FIELDS
from api.edge.resend_dialog import TROUBLE
from api.journey_steps import STEPS
from hub.edge.audit import By
from hub.forward_states import FORWARD_STATES
from hub.spool.order_rows import ORDER_STATES
from storage.contract import Figures

PARTS = [
    "process",
    "hub",
    "edge",
    "broker",
    "bus",
    "partitions",
    "store",
    "store_reader",
    "spool",
    "keys",
    "sink",
]
OBSERVED = re.findall(
    r'\.component\("([\w-]+)"\)',
    (Path(__file__).parents[2] / "hub" / "runtime" / "health_and_metrics.py").read_text("utf-8"),
)
CHOICE_PARTS = ("_title", "_sure", "_done")
ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON_MS = 1_795_323_600_000  # 2026-11-22T05:00:00Z, noon in Đồng Nai


def test_both_languages_have_the_same_keys_and_places() -> None:
    vietnamese, english = texts("vi"), texts("en")
    assert set(vietnamese) == set(english)
    for key, text in vietnamese.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", english[key])), key
        assert text.strip(), key


def test_every_key_that_the_pages_say_is_there() -> None:
    said = {
        key
        for folder in ("api/console", "api/edge")
        for path in (ROOT / folder).rglob("*.py")
        for key in re.findall(r"""say\(["']([a-z_]+\.[A-Za-z0-9_]+)["']""", path.read_text())
    }
    assert len(said) > 40
    made = {f"nav.{page.name}" for page in find_pages()} | {f"call.{call}" for call in CALLS}
    made |= {f"cold.{span}" for span in SPANS} | {f"state.{name}" for name in ORDER}
    made |= {f"quarantine.{outcome}" for outcome in OUTCOMES} | {
        f"look.{code.replace('.', '_')}" for code in TOLD
    }
    made |= {f"banner.{who}_{how}" for who in ("hub", "edge") for how in ("away", "degraded", "down")}
    made |= {f"edge.no_{name}" for name in ("devices", "unsendable")}
    made |= {f"capture.{state}" for state in (*STATES, "unopened")}
    made |= {f"message.{change}" for change in CHANGES if change != "same"}
    made |= {f"forward.{state}" for state in FORWARD_STATES}
    made |= {f"forward.{code.replace('.', '_')}" for code in {*TROUBLE, "edge.away"}}
    made |= {
        f"forward.{choice}{part}" for choice in get_args(Choice) for part in ("", *CHOICE_PARTS, "_all_title")
    }
    made |= {f"journey.step_{name}" for name in STEPS} | {f"journey.{state}" for state in CONDITION}
    made |= {f"journey.{reason}" for reason in STEP_REASONS}
    made |= {f"span.{unit}" for unit in "smhd"}
    made |= {f"decisions.{name}" for name in DECIDED}
    made |= {f"order.{state}" for state in (*ORDER_STATES, "resulted", "unknown", "not_stored")}
    made |= {f"part.{name}" for name in (*PARTS, *OBSERVED)} | {
        f"health.{name}" for name in ("parts", "store")
    }
    made |= {f"store.{one.name}" for one in dataclasses.fields(Figures) if one.type in (int, "int")}
    made |= {f"looks.{name}" for name in FIELDS} | {f"through.{name}" for name in get_args(By)}
    assert said | made <= set(texts("vi"))


# Only counted and logged, or said to the device itself or to a hospital's system.
UNREAD = {
    *("astm.contention", "astm.no_enquiry", "astm.record_refused", "astm.refused", "astm.renumbered"),
    *("astm.repeated", "astm.unexpected", "cce.busy", "cce.encoding_unknown", "cce.not_committed"),
    *("cce.unfinished", "orders.too_many"),
}


def test_reasons_of_the_code_have_words() -> None:
    """Every reason with which our adapters and the hub quarantine is explained in both languages."""
    named = r'"((?:mllp|hl7|astm|table|cold|cce|link|orders?)\.[a-z0-9_]+)"|health\("[A-Z]+", "(\w+)"'
    codes = {
        code
        for family in ("adapters/lab_analyzers", "adapters/cold_chain")
        for path in (ROOT / family).rglob("*.py")
        for found in re.findall(named, path.read_text())
        for code in found
        if code
    }
    assert len(codes) > 100
    assert codes >= UNREAD
    assert {f"reason.{code}" for code in codes - UNREAD} <= set(texts("vi"))


@pytest.mark.parametrize(
    ("language", "number", "degrees"), [("vi", "1.856", "−1.234,5 °C"), ("en", "1,856", "−1,234.5 °C")]
)
def test_numbers_as_people_write_them(language: Language, number: str, degrees: str) -> None:
    say = Wording(language, ZONE)
    assert say.count(1856) == number
    assert say.degrees(-1234.5) == degrees
    assert say.degrees(None) == "—"


def test_moments_in_the_time_of_the_hub() -> None:
    assert Wording("vi", ZONE).moment(NOON_MS) == "22/11/2026 12:00:00"
    assert Wording("en", ZONE).moment(None) == "—"


@pytest.mark.parametrize(
    ("gone_ms", "told"),
    [
        (0, "0 giây trước"),
        (59_999, "59 giây trước"),
        (60_000, "1 phút trước"),
        (7_200_000, "2 giờ trước"),
        (90_000_000, "1 ngày trước"),
        (-60_000, "0 giây trước"),
        (-180_000, "giờ trong tương lai"),
    ],
)
def test_ages(gone_ms: int, told: str) -> None:
    assert Wording("vi", ZONE).age(NOON_MS - gone_ms, NOON_MS) == told


@pytest.mark.parametrize(
    ("length_ms", "told"), [(0, "0 giây"), (59_999, "59 giây"), (7_300_000, "2 giờ"), (10**9, "11 ngày")]
)
def test_spans(length_ms: int, told: str) -> None:
    assert Wording("vi", ZONE).span(length_ms) == told


@pytest.mark.parametrize(
    ("typed", "ms"),
    [
        ("22/11/2026 12:00", NOON_MS),
        (" 22/11/2026 ", NOON_MS - 12 * 3_600_000),
        ("2026-11-22", None),
        ("31/02/2026", None),
        ("hôm qua", None),
        ("", None),
        ("9" * 1000, None),
    ],
)
def test_moments_as_people_type_them(typed: str, ms: int | None) -> None:
    assert Wording("vi", ZONE).read_moment(typed) == ms


@pytest.mark.parametrize(
    ("count", "told"),
    [("1", "1 control"), (1, "1 control"), ("0", "0 controls"), ("1,001", "1,001 controls")],
)
def test_one_is_not_many(count: object, told: str) -> None:
    assert Wording("en", ZONE)("run.controls", count=count) == told
    assert Wording("vi", ZONE)("run.controls", count=1) == "1 mẫu chứng"


def test_whatever_has_a_form_for_one_is_told_how_many() -> None:
    forms = [text for language in LANGUAGES for text in texts(language).values() if "|" in text]
    assert forms
    assert all(text.count("|") == 1 and "{count}" in text for text in forms)


def test_an_unknown_reason_keeps_its_code() -> None:
    say = Wording("vi", ZONE)
    assert say.reason("event.bad_data:lab.result.v1") == "Dữ liệu của sự kiện không đúng dạng"
    assert say.reason("new.code") == "new.code"
    assert say.trouble("new.code") == "Chưa hiểu được tin này"
    assert say.reason(None) == ""


@given(st.text(max_size=40))
def test_whatever_a_cookie_holds_is_a_language(sent: str) -> None:
    assert as_language(sent) in LANGUAGES


@given(st.text(max_size=60) | st.text("/\\:@.ab?#\t\n", max_size=12).map(lambda tail: f"/{tail}"))
def test_after_signing_in_nobody_leaves_the_console(wanted: str) -> None:
    place = inner_path(wanted)
    assert place.startswith("/")
    assert not re.match(r"[/\\\s]{2}", place)
    assert place.isprintable()
