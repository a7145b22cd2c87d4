"""The page of analyzers before a real browser: rhythm, clock, unmapped codes with the way to map them."""

import pytest
from playwright.sync_api import Browser, expect

from api.console.analyzers import clock_condition
from tests.api.lab_edge import COBAS, GENEXPERT
from tests.console.conftest import LAPTOP, PHONE, Laboratory, Running, fits, look_at, shoot, watch


@pytest.mark.parametrize(
    ("offset_s", "condition"), [(None, "unknown"), (0, "ok"), (-120, "ok"), (121, "warn"), (-86_400, "warn")]
)
def test_a_clock_nobody_compared_is_not_right(offset_s: float | None, condition: str) -> None:
    assert clock_condition(offset_s) == condition


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_each_analyzer_tells_how_it_stands(
    laboratory: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, laboratory.url, "/analyzers", language, size)
    card = watched.page.locator(".eh-card", has_text=GENEXPERT)
    expect(card).to_contain_text({"vi": "5 tin trong 24 giờ", "en": "5 messages in the last"}[language])
    expect(card.locator(".eh-hour:not(.eh-hour-none)")).not_to_have_count(0)
    expect(card.locator(".eh-why")).to_contain_text("94500-6 · 94500-6 × 1")
    expect(card.locator(".eh-why")).to_contain_text(f"epihub profile unmapped --device {GENEXPERT}")
    expect(card).to_contain_text({"vi": "Chuyển đến lis", "en": "On to lis"}[language])
    expect(watched.page.locator(".eh-card", has_text=COBAS).locator(".eh-why")).to_have_count(0)
    shoot(watched, f"analyzers.{language}")
    assert fits(watched)
    assert watched.wrong == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_hub_apart_says_that_the_edge_knows_more_and_nothing_is_fine_without_the_hub(
    running: Running, browser: Browser
) -> None:
    watched = watch(browser, running.url)
    watched.page.goto(f"{running.url}/analyzers")
    card = watched.page.locator(".eh-card", has_text="genexpert-01")
    expect(card).to_contain_text("Trực tuyến")
    expect(card).to_contain_text("chỉ xem được tại trạm")
    expect(card.get_by_role("link")).to_have_attribute("href", "https://edge-1.example:8080")
    expect(card).to_contain_text("chưa so được")
    running.background.run(running.hub.stop())
    expect(watched.page.locator(".eh-card.eh-is-ok")).to_have_count(0)
    assert watched.wrong == []
