"""The page of forwards before a real browser: queues, what was given up, a decision and its audit row."""

import json
import tomllib

import pytest
from playwright.sync_api import Browser, expect

from api.console.manual_pages import MANUAL, manual_page
from api.edge.pages.forwards import queue_condition
from hub.config.forwarding import Forward
from tests.api.lab_edge import LIS
from tests.console.conftest import LAPTOP, PHONE, EdgeAlone, Laboratory, fits, look_at, shoot, sign_in

QUEUE = {
    "waiting": 0,
    "dead": 0,
    "to": "mllp://h:1",
    "trouble": "",
    "connected": False,
    "last_delivered": None,
}


@pytest.mark.parametrize(
    ("told", "condition"),
    [
        ({}, "unknown"),
        ({"connected": True}, "ok"),
        ({"last_delivered": "2026-11-22T06:45:00.000Z"}, "ok"),
        ({"waiting": 3, "trouble": "no_answer"}, "warn"),
        ({"dead": 1, "connected": True}, "bad"),
        ({"to": None}, "unknown"),
        ({"to": None, "waiting": 1}, "warn"),
    ],
)
def test_a_queue_nobody_heard_of_is_not_fine(told: dict[str, object], condition: str) -> None:
    assert queue_condition(QUEUE | told) == condition


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_queues_and_single_deliveries(
    laboratory_apart: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, laboratory_apart.url, "/login")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("operator"))
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})
    watched.page.goto(f"{laboratory_apart.url}/preferences?language={language}&next=/forwards")
    card = watched.page.locator(".eh-card")
    expect(card).to_contain_text(LIS)
    expect(card).to_contain_text("genexpert-01 → mllp://127.0.0.1:9")
    rows = watched.page.locator(".eh-entry")
    expect(rows).to_have_count(5)
    expect(rows.last).to_contain_text({"vi": "Đã giao", "en": "Delivered"}[language])
    shoot(watched, f"forwards.{language}")
    assert fits(watched)
    assert watched.wrong == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_without_a_forward_the_page_says_what_one_is_for(
    edge_alone: EdgeAlone, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, edge_alone.url, "/forwards", language, size)
    guide = watched.page.locator(".eh-guide")
    expect(guide).to_contain_text(
        {"vi": "Câu hỏi chỉ định của máy", "en": "What the analyzer asks"}[language]
    )
    sample = tomllib.loads(guide.locator("pre").inner_text())
    assert Forward.model_validate(sample["forward"][0]).to == "mllp://10.1.2.3:6661"
    expect(watched.page.get_by_role("combobox")).to_have_count(0)
    nothing = {"vi": "Không có tin nào.", "en": "No message."}[language]
    expect(watched.page.get_by_text(nothing)).to_be_hidden()
    assert fits(watched)
    shoot(watched, f"forwards-none.{language}")
    with watched.page.expect_popup() as opened:
        guide.get_by_role("link").click()
    expect(opened.value.locator("body")).to_contain_text("# Forwarding to the hospital's own system")
    assert watched.wrong == []


def test_only_pages_that_are_linked_are_given_out() -> None:
    assert all(manual_page(name) for name in MANUAL)
    assert manual_page("../pyproject.toml") is manual_page("api.md") is manual_page("") is None


@pytest.mark.browser
@pytest.mark.slow
def test_what_was_given_up_is_skipped_after_a_question_and_the_audit_has_it(
    laboratory_apart: Laboratory, browser: Browser
) -> None:
    watched = look_at(browser, laboratory_apart.url, "/login")
    page = watched.page
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("admin"))
    page.goto(f"{laboratory_apart.url}/forwards")
    dead = page.locator(".eh-entry", has_text="Không gửi được")
    expect(dead).to_contain_text("AR")
    page.get_by_role("button", name="Bỏ qua tất cả").click()
    dialog = page.locator(".eh-dialog")
    expect(dialog).to_contain_text("Bỏ qua cả 1 bản tin")
    shoot(watched, "forwards-skip.vi")
    dialog.get_by_role("button", name="Bỏ qua").click()
    expect(dead).to_have_count(0)
    expect(page.locator(".eh-entry", has_text="Đã bỏ qua")).to_have_count(1)
    audit = laboratory_apart.there.data_dir / "audit" / "decisions.jsonl"
    row = json.loads(audit.read_text("utf-8").splitlines()[-1])
    assert (row["action"], row["what"], row["capture"], row["through"]) == (
        "forward.skip",
        LIS,
        "",
        "console",
    )
    assert row["session"] == row["by"]
    page.goto(f"{laboratory_apart.url}/looks")
    watched.see("Bỏ qua")
    assert watched.wrong == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_reporter_sees_and_decides_nothing(laboratory_apart: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, laboratory_apart.url, "/login")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("reporter"))
    watched.page.goto(f"{laboratory_apart.url}/forwards")
    expect(watched.page.locator(".eh-entry")).to_have_count(5)
    expect(watched.page.get_by_role("button", name="Gửi lại")).to_have_count(0)
    expect(watched.page.get_by_role("button", name="Bỏ qua")).to_have_count(0)
    assert watched.wrong == []
