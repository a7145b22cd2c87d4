"""Lots and reports of a unit before a real browser, with the desk of a hub behind it."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from hub.runtime.lot_desk import LotDesk
from storage.open import open_reader
from tests.console.conftest import LONGEST_SECONDS, PHONE, Running, fits, look_at, province_at, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]
UNIT = "tu-lanh-02"


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("lots")
    with province_at(folder) as running:
        desk = LotDesk(running.writer.store, lambda: open_reader(None, folder))
        running.background.run(running.hub.stop())
        running.hub.desk = desk.calls()
        running.background.run(running.hub.start())
        yield running


def test_a_lot_is_put_into_a_unit_moved_and_taken_out(province: Running, browser: Browser) -> None:
    watched = look_at(browser, province.url, f"/cold-chain/{UNIT}")
    page = watched.page
    lots = page.locator(".eh-unit-lots")
    expect(lots).to_contain_text("không biết vắc xin nào đang chịu nhiệt độ của tủ")
    lots.get_by_role("button", name="Đặt lô vào tủ").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Đặt lô vào tủ").click()
    expect(dialog).to_contain_text("Cần điền mục này.")
    dialog.get_by_label("Số lô").fill("FD9234")
    dialog.get_by_label("Vắc xin", exact=True).click()
    page.get_by_role("option", name="Comirnaty").click()
    dialog.get_by_label("Hạn dùng").fill("31/01/2029")
    dialog.get_by_label("Số liều").fill("1.170")
    shoot(watched, "lot_put.vi")
    dialog.get_by_role("button", name="Đặt lô vào tủ").click()
    entry = lots.locator("article", has_text="FD9234")
    expect(entry).to_contain_text("1.170 liều")
    expect(entry).to_contain_text("hạn dùng 31/01/2029")
    shoot(watched, "lots.vi")
    entry.get_by_role("button", name="Chuyển tủ FD9234").click()
    dialog.get_by_label("Sang tủ").click()
    page.get_by_role("option", name="tu-lanh-03").click()
    dialog.get_by_role("button", name="Chuyển tủ").click()
    expect(entry).to_have_count(0)
    page.goto(f"{province.url}/cold-chain/tu-lanh-03")
    entry.get_by_role("button", name="Lấy ra FD9234").click()
    dialog.get_by_label("Vì sao").click()
    page.get_by_role("option", name="Đã dùng hết").click()
    dialog.get_by_role("button", name="Lấy ra").click()
    expect(entry).to_have_count(0)
    told = httpx.get(f"{province.url}/api/v1/lots/FD9234", timeout=LONGEST_SECONDS).json()
    assert [row["device"] for row in told["placements"]] == [UNIT, "tu-lanh-03", None]
    assert (told["state"], told["reason"]) == ("out", "used")
    assert watched.wrong == []


def test_the_month_of_a_unit_is_taken_along(province: Running, browser: Browser) -> None:
    watched = look_at(browser, province.url, f"/cold-chain/{UNIT}", size=PHONE)
    page = watched.page
    link = page.get_by_role("link", name="Tải PDF")
    expect(link).to_be_visible()
    assert fits(watched)
    where = link.get_attribute("href") or ""
    assert where.startswith(f"/api/v1/reports/cold-chain-monthly?device={UNIT}&month=20")
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename.startswith(f"cold-chain-monthly-{UNIT}-20")
    assert waiting.value.path().read_bytes().startswith(b"%PDF")
    assert watched.wrong == []
