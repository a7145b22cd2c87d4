"""The map before a real browser: the numbers of the table, by keyboard, day and measure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hub.reported import SpecimenRegistered
from hub.runtime.report_desk import ReportDesk
from storage.contract import Arrival, Batch
from storage.open import open_reader
from tests.api.province import result
from tests.conformance.store_arrivals import From, arrival
from tests.console.conftest import Running, province_at, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_AT_MS = 1_628_040_000_000  # 2021-08-04T01:20:00Z
_TOLD = {"731": 7, "735": 2, "742": 21}


def _arrivals() -> list[Arrival]:
    found = []
    for district, count in _TOLD.items():
        for number in range(count):
            name = f"{district}-{number}"
            told = SpecimenRegistered(specimen=name, collected="2021-08-04", district=district)
            origin = From("intake", "dong-nai", "hub", "hub", 100 * int(district) + number)
            found.append(arrival(told, origin, time_ms=_AT_MS, subject=told.subject))
            lab = From("genexpert-01", "bv-thong-nhat", "edge-1", seq=100 * int(district) + number)
            found.append(arrival(result(name, "POS"), lab, time_ms=_AT_MS, subject=f"{name}|SARS|1"))
    return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with province_at(tmp_path) as made:
        store = made.writer.store
        made.background.run(store.write(Batch(store.term, _arrivals(), received_ms=_AT_MS)))
        desk = ReportDesk(store, lambda: open_reader(None, made.data_dir), lambda: _AT_MS)
        made.background.run(made.hub.stop())
        made.hub.desk = desk.calls()
        made.background.run(made.hub.start())
        yield made


def test_the_map_and_the_table_beside_it(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    page = watched.page
    page.goto(f"{running.url}/map")
    expect(page.locator(".eh-map-district")).to_have_count(11)
    page.get_by_label("Ngày báo cáo").fill("04/08/2021")
    bien_hoa = page.get_by_label("Thành phố Biên Hòa: 7")
    expect(bien_hoa).to_be_visible()
    expect(page.locator(".eh-map-table")).to_contain_text("Huyện Nhơn Trạch")
    expect(page.locator(".eh-map-table tbody tr").last).to_contain_text("30")
    expect(page.locator(".eh-map-picture")).to_contain_text("Sơ đồ")
    bien_hoa.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Thành phố Long Khánh: 0")).to_be_focused()
    assert watched.wrong == []


def test_another_measure_and_a_day_that_is_none(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url, "en")
    page = watched.page
    page.goto(f"{running.url}/map")
    page.get_by_label("Report's day").fill("99/08/2021")
    watched.see("Enter a day as day/month/year")
    page.get_by_label("Report's day").fill("05/08/2021")
    expect(page.get_by_label("Huyện Nhơn Trạch: 21")).to_be_visible()
    page.get_by_label("Measure").click()
    page.get_by_role("option", name="F0 of the day").click()
    expect(page.get_by_label("Huyện Nhơn Trạch: 0")).to_be_visible()
    assert watched.wrong == []
