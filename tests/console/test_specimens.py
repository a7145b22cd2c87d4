"""The laboratory's work list before a real browser."""

import time

import pytest
from playwright.sync_api import Browser, expect

from hub.events import format_time
from hub.reported import SpecimenRegistered
from tests.api.province import result
from tests.console.conftest import LAPTOP, PHONE, Running, fits, look_at, no_markup, shoot

HOUR_MS = 3_600_000
SPECIMEN, STRAY = "TN2108-0001", "TN2108-0002"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_what_waits_longest_comes_first_and_leaves_once_it_is_matched(
    running: Running, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    now_ms = time.time_ns() // 1_000_000
    collected = format_time(now_ms - 200 * HOUR_MS)
    told = SpecimenRegistered(specimen=SPECIMEN, collected=collected, facility="bv-thong-nhat", pool=True)
    running.put(told, "intake", "dong-nai", now_ms, key=SPECIMEN)
    running.put(result(STRAY, "NEG"), "genexpert-01", "bv-thong-nhat", now_ms - 100 * HOUR_MS)
    watched = look_at(browser, running.url, "/specimens", language, size)
    first = watched.page.locator(".ag-center-cols-container .ag-row[row-index='0']")
    expect(first).to_contain_text(SPECIMEN)
    expect(first).to_contain_text({"vi": "mẫu gộp", "en": "pool"}[language])
    expect(watched.page.locator(".ag-center-cols-container .ag-row[row-index='1']")).to_contain_text(STRAY)
    shoot(watched, f"specimens.{language}")
    assert fits(watched)
    watched.page.get_by_role(
        "button", name={"vi": "Kết quả chưa có", "en": "Result without"}[language]
    ).click()
    expect(first).to_contain_text(STRAY)
    running.put(result(SPECIMEN, "POS"), "genexpert-01", "bv-thong-nhat", now_ms)
    watched.page.get_by_role("button", name={"vi": "Mẫu chưa có", "en": "Specimen without"}[language]).click()
    expect(watched.page.get_by_role("status").filter(has_text="0 ")).to_be_visible()
    no_markup(watched)
