"""Where is my result, before a real browser: the line of steps, a resend with its audit, nothing found."""

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.api.lab_edge import LIS
from tests.api.province import HOSTILE
from tests.console.conftest import (
    LAPTOP,
    PHONE,
    Laboratory,
    Watched,
    fits,
    look_at,
    no_markup,
    shoot,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def ask(watched: Watched, specimen: str) -> None:
    box = watched.page.locator(".eh-search input")
    box.fill(specimen)
    box.press("Enter")


@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_one_line_of_steps_for_each_result(
    laboratory: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, laboratory.url, "/where", language, size)
    ask(watched, "TN2611-0042")
    steps = watched.page.locator(".eh-step")
    expect(steps).to_have_count(6)
    expect(watched.page.locator(".eh-step.eh-is-ok")).to_have_count(6)
    expect(steps.nth(5)).to_contain_text({"vi": "Giao cho lis", "en": "Delivered to lis"}[language])
    expect(steps.nth(5)).to_contain_text("AA")
    shoot(watched, f"where-done.{language}")
    assert fits(watched)
    ask(watched, "TN2611-0044")
    expect(watched.page.locator(".eh-step.eh-is-bad")).to_contain_text(
        {"vi": "có mã chưa ánh xạ", "en": "a code is unmapped"}[language]
    )
    expect(watched.page.locator(".eh-step.eh-is-warn")).to_have_count(3)
    shoot(watched, f"where-unmapped.{language}")
    assert watched.wrong == []


def test_a_refused_one_is_sent_again_and_the_audit_says_who(laboratory: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, laboratory.url, "/where")
    page = watched.page
    ask(watched, "TN2611-0043")
    refused = page.locator(".eh-step.eh-is-bad")
    expect(refused).to_contain_text("AR")
    refused.get_by_role("button", name="Gửi lại").click()
    dialog = page.locator(".eh-dialog")
    expect(dialog).to_contain_text("ghi vào nhật ký")
    shoot(watched, "where-resend.vi")
    dialog.get_by_role("button", name="Thôi").click()
    audit = laboratory.there.data_dir / "audit" / "decisions.jsonl"
    assert not audit.exists()
    refused.get_by_role("button", name="Gửi lại").click()
    dialog.get_by_role("button", name="Gửi lại").click()
    expect(page.locator(".eh-step").nth(5)).to_contain_text("Đang chờ")
    (row,) = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    assert (row["action"], row["what"], row["through"], row["by"]) == (
        "forward.retry",
        LIS,
        "console",
        "local",
    )
    ask(watched, "TN2611-0042")
    page.locator(".eh-step").nth(5).get_by_role("button", name="Gửi lại").click()
    expect(dialog).to_contain_text("nhận hai lần")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mở").click()
    expect(page.locator(".eh-message .eh-fact")).to_contain_text("TN2611-0042")
    assert watched.wrong == []


def test_nothing_found_says_what_was_searched_and_which_order_waits(
    laboratory: Laboratory, browser: Browser
) -> None:
    laboratory.background.run(laboratory.place({"order": "L-9", "specimen": "CHUA-CO", "tests": ["94500-6"]}))
    watched = look_at(browser, laboratory.url, "/where")
    ask(watched, "CHUA-CO")
    watched.see("Không tìm thấy kết quả nào của mẫu “CHUA-CO”")
    watched.see("Chỉ định L-9")
    watched.see("Chưa máy nào nhận")
    watched.see("Đã tìm: toàn bộ kho; các sự kiện mà trạm edge-7 còn giữ")
    watched.see("2 bản tin đang cách ly")
    shoot(watched, "where-nothing.vi")
    ask(watched, HOSTILE)
    expect(watched.page.locator(".eh-journey")).to_contain_text(HOSTILE[:20])
    no_markup(watched)
    assert watched.wrong == []


def test_while_the_edge_is_away_no_step_is_shown(laboratory: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, laboratory.url, "/where")
    ask(watched, "TN2611-0042")
    expect(watched.page.locator(".eh-step")).to_have_count(6)
    socket = laboratory.there.socket
    away = socket.rename(socket.with_suffix(".away"))
    try:
        watched.see("trạm không trả lời", exact=False)
        expect(watched.page.locator(".eh-step")).to_have_count(0)
    finally:
        away.rename(socket)
    expect(watched.page.locator(".eh-step")).to_have_count(6)
    assert watched.wrong == []
