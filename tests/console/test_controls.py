"""A control is never taken for a patient: its badge stands before the specimen, whole at every width."""

import pytest
from playwright.sync_api import Browser, expect

from tests.api.lab_edge import COBAS
from tests.api.province import HOSTILE, result
from tests.console.conftest import LAPTOP, PHONE, Laboratory, Running, look_at, shoot
from tests.console.test_pages import running_ms

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "DN10C53C6-0012-NC-PLATE-2-WELL-12"
WHOLE_AND_BEFORE = """specimen => {
    const rows = [...document.querySelectorAll('.eh-row-control')];
    const row = rows.find(each => each.textContent.includes(specimen));
    const badge = row?.querySelector('.eh-control');
    if (!badge) return false;
    const words = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    while (words.nextNode() && !words.currentNode.data.includes(specimen));
    const behind = document.createRange();
    behind.selectNodeContents(words.currentNode);
    const isWhole = badge.scrollWidth <= badge.clientWidth;
    return isWhole && badge.getBoundingClientRect().right < behind.getBoundingClientRect().left;
}"""


@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_the_badge_is_whole_however_long_the_specimen(
    running: Running, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    for specimen in (LONG, HOSTILE):
        told = result(specimen, "POS", control=True)
        running.put(told, "genexpert-01", "bv-thong-nhat", running_ms())
    for path in ("/", "/results"):
        watched = look_at(browser, running.url, path, language, size)
        row = watched.page.locator(".eh-row-control", has_text=LONG)
        badge = row.locator(".eh-control")
        expect(badge).to_have_text({"vi": "chứng", "en": "control"}[language])
        badge.evaluate("shown => shown.scrollIntoView({block: 'nearest', inline: 'nearest'})")
        expect(badge).to_be_in_viewport(ratio=1)
        # In one look, once it rests: what comes in live draws the row anew at any time.
        watched.page.wait_for_function(WHOLE_AND_BEFORE, arg=LONG)
        shoot(watched, f"control{path.replace('/', '-')}.{language}")
        patients = watched.page.locator(".eh-row, .ag-row").filter(has_text="TN2611-00")
        expect(patients.first).to_be_attached()
        expect(patients.locator(".eh-control")).to_have_count(0)
        assert watched.page.evaluate("window.pwned") is None
        assert watched.page.locator('img[src="x"]').count() == 0
        assert watched.wrong == []


def test_a_message_and_a_journey_say_which_one_is_the_control(
    laboratory: Laboratory, browser: Browser
) -> None:
    watched = look_at(browser, laboratory.url, "/runs", "en")
    page = watched.page
    page.get_by_role("combobox").click()
    page.get_by_role("option", name=COBAS).click()
    page.locator(".eh-run").nth(1).get_by_role("button", name="Open").click()
    facts = page.locator(".eh-message .eh-fact")
    expect(facts.locator(".eh-control")).to_have_count(2)
    expect(facts.filter(has_text="PC1").locator(".eh-control")).to_be_visible()
    page.goto(f"{laboratory.url}/where")
    page.get_by_label("Specimen").fill("PC1")
    page.get_by_label("Specimen").press("Enter")
    expect(page.locator(".eh-journey .eh-control").first).to_be_visible()
    assert watched.wrong == []
