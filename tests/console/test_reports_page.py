"""Reports before a real browser: told from a real store, with revisions, files, and hostile words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from hub.reported import Declaration, FacilityRegistered, QuarantineDay
from hub.runtime.report_desk import ReportDesk
from hub.sink.born import born
from storage.contract import Batch
from storage.open import open_reader
from tests.console.conftest import SCREENSHOTS, Running, province_at, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOSTILE = '<img src="x" onerror="window.pwned=1">'
YESTERDAY = (datetime.now(UTC) + timedelta(hours=7) - timedelta(days=1)).date().isoformat()


def put(running: Running, *told: Declaration | FacilityRegistered | QuarantineDay) -> None:
    at_ms = int(datetime.now(UTC).timestamp() * 1000)
    keys = [getattr(one, "reference", "") or f"{one.facility}|{YESTERDAY}" for one in told]  # type: ignore[union-attr]
    arrivals = [born("hub", one, key, at_ms, "intake") for one, key in zip(told, keys, strict=True)]
    store = running.writer.store
    running.background.run(store.write(Batch(store.term, arrivals, received_ms=at_ms)))


def declared(number: int, district: str = "731") -> Declaration:
    return Declaration(reference=f"r{number}", date=YESTERDAY, district=district, origin="imported")


@pytest.fixture
def reporting(tmp_path: Path) -> Iterator[Running]:
    with province_at(tmp_path) as running:
        desk = ReportDesk(running.writer.store, lambda: open_reader(None, running.data_dir))
        running.background.run(running.hub.stop())
        running.hub.desk = desk.calls()
        running.background.run(running.hub.start())
        facility = FacilityRegistered(
            facility="kcl-01", name=HOSTILE, kind="quarantine", district="737", valid_from="2020-04-01"
        )
        put(
            running,
            facility,
            *(declared(n) for n in range(1856)),
            *(declared(9000 + n, "737") for n in range(7)),
        )
        yield running


def test_a_report_is_read_taken_along_and_told_again_when_more_comes(
    reporting: Running, browser: Browser
) -> None:
    watched = watch(browser, reporting.url)
    page = watched.page
    page.goto(f"{reporting.url}/reports")
    line = page.locator(".eh-report-line").filter(has_text="1.863 sự kiện")
    expect(line).to_contain_text("Bản 1")
    line.get_by_role("button").click()
    table = page.locator(".eh-report").first
    expect(table).to_contain_text("Thành phố Biên Hòa")
    expect(table).to_contain_text("1.856‡")
    watched.see("từ hệ thống khác")
    put(reporting, declared(1, "734"), declared(20_000, "737"))
    page.get_by_role("button", name="Xem", exact=True).click()
    expect(page.locator(".eh-panel")).to_contain_text("Bản 2 ·")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "reports-open.vi.png", full_page=True)
    asked = {"date": YESTERDAY, "revision": "1", "format": "csv"}
    old = httpx.get(f"{reporting.url}/api/v1/reports/declarations", params=asked)
    assert old.status_code == 200
    assert "731,Thành phố Biên Hòa,declarations" in old.text
    assert watched.wrong == []


def test_what_people_wrote_is_text(reporting: Running, browser: Browser) -> None:
    watched = watch(browser, reporting.url, "en")
    watched.page.goto(f"{reporting.url}/reports")
    line = watched.page.locator(".eh-report-line").nth(2)
    expect(line).to_contain_text("Revision 1")
    line.get_by_role("button").click()
    watched.see(HOSTILE[:12])
    assert watched.page.evaluate("window.pwned") is None
    assert watched.wrong == []


def test_a_wrong_day_is_said(reporting: Running, browser: Browser) -> None:
    watched = watch(browser, reporting.url)
    watched.page.goto(f"{reporting.url}/reports")
    watched.page.get_by_label("Ngày báo cáo").fill("31/31/2026")
    watched.page.get_by_role("button", name="Xem", exact=True).click()
    watched.see("Ngày phải có dạng dd/MM/yyyy")
    assert watched.wrong == []
