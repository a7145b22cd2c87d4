"""Calibrations on a unit's page before a real browser: issued by a form, kept by a hub's desk, listed."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.alarm_runner import AlarmRunner
from hub.runtime.calibration_desk import CalibrationDesk
from storage.contract import StoreReader
from storage.open import open_reader
from tests.console.conftest import Running, look_at, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGE = "/cold-chain/tu-lanh-01"


@pytest.fixture
def judged(running: Running) -> Iterator[Running]:
    """The desk of a hub that judges, in the place of the fake one."""

    def reader() -> StoreReader:
        return open_reader(None, running.data_dir)

    ledger = AlarmLedger(running.writer.store, reader, lambda _: None)
    runner = AlarmRunner(ledger, reader, ())
    task = asyncio.run_coroutine_threadsafe(runner.run(), running.background.loop)
    running.background.run(running.hub.stop())
    running.hub.desk = CalibrationDesk(runner, reader, "Asia/Ho_Chi_Minh").calls()
    running.background.run(running.hub.start())
    yield running
    task.cancel()


def test_one_is_issued_corrected_and_stays(judged: Running, browser: Browser) -> None:
    watched = look_at(browser, judged.url, PAGE)
    page = watched.page
    watched.see("Chưa có cảm biến nào của tủ này được hiệu chuẩn")
    section = page.locator(".eh-unit-calibrations")
    section.get_by_role("button", name="Hiệu chuẩn mới").click()
    page.get_by_role("button", name="Ghi hiệu chuẩn").click()
    expect(page.get_by_text("Cần điền mục này.").first).to_be_visible()
    page.get_by_label("Độ lệch (K)").fill("−0,3")
    page.get_by_label("Từ", exact=True).fill("01/11/2026")
    page.get_by_label("Giấy chứng nhận").fill("QUATEST 3, 2026-1184")
    shoot(watched, "calibration.vi")
    page.get_by_role("button", name="Ghi hiệu chuẩn").click()
    first = section.locator(".eh-unit-incident").first
    expect(first).to_contain_text("−0,300 K")
    for told in ("đang áp dụng", "01/11/2026 00:00 đến chưa có hạn", "QUATEST 3, 2026-1184"):
        expect(first).to_contain_text(told)
    assert watched.wrong == []
