"""Cameras before a real browser: the wall that holds its places, pictures with their age, the page of one."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from api.keys import add_key
from hub.streams.clock import now_ms
from tests.api.standing_edge import SITE
from tests.console.camera_data import HOUR_MS, away, fill_history, well
from tests.console.camera_looks import CORRIDOR, GATE, HALL, STORE, fill, names, opened, shoot_all, tile
from tests.console.camera_site import CAMERAS, PRIVATE, CameraSite, cameras_at
from tests.console.conftest import LAPTOP, PHONE, fits, look_at, sign_in, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CameraSite]:
    with cameras_at(tmp_path_factory.mktemp("cameras")) as made:
        fill(made)
        yield made


@pytest.fixture(scope="module")
def site_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CameraSite]:
    with cameras_at(tmp_path_factory.mktemp("apart"), apart=True) as made:
        yield made


@pytest.mark.parametrize("dark", [False, True])
def test_the_worst_stand_first_and_nothing_old_looks_live(
    site: CameraSite, browser: Browser, dark: bool
) -> None:
    watched = opened(browser, site, dark=dark)
    page = watched.page
    assert names(page) == [STORE, HALL, CORRIDOR, GATE, PRIVATE]
    expect(tile(page, STORE)).to_contain_text("Sai mật khẩu từ")
    expect(tile(page, STORE).locator(".eh-chip")).to_have_text("✕ Ngoại tuyến")
    expect(tile(page, HALL)).to_contain_text("Ống kính bị che, Hình mờ")
    expect(tile(page, HALL).locator(".eh-chip")).to_have_text("✕ Không thấy gì")
    expect(tile(page, CORRIDOR)).to_have_class(re.compile("eh-is-unknown"))
    expect(tile(page, CORRIDOR)).to_contain_text("Không nghe gì về camera này")
    expect(tile(page, PRIVATE)).to_contain_text("Không lưu hình của camera này")
    live, old = tile(page, GATE), tile(page, STORE)
    expect(live.locator("img")).to_be_visible()
    expect(live.locator("img")).to_have_attribute("alt", re.compile(rf"Hình của {GATE} lúc \d"))
    expect(live.locator(".eh-cam-age")).to_have_text(re.compile(r"\d+ (giây|phút)$"))
    expect(live.locator(".eh-cam-why")).to_have_text(re.compile(r"402 kbit/s\s*\d+ (giây|phút) trước$"))
    expect(old.locator(".eh-cam-age")).to_have_text("CŨ · 2 giờ")
    expect(old.locator(".eh-cam-old")).to_have_count(1)
    expect(old.locator("img")).to_have_css("filter", re.compile("grayscale"))
    expect(tile(page, CORRIDOR).locator(".eh-cam-age")).to_have_text(re.compile("^CŨ"))
    size = PHONE if dark else LAPTOP
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()  # as it opens on such a screen
    expect(page.locator(".eh-cam")).to_have_count(len(CAMERAS) + 1)
    expect(live.locator("img")).to_be_visible()
    assert fits(watched)
    shoot_all(watched, f"cameras-{size[0]}-{'dark' if dark else 'light'}")
    assert watched.wrong == []


def test_places_hold_until_somebody_asks_for_the_new_order(site: CameraSite, browser: Browser) -> None:
    watched = opened(browser, site)
    page = watched.page
    page.mouse.move(300, 300)
    before = names(page)
    site.tells(GATE, away("stall", now_ms()))
    try:
        expect(tile(page, GATE).locator(".eh-chip")).to_have_text("✕ Ngoại tuyến")
        expect(tile(page, GATE)).to_contain_text("Không còn dữ liệu, TCP vẫn mở")
        assert names(page) == before
        expect(page.get_by_role("button", name="3 hỏng")).to_be_visible()
        page.get_by_role("button", name="1 camera đã đổi tình trạng: xếp lại").click()
        expect(page.locator(".eh-cam-name").first).to_have_text(GATE)
        assert names(page) == [GATE, STORE, HALL, CORRIDOR, PRIVATE]
    finally:
        site.tells(GATE, well(now_ms()))
    expect(tile(page, GATE).locator(".eh-chip")).to_have_text("✓")
    assert watched.wrong == []


def test_a_wall_that_nobody_touches_puts_itself_in_order(site: CameraSite, browser: Browser) -> None:
    watched = watch(browser, site.url)
    page = watched.page
    page.clock.install()
    page.goto(f"{site.url}/cameras")
    expect(page.locator(".eh-cam")).to_have_count(len(CAMERAS) + 1)
    expect(tile(page, GATE)).to_have_class(re.compile("eh-is-ok"))
    page.evaluate("CameraWall.arrange()")
    site.tells(GATE, away("closed", now_ms()))
    try:
        expect(tile(page, GATE)).to_have_class(re.compile("eh-is-bad"))
        assert names(page)[0] == STORE
        page.clock.run_for(62_000)
        expect(page.locator(".eh-cam-name").first).to_have_text(GATE)
    finally:
        site.tells(GATE, well(now_ms()))
    expect(tile(page, GATE)).to_have_class(re.compile("eh-is-ok"))


def test_filters_and_keys_without_a_mouse(site: CameraSite, browser: Browser) -> None:
    watched = opened(browser, site, "en")
    page = watched.page
    unknown = page.get_by_role("button", name="1 unknown")
    unknown.focus()
    page.keyboard.press("Enter")
    expect(unknown).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".eh-cam-name")).to_have_text([CORRIDOR])
    page.keyboard.press("Enter")
    expect(page.locator(".eh-cam")).to_have_count(len(CAMERAS) + 1)
    page.get_by_label("Find a camera").fill("cam-kho")
    expect(page.locator(".eh-cam-name")).to_have_text([STORE])
    page.get_by_label("Find a camera").fill("")
    expect(page.locator(".eh-cam")).to_have_count(len(CAMERAS) + 1)
    first = page.get_by_role("link", name=f"{names(page)[0]}, ")
    first.focus()
    page.keyboard.press("ArrowRight")
    second = page.get_by_role("link", name=f"{names(page)[1]}, ")
    expect(second).to_be_focused()
    assert second.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("End")
    expect(page.get_by_role("link", name=f"{names(page)[-1]}, ")).to_be_focused()
    page.keyboard.press("Home")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=STORE)).to_be_visible()
    assert watched.wrong == []


def test_a_whole_site_goes_into_maintenance_and_comes_back(site: CameraSite, browser: Browser) -> None:
    watched = opened(browser, site)
    page = watched.page
    expect(page.get_by_role("button", name="Bảo trì cả cơ sở")).to_have_count(0)
    page.get_by_label("Cơ sở", exact=True).click()
    page.get_by_role("option", name="Bệnh viện đa khoa khu vực Long Khánh").click()
    page.get_by_role("button", name="Bảo trì cả cơ sở").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 giờ")
    dialog.get_by_label("Lý do").fill("Thay switch tầng hai")
    dialog.get_by_role("button", name="Bắt đầu bảo trì").click()
    expect(dialog).to_have_count(0)
    try:
        expect(page.locator(".eh-cam.eh-is-info")).to_have_count(len(CAMERAS) + 1)
        expect(tile(page, STORE).locator(".eh-chip")).to_have_text("‖ Bảo trì")
        expect(tile(page, STORE)).to_contain_text("Sai mật khẩu từ")
    finally:
        page.get_by_role("button", name="Kết thúc bảo trì cả cơ sở").click()
        dialog.get_by_role("button", name="Kết thúc bảo trì").click()
    expect(page.locator(".eh-cam.eh-is-info")).to_have_count(0)
    expect(tile(page, STORE)).to_have_class(re.compile("eh-is-bad"))
    assert watched.wrong == []


def test_who_only_reads_sees_states_and_no_pictures(site_apart: CameraSite, browser: Browser) -> None:
    keys = site_apart.edge.data_dir / "keys.json"
    add_key(keys, "admin")
    site_apart.is_now(GATE, "OFFLINE", "closed")
    site_apart.shows(GATE, 1)
    watched = watch(browser, site_apart.url)
    sign_in(watched, site_apart.url, add_key(keys, "reporter"))
    page = watched.page
    page.goto(f"{site_apart.url}/cameras")
    expect(tile(page, GATE)).to_contain_text("Camera đóng kết nối")
    expect(tile(page, GATE)).to_contain_text("Cần vai trò vận hành để xem hình")
    page.goto(f"{site_apart.url}/cameras/{GATE}")
    expect(page.get_by_text("Camera đóng kết nối")).to_be_visible()
    expect(page.get_by_text("Diễn biến và số đo ở trung tâm")).to_be_visible()
    expect(page.get_by_role("button", name="Xem xét ngay")).to_have_count(0)
    assert page.locator("img[src^='data:']").count() == 0
    assert watched.wrong == []


def test_one_camera_its_pictures_and_how_it_stood(site: CameraSite, browser: Browser) -> None:
    assert site.writer is not None
    site.background.run(fill_history(site.writer, GATE, SITE, now_ms()))
    site.shows(GATE, 1)
    site.shows(GATE, 2, "reference", ago_ms=40 * HOUR_MS)
    watched = look_at(browser, site.url, f"/cameras/{GATE}")
    page = watched.page
    now, reference = page.locator("#camera-shot-now"), page.locator("#camera-shot-reference")
    expect(now.locator("img")).to_be_visible()
    expect(reference.locator("img")).to_be_visible()
    expect(reference.locator(".eh-cam-age")).to_have_text("1 ngày trước")
    expect(page.locator("#camera-shot-event")).to_contain_text("Chưa có lỗi nào")
    expect(page.locator(".eh-cam-panel-figures")).to_contain_text("402 kbit/s")
    expect(page.locator(".eh-cam-measured")).to_have_text(re.compile(r"^Đo \d+ (giây|phút) trước$"))
    history = page.locator(".eh-cam-panel-timeline")
    expect(history.locator("rect.eh-is-bad")).not_to_have_count(0)
    expect(history.locator("rect.eh-is-unknown")).not_to_have_count(0)
    expect(history).to_contain_text("✕ Sai mật khẩu")
    expect(history).to_contain_text("? Không nghe gì về camera này")
    expect(history.locator("polyline").first).to_be_visible()
    shoot_all(watched, "camera.vi")
    history.get_by_role("button", name="30 ngày").click()
    expect(history.locator(".eh-cam-axis")).not_to_contain_text(":")
    expect(history.locator("rect.eh-is-bad")).not_to_have_count(0)
    assert fits(watched)
    assert watched.wrong == []


def test_a_large_picture_is_one_look_and_one_audit_row(site: CameraSite, browser: Browser) -> None:
    site.shows(GATE, 1)
    watched = look_at(browser, site.url, f"/cameras/{GATE}")
    page = watched.page
    expect(page.locator("#camera-shot-now img")).to_be_visible()
    audit = site.edge.data_dir / "audit" / "picture-looks.jsonl"
    before = audit.read_text("utf-8").count("\n") if audit.exists() else 0
    page.get_by_role("button", name="Phóng to: Hình hiện tại").click()
    large = page.locator(".eh-cam-large img")
    expect(large).to_be_visible()
    page.wait_for_function("document.querySelector('.eh-cam-large img').naturalWidth === 640")
    rows = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    assert len(rows) == before + 1
    assert (rows[-1]["camera"], rows[-1]["what"]) == (GATE, "picture")
    page.get_by_role("button", name="Đóng").click()
    expect(large).to_have_count(0)
    assert watched.wrong == []


def test_a_look_shows_pictures_as_they_come(site: CameraSite, browser: Browser) -> None:
    watched = look_at(browser, site.url, f"/cameras/{GATE}")
    page = watched.page
    page.get_by_role("button", name="Xem trực tiếp").click()
    page.wait_for_function("document.querySelector('img.eh-cam-look')?.naturalWidth === 640")
    page.get_by_role("button", name="Đóng").click()
    expect(page.locator("img.eh-cam-look")).to_have_count(0)
    assert watched.wrong == []


def test_a_new_reference_is_asked_for_once(site_apart: CameraSite, browser: Browser) -> None:
    keys = site_apart.edge.data_dir / "keys.json"
    add_key(keys, "admin")
    site_apart.is_now(STORE, "OFFLINE", "locked_out")
    asked = site_apart.obey(STORE)
    watched = watch(browser, site_apart.url)
    sign_in(watched, site_apart.url, add_key(keys, "operator"))
    page = watched.page
    page.goto(f"{site_apart.url}/cameras/{STORE}")
    page.get_by_role("button", name="Nhận hình chuẩn mới").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Hãy chắc rằng camera nhìn đúng chỗ")
    dialog.get_by_role("button", name="Thôi").click()
    expect(dialog).to_have_count(0)
    assert asked == []
    page.get_by_role("button", name="Nhận hình chuẩn mới").click()
    dialog.get_by_role("button", name="Nhận hình này").click()
    expect(page.get_by_text("Đã nhận hình chuẩn mới.")).to_be_visible()
    page.get_by_role("button", name="Thử đăng nhập lại").click()
    expect(page.get_by_text("Camera được đăng nhập lại ngay.")).to_be_visible()
    assert asked == ["accept_reference", "retry_login"]
    page.goto(f"{site_apart.url}/cameras/{HALL}")
    page.get_by_role("button", name="Xem xét ngay").click()
    expect(page.locator(".eh-wrong", has_text="Camera từ chối")).to_be_visible()
    assert watched.wrong == []


def test_without_its_server_the_wall_says_that_it_is_old(site: CameraSite, browser: Browser) -> None:
    """The last of its module: its server goes."""
    site.shows(GATE, 1)
    watched = watch(browser, site.url)
    page = watched.page
    page.clock.install()
    page.goto(f"{site.url}/cameras")
    expect(tile(page, GATE).locator("img")).to_be_visible()
    expect(tile(page, GATE).locator(".eh-cam-age")).to_have_text(re.compile(r"^\d+ (giây|phút)$"))
    site.stop()
    page.clock.run_for(6000)
    expect(page.locator("#camera-lost")).to_have_text("Mất kết nối với máy chủ: mọi hình ở đây đều đã cũ.")
    expect(tile(page, GATE).locator(".eh-cam-age")).to_have_text(re.compile("^CŨ"))
    expect(page.locator(".eh-wall-lost")).to_have_count(1)
    shoot_all(watched, "cameras-lost")
