"""Cold chain before a real browser: the list by time to damage, a unit's lanes, gaps and late data."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.console.alarmed import COOL, WARM, Alarmed, alarmed_at, finding
from tests.console.cold_data import DARK, RISING, RUNNING, TOLD, eventful, near_damage
from tests.console.conftest import PHONE, Watched, fits, look_at, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alarmed]:
    with alarmed_at(tmp_path_factory.mktemp("cold")) as made:
        near_damage(made)
        eventful(made)
        yield made


def units(watched: Watched, group: str) -> Locator:
    return watched.page.locator(f".eh-group-{group} .eh-card-head a")


def test_the_list_goes_by_time_to_damage(cold: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, cold.url, "/cold-chain")
    page = watched.page
    expect(page.locator(".eh-card", has_text=DARK)).to_contain_text(
        re.compile("giữ lạnh khoảng 5 giờ 5. phút")
    )
    expect(units(watched, "damage")).to_have_text([WARM, DARK, RUNNING, RISING, "tu-lanh-05"])
    expect(units(watched, "unknown")).to_have_text(["tu-lanh-04"])
    expect(units(watched, "calm")).to_have_count(4)
    assert set(units(watched, "calm").all_inner_texts()) == {"tu-lanh-02", "tu-lanh-03", COOL, "tu-dong-01"}
    expect(page.locator(".eh-card", has_text=WARM)).to_contain_text("đã đến ngưỡng nghiêm trọng")
    run = page.locator(".eh-card", has_text=RUNNING)
    expect(run).to_contain_text(re.compile(r"Quá nóng sau 7 giờ 5\d phút nữa nếu cứ tiếp diễn"))
    rising = page.locator(".eh-card", has_text=RISING)
    expect(rising).to_contain_text(re.compile(r"Ước tính theo xu hướng: Quá nóng sau khoảng 11 giờ"))
    expect(rising).to_contain_text("↗ tăng 1,")
    expect(page.locator(".eh-card", has_text="tu-lanh-02")).to_contain_text("b2 đã nhận")
    shoot(watched, "cold_order.vi")
    page.get_by_role("link", name=TOLD).first.click()
    page.wait_for_url(f"{cold.url}/cold-chain/{TOLD}")
    assert watched.wrong == []


def test_a_unit_tells_what_happened_to_it(cold: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, cold.url, f"/cold-chain/{TOLD}")
    page = watched.page
    history = page.locator(".eh-unit-history")
    expect(history.locator("canvas")).to_be_visible()
    for told in ("mở 1 lần", "mất 1 lần, tổng 2 giờ", "2 lần báo", "1 lần báo"):
        expect(history.locator(".eh-lanes")).to_contain_text(told)
    words = history.locator(".eh-unit-words")
    said: tuple[str | re.Pattern[str], ...] = (
        "(1 giờ 30 phút)Nhiệt độ: không có số đo",
        re.compile(r"23 số đo biết muộn: đến (lúc|trong khoảng) \d\d/\d\d \d\d:\d\d"),
        "Số đo hỏng: đầu dò chưa kịp đo (85 °C)",
        "Báo động của tủ: đông băng",
        "tủ tự báo nóng, còn epihub không báo",
    )
    for each in said:
        expect(words).to_contain_text(each)
    shoot(watched, "unit.vi")
    page.get_by_role("button", name="7 ngày").click()
    expect(history).to_contain_text("7 ngày tính đến")
    expect(history.locator(".eh-lane-door")).to_contain_text("mở 1 lần")
    page.get_by_role("button", name="Đã kiểm tra").click()
    page.get_by_role("dialog").get_by_role("button", name="Đã kiểm tra").click()
    expect(page.locator(".eh-checks")).to_contain_text(re.compile(r"✓ \d\d:\d\d bởi local"))
    assert watched.wrong == []


def test_what_is_raised_while_one_looks_comes_by_itself(cold: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, cold.url, f"/cold-chain/{RUNNING}", "en")
    page = watched.page
    expect(page.locator(".eh-unit-incidents")).to_contain_text("no incident")
    for told in ("nothing measures it: unknown", "24 hours up to"):
        expect(page.locator(".eh-unit-history")).to_contain_text(told)
    cold.find(finding(RUNNING, "HEAT_EARLY", 118, None, 9.0))
    expect(page.locator(".eh-unit-incidents")).to_contain_text("Getting too warm")
    expect(page.locator(".eh-lane-ours")).to_contain_text("Getting too warm")
    shoot(watched, "unit.en")
    page.locator(".eh-unit-incidents a").first.click()
    page.get_by_role("link", name=RUNNING).click()
    page.wait_for_url(f"{cold.url}/cold-chain/{RUNNING}")
    page.goto(f"{cold.url}/devices")
    expect(page.locator(f'.ag-cell a[href="/cold-chain/{TOLD}"]')).to_be_visible()
    assert watched.wrong == []


def test_on_a_phone_and_of_another_id(cold: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, cold.url, f"/cold-chain/{TOLD}", "vi", PHONE)
    expect(watched.page.locator(".eh-lane-ours")).to_be_visible()
    assert fits(watched)
    shoot(watched, "unit_phone.vi")
    for name in ("tu-lanh-99", "cobas-01", "%3Cimg%3E"):
        watched.page.goto(f"{cold.url}/cold-chain/{name}")
        watched.see("Không có tủ nào mang mã này.")
        assert watched.page.locator(".eh-unit-section").count() == 0
    assert watched.wrong == []
