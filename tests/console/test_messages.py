"""The message browser before a real browser: found, opened, read again; raw for the vault alone."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.lab_edge import COBAS, GENEXPERT, NAME, plate
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
    sign_in,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CANARY = NAME.replace("^", " ").split()[-1]
REASON = "Đối chiếu mã mẫu"


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_messages_are_listed_with_what_is_in_them(
    laboratory: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, laboratory.url, "/captures", language, size)
    entries = watched.page.locator(".eh-entry")
    expect(entries).to_have_count(7)
    expect(entries.nth(0)).to_contain_text(HOSTILE[:20])
    expect(entries.nth(1)).to_contain_text({"vi": "Cách ly", "en": "Quarantined"}[language])
    expect(entries.nth(3)).to_contain_text({"vi": "Mã chưa ánh xạ", "en": "Unmapped codes"}[language])
    expect(entries.nth(6)).to_contain_text("TN2611-0042")
    expect(entries.nth(6)).to_contain_text({"vi": "Dương tính", "en": "Positive"}[language])
    expect(entries.nth(4)).to_contain_text("TG-01, TG-02, TG-03 +19")
    expect(entries.nth(4)).to_contain_text("+ 2")
    shoot(watched, f"messages.{language}")
    assert CANARY not in watched.page.content()
    assert fits(watched)
    entries.nth(0).get_by_role("button").click()
    expect(watched.page.locator(".eh-change-gone")).to_contain_text(HOSTILE[:20])
    no_markup(watched)
    watched.page.keyboard.press("Escape")
    entries.nth(4).get_by_role("button").click()
    dialog = watched.page.locator(".eh-message")
    expect(dialog.locator(".eh-fact")).to_have_count(24)
    expect(dialog.locator(".eh-fact").nth(2)).to_contain_text("TG-01")
    expect(dialog.get_by_role("heading", level=3)).to_have_count(2)
    shoot(watched, f"message-run.{language}")
    assert watched.wrong == []


def test_by_state_and_by_specimen_and_many_read_again(laboratory: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, laboratory.url, "/captures")
    page, entries = watched.page, watched.page.locator(".eh-entry")
    expect(entries).to_have_count(7)
    for place in (1, 3):
        entries.nth(place).get_by_role("checkbox").click()
    watched.see("Đã chọn 2 tin")
    page.get_by_role("button", name="Đọc lại các tin đã chọn").click()
    dialog = page.locator(".eh-dialog")
    watched.see("Đọc lại 2 tin?")
    dialog.get_by_role("button", name="Đọc lại").click()
    expect(dialog.locator(".eh-outcomes .eh-line")).to_have_count(2)
    watched.see("Đã đọc lại 2/2")
    expect(dialog).to_contain_text("Xong: 0 sự kiện mới.")
    shoot(watched, "messages-again.vi")
    dialog.get_by_role("button", name="Đóng").click()
    expect(page.locator(".eh-bulk")).to_be_hidden()
    choose(page, "Trạng thái", "Mã chưa ánh xạ")
    expect(entries.filter(has_text="TN2611-0044")).to_have_count(1)
    expect(entries.filter(has_text="TN2611-0042")).to_have_count(0)
    choose(page, "Trạng thái", "Tất cả")
    expect(entries).to_have_count(7)
    page.get_by_label("Mẫu").fill("TG-07")
    page.get_by_label("Mẫu").press("Enter")
    expect(entries).to_have_count(1)
    watched.see("Đã tìm trong toàn bộ kho")
    page.get_by_label("Mẫu").fill(f"{HOSTILE}.")
    page.get_by_label("Mẫu").press("Enter")
    watched.see("Không có tin nào.")
    no_markup(watched)
    assert watched.wrong == []


def test_raw_takes_a_vault_key_and_a_reason_and_each_role_sees_its_own(
    laboratory_apart: Laboratory, browser: Browser
) -> None:
    laboratory = laboratory_apart
    vault, operator = laboratory.key("vault"), laboratory.key("operator")
    watched = look_at(browser, laboratory.url, "/login")
    sign_in(watched, laboratory.url, operator)
    page, waiting = watched.page, watched.page.locator(".eh-entry", has_text="Tin thiếu mã mẫu")
    page.goto(f"{laboratory.url}/captures")
    waiting.get_by_role("button", name="Mở").click()
    dialog = page.locator(".eh-message")
    expect(dialog.locator(".eh-why")).to_contain_text("hl7.no_specimen")
    expect(dialog.get_by_role("button", name="Đọc lại")).to_be_visible()
    assert CANARY not in page.content()
    for key, reason, told in ((operator, REASON, "Cần khóa có vai trò vault"), (vault, "", "Hãy ghi lý do")):
        dialog.get_by_label("Khóa vault").fill(key)
        dialog.get_by_label("Lý do").fill(reason)
        dialog.get_by_role("button", name="Xem").click()
        expect(dialog).to_contain_text(told)
    assert not laboratory.there.looks.exists()
    dialog.get_by_label("Khóa vault").fill(vault)
    dialog.get_by_label("Lý do").fill(REASON)
    dialog.get_by_role("button", name="Xem").click()
    expect(dialog.locator(".eh-raw")).to_contain_text(CANARY)
    expect(dialog.locator(".eh-raw")).to_contain_text("⟨CR⟩\nPID|1")
    shoot(watched, "message-raw.vi")
    (row,) = [json.loads(line) for line in laboratory.there.looks.read_text("utf-8").splitlines()]
    assert (row["device"], row["reason"], row["through"]) == (GENEXPERT, REASON, "console")
    expect(dialog.locator(".eh-code").first).to_contain_text("hl7.no_specimen")
    page.keyboard.press("Escape")
    expect(dialog.locator(".eh-raw")).to_have_count(0)
    assert CANARY not in page.content()
    sign_in(watched, laboratory.url, laboratory.key("reporter"))
    page.goto(f"{laboratory.url}/captures")
    expect(page.locator(".eh-entry")).to_have_count(7)
    expect(page.locator(".eh-entry").get_by_role("checkbox")).to_have_count(0)
    waiting.get_by_role("button", name="Mở").click()
    watched.see("hl7.no_specimen")
    expect(page.get_by_role("button", name="Đọc lại")).to_have_count(0)
    expect(page.get_by_role("link", name="Kết quả ở đâu?")).to_have_count(0)
    assert page.request.get(f"{laboratory.url}/where").status == 403
    assert watched.wrong == []


def test_an_edge_apart_says_how_far_it_could_look(laboratory_apart: Laboratory, browser: Browser) -> None:
    watched: Watched = look_at(browser, laboratory_apart.url, "/login")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("operator"))
    watched.page.goto(f"{laboratory_apart.url}/captures")
    watched.page.get_by_label("Mẫu").fill("TG-01")
    watched.page.get_by_label("Mẫu").press("Enter")
    watched.see("kết quả cũ hơn hãy hỏi trung tâm")
    assert watched.wrong == []


def test_by_keyboard_and_what_comes_meanwhile_takes_nothing_away(
    laboratory_apart: Laboratory, browser: Browser
) -> None:
    watched = look_at(browser, laboratory_apart.url, "/login")
    page, entries = watched.page, watched.page.locator(".eh-entry")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("operator"))
    page.goto(f"{laboratory_apart.url}/captures")
    expect(entries).to_have_count(7)
    ticked = entries.nth(4).get_by_role("checkbox")
    ticked.focus()
    page.keyboard.press("Space")
    watched.see("Đã chọn 1 tin")
    page.keyboard.press("Tab")
    laboratory_apart.came(plate([("TG-99", "-")], control="RUN-9"), COBAS)
    expect(entries).to_have_count(8)
    expect(entries.nth(0)).to_contain_text("TG-99")
    expect(entries.nth(5).get_by_role("checkbox")).to_be_checked()
    expect(entries.nth(5).get_by_role("button", name="Mở")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".eh-message .eh-fact")).to_have_count(24)
    page.keyboard.press("Escape")
    expect(page.locator(".eh-message")).to_be_hidden()
    assert watched.wrong == []
