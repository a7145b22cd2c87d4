"""Alarms before a real browser: what is open is told live, what people do stands in a real ledger."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from hub.alarms.incidents.actions import Acknowledge, Release, Suppress
from hub.streams.clock import now_ms
from tests.console.alarmed import (
    COOL,
    FROZEN,
    SILENT,
    WARM,
    Alarmed,
    alarmed_at,
    edge_away,
    finding,
    nothing,
)
from tests.console.conftest import PHONE, Watched, fits, look_at, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def alarmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alarmed]:
    with alarmed_at(tmp_path_factory.mktemp("alarmed")) as made:
        yield made


def expect_rows(watched: Watched, *names: str) -> None:
    """These and no others, once they stand: a list is drawn anew whenever something comes."""
    expect(watched.page.locator(".eh-alarm-name")).to_have_text(list(names), use_inner_text=True)


def choose(watched: Watched, label: str, option: str) -> None:
    watched.page.get_by_label(label).first.click()
    watched.page.get_by_role("option", name=option).click()


def test_open_incidents_the_neediest_first_in_words(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, "/alarms")
    expect_rows(watched, "✕ Quá nóng", "✕ Đông băng", "! Không có dữ liệu", "! Quá lạnh")
    first = watched.page.locator(".eh-alarm").first
    for told in ("xấu nhất 9,25 °C", "trên 8,0 °C liên tục 10 giờ", "đã kéo dài 11 giờ", "Kho vắc xin tỉnh"):
        expect(first).to_contain_text(told)
    expect(first).to_contain_text(re.compile(r"Từ \d\d/\d\d \d\d:\d\d"))
    cool = watched.page.locator(".eh-alarm", has_text=COOL)
    for told in ("Biết muộn", "Có phần suy ra", "đã hết", "chưa giao cho ai"):
        expect(cool).to_contain_text(told)
    shoot(watched, "alarms.vi")
    choose(watched, "Trạng thái", "Chờ quyết định")
    expect(watched.page.locator(".eh-alarm")).to_have_count(1)
    expect_rows(watched, "✕ Đông băng")
    assert watched.wrong == []


def test_english_and_a_site_of_its_own(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, "/alarms", "en")
    expect_rows(watched, "✕ Too warm", "✕ Freezing", "! No data", "! Too cold")
    watched.see("above 8.0 °C for 10 h")
    shoot(watched, "alarms.en")
    choose(watched, "Site", "Trung tâm Y tế Nhơn Trạch")
    expect(watched.page.locator(".eh-alarm")).to_have_count(1)
    expect_rows(watched, "! Too cold")


def test_what_is_found_while_one_looks_comes_by_itself(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, "/alarms")
    expect(watched.page.locator(".eh-alarm").first).to_be_visible()
    watched.page.evaluate("window.still = true")
    entries = alarmed.find(finding("tu-lanh-06", "HEAT_EARLY", 61, None, 8.6))
    new = watched.page.locator(".eh-alarm", has_text="tu-lanh-06")
    expect(new).to_contain_text("Bắt đầu quá nóng")
    incident = entries[0].incident
    alarmed.find(finding("tu-lanh-06", "HEAT_EARLY", 61, 0, 8.6))
    expect(new).to_contain_text("Đã hết, chưa ai xác nhận")
    new.get_by_role("button", name="Xác nhận").click()
    watched.page.get_by_role("dialog").get_by_role("button", name="Xác nhận").click()
    expect(new).to_have_count(0)
    assert watched.page.evaluate("window.still")
    choose(watched, "Trạng thái", "Đã đóng")
    expect(watched.page.locator(f'.eh-alarm a[href="/alarms/{incident}"]').first).to_be_visible()
    assert watched.wrong == []


def test_an_incident_tells_what_happened(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, f"/alarms/{alarmed.id_of(WARM, 'HEAT')}")
    for told in ("Sự cố đang diễn ra và chưa ai xác nhận.", "xấu nhất 9,25 °C", "Sổ ghi", "hệ thống"):
        watched.see(told)
    expect(watched.page.locator(".eh-incident-chart canvas")).to_be_visible()
    shoot(watched, "incident.vi")
    assert fits(watched)
    watched.page.get_by_role("link", name="EN").click()
    watched.see("It is going on and nobody has acknowledged it.")
    shoot(watched, "incident.en")
    assert watched.wrong == []


def test_what_data_joined_or_took_back_says_so(alarmed: Alarmed, browser: Browser) -> None:
    apart, whole = alarmed.two_that_are_one("tu-lanh-09", "LOW")
    watched = look_at(browser, alarmed.url, f"/alarms/{apart}")
    watched.see("Dữ liệu đến sau đã gộp sự cố này vào một sự cố khác.")
    assert watched.page.get_by_role("button", name="Ghi chú").count() == 0
    watched.page.get_by_role("link", name="Mở sự cố đó").first.click()
    watched.page.wait_for_url(f"{alarmed.url}/alarms/{whole}")
    alarmed.find(nothing("tu-lanh-09", "LOW"))
    watched.see("Dữ liệu đến sau cho thấy không có đợt vượt ngưỡng nào.")
    expect(watched.page.locator(".eh-ledger")).to_contain_text("Dữ liệu rút lại")
    assert watched.page.get_by_text("đã quyết định xong").count() == 0
    assert watched.wrong == []


def test_what_explains_another_and_what_is_explained_link_to_each_other(
    alarmed: Alarmed, browser: Browser
) -> None:
    """The silence of one unit by an edge that is away; what a page shows of it, from both sides."""
    silent = alarmed.id_of(SILENT, "NODATA")
    (offline,) = [entry.incident for entry in alarmed.find(edge_away("edge-7", 80))]
    alarmed.enter(lambda book: book.act(silent, Suppress(parent=offline), now_ms()))
    watched = look_at(browser, alarmed.url, f"/alarms/{silent}")
    watched.see("Sự cố này được giải thích bởi một sự cố khác.")
    watched.page.get_by_role("link", name="Mở sự cố đó").first.click()
    watched.page.wait_for_url(f"{alarmed.url}/alarms/{offline}")
    panel = watched.page.locator(".eh-incident-explained")
    expect(panel).to_contain_text("Giải thích cho 1 sự cố khác")
    expect(panel.get_by_role("link", name=f"{SILENT} · Không có dữ liệu")).to_be_visible()
    shoot(watched, "incident_explains.vi")
    alarmed.enter(lambda book: book.act(silent, Release(), now_ms()))
    expect(panel).to_be_hidden()
    alarmed.find(edge_away("edge-7", 80, 0))
    alarmed.enter(lambda book: book.act(offline, Acknowledge("b2"), now_ms()))
    assert watched.wrong == []


def test_nobody_knows_an_incident_of_another_id(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, "/alarms/x")
    watched.see("Không có sự cố nào mang mã này.")
    assert watched.page.locator(".eh-incident").is_hidden()


def test_units_and_overview_say_what_is_open(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, "/cold-chain")
    expect(watched.page.locator(".eh-group-damage .eh-card").first).to_contain_text(WARM)
    card = watched.page.locator(".eh-card", has_text=WARM)
    expect(card.get_by_role("link", name="Quá nóng · Chưa ai xác nhận · từ")).to_be_visible()
    card.get_by_role("button", name="Đã kiểm tra").click()
    watched.page.get_by_role("dialog").get_by_role("button", name="Đã kiểm tra").click()
    expect(card).to_contain_text(re.compile(r"✓ (Sáng|Chiều): \d\d:\d\d bởi local"))
    card.get_by_role("button", name="Ngừng sử dụng").click()
    dialog = watched.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Ngừng sử dụng").click()
    expect(dialog).to_contain_text("Cần điền ô này.")
    dialog.get_by_label("Lý do").fill("rã đông")
    dialog.get_by_role("button", name="Ngừng sử dụng").click()
    resting = watched.page.locator(".eh-group-resting .eh-card")
    expect(resting).to_contain_text(WARM)
    expect(resting).to_contain_text("Đang ngừng sử dụng")
    shoot(watched, "cold_alarms.vi")
    watched.page.goto(f"{alarmed.url}/alarms")
    names = watched.page.locator(".eh-alarm-name")
    expect(names.first).to_have_text("✕ Đông băng", use_inner_text=True)
    alarmed.put_back(WARM)
    expect(watched.page.locator(".eh-alarm").first).to_contain_text("✕ Quá nóng")
    watched.page.goto(f"{alarmed.url}/")
    tile = watched.page.locator('.eh-tile[href="/alarms"]')
    expect(tile).to_contain_text("2 nghiêm trọng · 2 cảnh báo")
    expect(tile).to_contain_text("3 chưa ai xác nhận · 1 chờ quyết định")
    shoot(watched, "overview_alarms.vi")
    assert watched.wrong == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_on_a_phone_nothing_sticks_out(alarmed: Alarmed, browser: Browser, language: str) -> None:
    warm = f"/alarms/{alarmed.id_of(WARM, 'HEAT')}"
    to_warm = f'.eh-main a[href="{warm}"]'
    pages = {
        "/alarms": to_warm,
        warm: ".eh-incident canvas",
        "/cold-chain": to_warm,
        "/": '.eh-tile[href="/alarms"]',
    }
    if language == "en":
        pages = {path: pages[path] for path in ("/alarms", warm)}
    watched = look_at(browser, alarmed.url, "/", language, PHONE)
    for path, shown in pages.items():
        watched.page.goto(alarmed.url + path)
        expect(watched.page.locator(shown).first).to_be_visible()
        assert fits(watched), path
        name = "incident" if path == warm else path.strip("/") or "overview"
        shoot(watched, f"{name}_phone.{language}")


def test_without_the_hub_nothing_is_fine(alarmed: Alarmed, browser: Browser) -> None:
    alarmed.running.background.run(alarmed.running.hub.stop())
    try:
        watched = look_at(browser, alarmed.url, "/alarms", "en")
        watched.see("nobody knows whether something new is wrong")
        expect(watched.page.locator(".eh-alarm-name")).to_have_count(4)
        choose(watched, "State", "Shelved")
        expect(watched.page.locator(".eh-alarm")).to_have_count(0)
        assert watched.page.get_by_text("No incident is open.").is_hidden()
        watched.page.goto(f"{alarmed.url}/")
        expect(watched.page.locator('.eh-tile[href="/alarms"]')).to_contain_text(
            "nobody knows whether something is wrong"
        )
    finally:
        alarmed.running.background.run(alarmed.running.hub.start())


def test_without_a_key_nobody_decides_about_vaccine(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, f"/alarms/{alarmed.id_of(FROZEN, 'FRZE')}")
    watched.page.get_by_role("button", name="Quyết định về vắc xin").click()
    dialog = watched.page.get_by_role("dialog")
    expect(dialog).to_contain_text("phải có người chịu trách nhiệm")
    expect(dialog.get_by_role("button")).to_have_count(1)


def test_a_named_person_acknowledges_shelves_and_decides(alarmed: Alarmed, browser: Browser) -> None:
    """The last one: with a key the trial is over."""
    key = alarmed.key("operator")
    watched = look_at(browser, alarmed.url, "/login")
    sign_in(watched, alarmed.url, key)
    page = watched.page
    page.goto(f"{alarmed.url}/alarms/{alarmed.id_of(WARM, 'HEAT')}")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Quyết định về vắc xin").click()
    dialog.get_by_role("button", name="Quyết định về vắc xin").click()
    expect(dialog).to_contain_text("Cần điền ô này.")
    dialog.get_by_label("Quyết định").click()
    page.get_by_role("option", name="Dùng được").click()
    dialog.get_by_role("button", name="Quyết định về vắc xin").click()
    expect(dialog).to_contain_text("tủ vẫn ngoài ngưỡng nên chưa cho dùng vắc xin")
    shoot(watched, "disposition.vi")
    dialog.get_by_role("button", name="Thôi").click()
    page.get_by_role("button", name="Xác nhận").click()
    dialog.get_by_label("Ghi chú").fill("đã đến tủ, cửa hở")
    dialog.get_by_role("button", name="Xác nhận").click()
    watched.see("Đã có người lo")
    expect(page.locator(".eh-ledger")).to_contain_text("đã đến tủ, cửa hở")
    page.get_by_role("button", name="Tạm gác").click()
    dialog.get_by_label("Lý do").fill("chờ thợ")
    dialog.get_by_role("button", name="Tạm gác").click()
    watched.see("Có người tạm gác sự cố")
    _decide(watched, alarmed)
    assert watched.wrong == []
    _reporter_reads_no_words(alarmed, browser)


def _decide(watched: Watched, alarmed: Alarmed) -> None:
    page, dialog = watched.page, watched.page.get_by_role("dialog")
    page.goto(f"{alarmed.url}/alarms/{alarmed.id_of(FROZEN, 'FRZE')}")
    watched.see("Chờ quyết định")
    page.get_by_role("button", name="Quyết định về vắc xin").click()
    dialog.get_by_label("Quyết định").click()
    page.get_by_role("option", name="Hủy bỏ").click()
    dialog.get_by_label("Ghi chú").fill("bỏ 20 liều")
    dialog.get_by_role("button", name="Quyết định về vắc xin").click()
    watched.see("Sự cố đã hết, đã xác nhận và đã quyết định xong.")
    expect(page.locator(".eh-ledger")).to_contain_text("bỏ 20 liều")
    expect(page.locator(".eh-ledger")).to_contain_text("đã chuyển sang tủ khác")
    shoot(watched, "decided.vi")


def _reporter_reads_no_words(alarmed: Alarmed, browser: Browser) -> None:
    watched = look_at(browser, alarmed.url, "/login")
    sign_in(watched, alarmed.url, alarmed.key("reporter"))
    watched.page.goto(f"{alarmed.url}/alarms/{alarmed.id_of(FROZEN, 'FRZE')}")
    ledger = watched.page.locator(".eh-ledger")
    expect(ledger).to_contain_text("Quyết định về vắc xin")
    assert "20 liều" not in ledger.inner_text()
    assert watched.page.locator(".eh-incident-acts").count() == 0
