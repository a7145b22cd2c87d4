"""The page of orders before a real browser: by state and specimen, cancelled after a question."""

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.api.lab_edge import COBAS, GENEXPERT
from tests.console.conftest import LAPTOP, PHONE, Laboratory, fits, look_at, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def ordered(laboratory_apart: Laboratory) -> Laboratory:
    """One waits, one was taken, one has its result."""
    run, urgent = laboratory_apart.background.run, {"priority": "STAT", "device": GENEXPERT}
    run(laboratory_apart.take(COBAS, "XN-TAKEN"))
    run(
        laboratory_apart.place(
            {"order": "L-2", "specimen": "XN-WAITS", "tests": ["94500-6", "95941-1"]} | urgent
        )
    )
    run(laboratory_apart.place({"order": "L-3", "specimen": "XN-LEFT", "tests": ["94500-6"]} | urgent))
    return laboratory_apart


@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_orders_by_state_and_specimen(
    ordered: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, ordered.url, "/login", "vi", size)
    page, rows = watched.page, watched.page.locator(".eh-entry")
    sign_in(watched, ordered.url, ordered.key("operator"))
    page.goto(f"{ordered.url}/preferences?language={language}&next=/orders")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("XN-WAITS")
    expect(rows.nth(1)).to_contain_text({"vi": "KHẨN", "en": "STAT"}[language])
    expect(rows.nth(2)).to_contain_text({"vi": "Máy đã nhận", "en": "An analyzer has it"}[language])
    shoot(watched, f"orders.{language}")
    assert fits(watched)
    specimen = page.get_by_label({"vi": "Mẫu", "en": "Specimen"}[language])
    specimen.fill("XN-TAKEN")
    specimen.press("Enter")
    expect(rows).to_have_count(1)
    specimen.fill("<b>XN</b>")
    specimen.press("Enter")
    watched.see({"vi": "Không có chỉ định nào.", "en": "No order."}[language])
    assert watched.wrong == []


def test_cancelled_after_a_question_and_by_operators_alone(ordered: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, ordered.url, "/login")
    page, rows = watched.page, watched.page.locator(".eh-entry")
    sign_in(watched, ordered.url, ordered.key("reporter"))
    page.goto(f"{ordered.url}/orders")
    expect(rows).to_have_count(3)
    expect(page.get_by_role("button", name="Hủy chỉ định")).to_have_count(0)
    sign_in(watched, ordered.url, ordered.key("operator"))
    page.goto(f"{ordered.url}/orders")
    waiting = rows.filter(has_text="XN-LEFT")
    waiting.get_by_role("button", name="Hủy chỉ định").click()
    dialog = page.locator(".eh-dialog")
    expect(dialog).to_contain_text("Hủy chỉ định L-3?")
    dialog.get_by_role("button", name="Thôi").click()
    expect(waiting).to_contain_text("Chưa máy nào nhận")
    waiting.get_by_role("button", name="Hủy chỉ định").click()
    dialog.get_by_role("button", name="Hủy chỉ định").click()
    expect(waiting).to_contain_text("Đã hủy")
    expect(waiting.get_by_role("button")).to_have_count(0)
    audit = ordered.there.data_dir / "audit" / "decisions.jsonl"
    row = json.loads(audit.read_text("utf-8").splitlines()[-1])
    assert (row["action"], row["what"], row["through"]) == ("orders.cancel", "L-3", "console")
    assert row["session"] == row["by"] != ""
    assert watched.wrong == []
