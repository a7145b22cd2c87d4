"""The console of an edge alone before a real browser, and what a hub apart says of an edge elsewhere."""

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.console.mount import find_pages
from api.console.wording import texts
from tests.api.real_edge import CANARY, RAW, Thermometer
from tests.api.standing_edge import EDGE
from tests.console.conftest import LONGEST_SECONDS, SCREENSHOTS, EdgeAlone, Running, Watched, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = {page.name: page.path for page in find_pages("edge")}
REASON = "Đối chiếu mã mẫu với phòng xét nghiệm"


def shoot(watched: Watched, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    watched.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def tile(page: Page, name: str) -> Any:
    return page.locator(".eh-tile", has_text=name)


def test_the_pages_of_each_role() -> None:
    names = {role: {page.name for page in find_pages(role)} for role in ("hub", "edge", "both")}
    everywhere = {"edge", "quarantine", "health", "where", "runs", "analyzers", "gates", "cameras", "camera"}
    assert names["edge"] == everywhere | {"captures", "looks", "forwards", "orders"}
    assert names["hub"] & names["edge"] == everywhere
    assert names["both"] == names["hub"] | names["edge"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_an_edge_renders_without_errors_or_requests_elsewhere(
    edge_alone: EdgeAlone, browser: Browser, language: str
) -> None:
    edge_alone.came(RAW)
    for name, path in PAGES.items():
        watched = watch(browser, edge_alone.url, language, dark=language == "en")
        watched.page.goto(edge_alone.url + path)
        expect(watched.page.get_by_role("heading", level=1)).to_have_text(texts(language)[f"nav.{name}"])
        expect(watched.page.locator(".eh-where")).to_have_text(EDGE)
        if name in {"edge", "captures", "quarantine"}:
            watched.see("tu-lanh-01")
        watched.page.wait_for_function("document.fonts.status === 'loaded'")
        shoot(watched, f"edge-{name}.{language}")
        assert watched.wrong == []
        watched.page.context.close()


def test_an_edge_alone_shows_its_spool_and_goes_unknown_when_it_is_away(
    edge_alone: EdgeAlone, browser: Browser
) -> None:
    edge_alone.came(RAW)
    watched = watch(browser, edge_alone.url)
    watched.page.goto(edge_alone.url)
    expect(watched.page).to_have_url(f"{edge_alone.url}/edge")
    waiting = edge_alone.there.edge.spool.figures().waiting
    expect(tile(watched.page, "Sự kiện chờ biên nhận").locator(".eh-tile-figure")).to_have_text(str(waiting))
    expect(tile(watched.page, "Kết nối tới bus")).to_contain_text("Đứt kết nối")
    expect(tile(watched.page, "Dung lượng đã dùng")).to_contain_text(" %")
    expect(watched.page.locator(".eh-meter-mark")).to_have_text(["50 %", "80 %", "100 %"])
    edge_alone.there.socket.unlink()
    watched.see("Mất kết nối với tiến trình của trạm")
    expect(watched.page.locator(".eh-tile.eh-is-ok")).to_have_count(0)
    expect(watched.page.locator(".eh-row .eh-is-ok")).to_have_count(0)
    assert watched.wrong == []


def test_replay_at_the_edge_and_the_entry_is_gone(
    edge_alone: EdgeAlone, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge_alone.came(RAW)
    watched = watch(browser, edge_alone.url)
    watched.page.goto(f"{edge_alone.url}/quarantine")
    entry = watched.page.locator(".eh-entry")
    expect(entry).to_contain_text("hl7.no_test")
    monkeypatch.setattr(Thermometer, "mended", True)
    entry.get_by_role("button", name="Thử lại").click()
    watched.see("Xong: 1 sự kiện mới.")
    expect(entry).to_have_count(0)
    watched.see("Không có tin nào đang chờ")
    assert watched.wrong == []


def test_discard_asks_first_and_the_entry_is_gone(edge_alone: EdgeAlone, browser: Browser) -> None:
    edge_alone.came(RAW)
    watched = watch(browser, edge_alone.url, "en")
    watched.page.goto(f"{edge_alone.url}/quarantine")
    watched.page.get_by_role("button", name="Discard").click()
    watched.see("Discard this message?")
    watched.page.get_by_role("button", name="Cancel").click()
    expect(watched.page.locator(".eh-dialog")).to_have_count(0)
    expect(watched.page.locator(".eh-entry")).to_have_count(1)
    watched.page.get_by_role("button", name="Discard").click()
    watched.page.locator(".eh-dialog").get_by_role("button", name="Discard").click()
    expect(watched.page.locator(".eh-entry")).to_have_count(0)
    assert watched.wrong == []


def sign_in(edge: EdgeAlone, page: Page) -> None:
    token = edge.key("admin")
    page.goto(edge.url)
    page.get_by_label("Khóa truy cập").fill(token)
    page.get_by_role("button", name="Vào").click()
    page.get_by_role("heading", name="Trạm biên", level=1).wait_for()
    page.goto(f"{edge.url}/quarantine")


def test_a_raw_look_asks_for_reason_and_key_and_leaves_an_audit_row(
    edge_alone: EdgeAlone, browser: Browser
) -> None:
    capture = edge_alone.came(RAW)
    vault = edge_alone.key("vault")
    watched = watch(browser, edge_alone.url)
    page = watched.page
    sign_in(edge_alone, page)
    page.get_by_role("button", name="Xem bản gốc").click()
    dialog = page.locator(".eh-dialog")
    look = dialog.get_by_role("button", name="Xem", exact=False).last
    dialog.get_by_label("Lý do").fill("  ")
    dialog.get_by_label("Khóa vault").fill("eh_made_up")
    look.click()
    expect(dialog).to_contain_text("Cần khóa có vai trò vault")
    dialog.get_by_label("Khóa vault").fill(vault)
    look.click()
    expect(dialog).to_contain_text("Hãy ghi lý do")
    assert not edge_alone.there.looks.exists()
    dialog.get_by_label("Lý do").fill(REASON)
    dialog.get_by_label("Khóa vault").fill(vault)
    look.click()
    expect(dialog.locator(".eh-raw")).to_contain_text(CANARY)
    expect(dialog.locator(".eh-raw")).to_contain_text("⟨NUL⟩⟨U+202E⟩⟨CR⟩")
    shoot(watched, "edge-look.vi")
    dialog.get_by_role("tab", name="Hex").click()
    expect(dialog.locator(".eh-raw-hex")).to_contain_text("00000000  4d 53 48")
    (row,) = [json.loads(line) for line in edge_alone.there.looks.read_text("utf-8").splitlines()]
    assert (row["capture"], row["reason"], row["through"]) == (capture, REASON, "console")
    assert row["by"] != row["session"]
    assert re.fullmatch("[0-9a-f]{8}", row["session"])
    dialog.get_by_role("button", name="Đóng").click()
    expect(page.get_by_text(CANARY)).to_have_count(0)
    page.goto(f"{edge_alone.url}/looks")
    watched.see(REASON)
    assert CANARY not in page.content()
    assert watched.wrong == []


def test_captures_are_listed_unopened_and_found_by_device_and_time(
    edge_alone: EdgeAlone, browser: Browser
) -> None:
    edge_alone.came(RAW)
    edge_alone.background.run(edge_alone.there.came(b"4.5"))
    watched = watch(browser, edge_alone.url)
    page = watched.page
    page.goto(f"{edge_alone.url}/captures")
    expect(page.locator(".eh-entry")).to_have_count(2)
    assert CANARY not in page.content()
    page.get_by_label("Từ lúc").fill("01/01/2100 00:00")
    watched.see("Không có tin nào.")
    page.get_by_label("Từ lúc").fill("hôm qua")
    watched.see("Viết theo dạng dd/MM/yyyy HH:mm")
    page.get_by_label("Từ lúc").fill("31/12/2020")
    expect(page.locator(".eh-entry")).to_have_count(2)
    assert watched.wrong == []


def test_a_hub_apart_names_the_edges_address_and_shows_no_bytes(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    page = watched.page
    page.goto(f"{running.url}/quarantine")
    expect(page.locator(".eh-where")).to_have_text("Trung tâm")
    entry = page.locator(".eh-entry", has_text="mllp.no_msh")
    entry.get_by_role("button", name="Xem bản gốc").click()
    dialog = page.locator(".eh-dialog")
    expect(dialog.get_by_role("link")).to_have_attribute("href", "https://edge-1.example:8080")
    expect(dialog).to_contain_text("Trung tâm không bao giờ tự lấy về")
    expect(dialog.get_by_label("Khóa vault")).to_have_count(0)
    shoot(watched, "elsewhere.vi")
    dialog.get_by_role("button", name="Đóng").click()
    page.goto(f"{running.url}/edge")
    expect(page.get_by_role("link", name="https://edge-1.example:8080")).to_be_visible()
    expect(page.locator(".eh-row", has_text="edge-2")).to_contain_text("chưa khai báo địa chỉ")
    assert watched.wrong == []


def test_an_edge_that_is_away_is_a_clear_answer(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    running.hub.answers["replay"] = {"outcome": "away", "reason": "edge-1", "events": 0}
    watched.page.goto(f"{running.url}/quarantine")
    entry = watched.page.locator(".eh-entry", has_text="mllp.no_msh")
    entry.get_by_role("button", name="Thử lại").click()
    expect(entry).to_contain_text("Trạm không trả lời")
    assert watched.wrong == []


def test_the_audit_is_for_admins_and_others_are_not_led_there(
    edge_alone: EdgeAlone, browser: Browser
) -> None:
    token = edge_alone.key("operator")
    watched = watch(browser, edge_alone.url, "en")
    page = watched.page
    page.goto(edge_alone.url)
    page.get_by_label("Access key").fill(token)
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("link", name="Messages")).to_be_visible()
    expect(page.get_by_role("link", name="Audit of looks")).to_have_count(0)
    assert page.request.get(f"{edge_alone.url}/looks").status == 403
    assert watched.wrong == []


def test_without_a_session_no_page_of_an_edge(edge_alone: EdgeAlone) -> None:
    edge_alone.key("admin")
    for path in ["/", *PAGES.values()]:
        answer = httpx.get(edge_alone.url + path, timeout=LONGEST_SECONDS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
