"""Every page in both languages before a real browser; the screenshots are there to be looked at."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Browser, expect

from api.console.mount import find_pages
from api.console.wording import texts
from api.keys import add_key, list_keys, revoke_key
from tests.api.province import HOSTILE, reading, result
from tests.console.conftest import LONGEST_SECONDS, SCREENSHOTS, Running, Watched, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = {page.name: page.path for page in find_pages("hub")}
# A text of each page that only its data can bring; those that wait to be asked have none.
SHOWN: dict[str, str | dict[str, str]] = {
    "overview": "TN2611-0059",
    "alarms": {"vi": "Không có sự cố nào đang mở.", "en": "No incident is open."},
    "alarm": {"vi": "Không có sự cố nào mang mã này.", "en": "There is no incident of this id."},
    "devices": "cobas-01",
    "results": "TN2611-0059",
    "cold": "tu-lanh-09",
    "unit": {"vi": "Không có tủ nào mang mã này.", "en": "There is no unit of this id."},
    "runs": "SARS-CoV-2",
    "specimens": {"vi": "kết quả chưa có đăng ký", "en": "without a registration"},
    "analyzers": "quantstudio-01",
    "quarantine": "mllp.no_msh",
    "edge": "https://edge-1.example",
    "health": "MQTT broker",
    "cameras": {"vi": "Chưa cấu hình camera nào.", "en": "No camera is configured."},
    "camera": {"vi": "Không có camera nào mang mã này.", "en": "There is no camera of this id."},
    "destinations": {"vi": "Chưa cấu hình nơi nhận nào.", "en": "No destination is configured."},
    "map": {"vi": "Sơ đồ: huyện nằm đúng vị trí", "en": "Schematic (sơ đồ)"},
    "gates": {"vi": "Chưa có ai quét mã.", "en": "Nobody has scanned yet."},
}


def shoot(watched: Watched, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    watched.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_renders_without_errors_or_requests_elsewhere(
    running: Running, browser: Browser, language: str
) -> None:
    for name, path in PAGES.items():
        watched = watch(browser, running.url, language, dark=language == "en")
        watched.page.goto(running.url + path)
        if name in SHOWN:
            told = SHOWN[name]
            watched.see(told if isinstance(told, str) else told[language])
        assert watched.page.locator("html").get_attribute("lang") == {"vi": "vi", "en": "en-GB"}[language]
        title = texts(language)[f"nav.{name}"]
        expect(watched.page.get_by_role("heading", level=1)).to_have_text(title)
        assert watched.page.title() == f"{title} · epihub"
        watched.page.wait_for_function("document.fonts.status === 'loaded'")
        if name == "cold":
            expect(watched.page.locator("canvas").first).to_be_visible()
        shoot(watched, f"{name}.{language}")
        assert watched.wrong == []
        watched.page.context.close()


def test_what_devices_send_is_text_and_nothing_else(standing: Running, browser: Browser) -> None:
    for path in ("/", "/results"):
        watched = watch(browser, standing.url)
        watched.page.goto(standing.url + path)
        watched.see(HOSTILE[:20])
        assert watched.page.evaluate("window.pwned") is None
        assert watched.page.locator('img[src="x"]').count() == 0
        assert watched.page.get_by_text("49", exact=True).count() == 0
        assert watched.wrong == []


def test_new_results_and_readings_appear_by_themselves(running: Running, browser: Browser) -> None:
    lab, cold = watch(browser, running.url), watch(browser, running.url)
    lab.page.goto(f"{running.url}/results")
    cold.page.goto(f"{running.url}/cold-chain")
    lab.see("TN2611-0059")
    cold.see("tu-lanh-01")
    now_ms = running_ms()
    running.put(result("MOI-0001", "POS", ct=23.4), "genexpert-01", "bv-thong-nhat", now_ms)
    running.put(reading(12.3), "tu-lanh-01", "kho-vac-xin", now_ms)
    lab.see("MOI-0001")
    lab.see("23,4")
    cold.see("12,3 °C")
    first = cold.page.locator(".eh-card").first
    expect(first).to_contain_text("tu-lanh-0")
    expect(cold.page.locator(".eh-card", has_text="tu-lanh-01")).to_contain_text("Quá nóng")
    assert lab.wrong == cold.wrong == []


def running_ms() -> int:
    return time.time_ns() // 1_000_000


def test_silent_units_are_unknown(standing: Running, browser: Browser) -> None:
    watched = watch(browser, standing.url, "en")
    watched.page.goto(f"{standing.url}/cold-chain")
    card = watched.page.locator(".eh-card", has_text="tu-lanh-04")
    expect(card).to_contain_text("device is silent")
    expect(card).to_have_class(re.compile("eh-is-unknown"))
    expect(card.locator(".eh-card-value")).to_have_css("text-decoration-line", "line-through")


def test_without_the_hub_process_nothing_is_called_fine(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    watched.page.goto(f"{running.url}/devices")
    watched.see("Trực tuyến")
    running.background.run(running.hub.stop())
    watched.see("Mất kết nối với tiến trình trung tâm")
    expect(watched.page.locator(".eh-cell-ok")).to_have_count(0)
    expect(watched.page.locator(".eh-cell-unknown").first).to_be_visible()
    shoot(watched, "hub_away.vi")
    watched.page.goto(f"{running.url}/")
    expect(watched.page.locator(".eh-tile.eh-is-unknown")).to_have_count(6)
    expect(watched.page.locator(".eh-tile.eh-is-ok")).to_have_count(0)
    watched.page.goto(f"{running.url}/devices")
    running.background.run(running.hub.start())
    expect(watched.page.locator(".eh-cell-ok").first).to_be_visible()
    assert watched.wrong == []


def test_health_names_every_part_and_knows_nothing_without_the_hub(
    running: Running, browser: Browser
) -> None:
    running.hub.answers["health"] = {
        "status": "degraded",
        "components": {
            "process": {"state": "ok", "reason": "", "loop_lag_ms": 7},
            "partitions": {
                "state": "degraded",
                "reason": "3 of 16 held",
                "since": "2026-11-22T05:00:00.000Z",
            },
        },
    }
    watched = watch(browser, running.url)
    watched.page.goto(f"{running.url}/health")
    parts = watched.page.locator(".eh-part")
    expect(parts.first).to_contain_text("Phân vùng của bus")
    expect(parts.first).to_contain_text("3 of 16 held")
    expect(parts.first).to_contain_text("từ 22/11/2026 12:00:00")
    expect(parts.last).to_contain_text("vòng lặp trễ 7 ms")
    expect(watched.page.locator(".eh-figure").first).to_contain_text("Sự kiện")
    running.background.run(running.hub.stop())
    expect(watched.page.locator(".eh-part .eh-is-ok")).to_have_count(0)
    expect(watched.page.locator(".eh-part .eh-is-unknown")).to_have_count(2)
    assert watched.wrong == []


def test_replay_tells_its_outcome(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    watched.page.goto(f"{running.url}/quarantine")
    entry = watched.page.locator(".eh-entry", has_text="mllp.no_msh")
    expect(entry).to_contain_text("Tin không bắt đầu bằng đoạn MSH")
    entry.get_by_role("button", name="Thử lại").click()
    expect(entry).to_contain_text("Xong: 2 sự kiện mới.")
    running.hub.answers["replay"] = {"outcome": "refused", "reason": "hl7.no_test", "events": 0}
    entry.get_by_role("button", name="Thử lại").click()
    expect(entry).to_contain_text("Bị từ chối: Tin thiếu mã xét nghiệm")
    assert [asked["by"] for asked in running.hub.asked] == ["local", "local"]
    shoot(watched, "replayed.vi")
    assert watched.wrong == []


def test_filters_and_the_search_of_the_whole_store(running: Running, browser: Browser) -> None:
    old_ms = running_ms() - 40 * 86_400_000
    running.put(result("CU-0001", "NEG"), "genexpert-01", "bv-thong-nhat", old_ms)
    for n in range(3):
        running.put(result(f"DAY-{n}", "NEG"), "genexpert-01", "bv-thong-nhat", running_ms() + n)
    watched = watch(browser, running.url, "en")
    page = watched.page
    page.goto(f"{running.url}/results")
    watched.see("DAY-2")
    page.get_by_label("Result").click()
    page.get_by_role("option", name="Positive").click()
    expect(page.locator(".ag-center-cols-container .ag-row").first).to_contain_text("Positive")
    expect(page.locator(".ag-center-cols-container").get_by_text("Negative")).to_have_count(0)
    page.get_by_label("Result").click()
    page.get_by_placeholder("Specimen").fill("CU-0001")
    page.get_by_placeholder("Specimen").press("Enter")
    watched.see("Found for “CU-0001” in the whole store")
    assert watched.wrong == []


def test_language_and_theme_are_kept_in_the_browser(standing: Running, browser: Browser) -> None:
    watched = watch(browser, standing.url)
    page = watched.page
    page.goto(f"{standing.url}/devices")
    page.get_by_role("link", name="EN").click()
    page.get_by_role("heading", name="Devices").wait_for()
    page.goto(f"{standing.url}/quarantine")
    page.get_by_role("heading", name="Quarantine").wait_for()
    assert watched.wrong == []


def test_signing_in_with_a_key_and_losing_it(running: Running, browser: Browser) -> None:
    keys = running.data_dir / "keys.json"
    add_key(keys, "admin")
    token = add_key(keys, "reporter")
    watched = watch(browser, running.url)
    page = watched.page
    page.goto(f"{running.url}/devices")
    shoot(watched, "login.vi")
    page.get_by_label("Khóa truy cập").fill("eh_made_up")
    page.get_by_role("button", name="Vào").click()
    watched.see("Không đúng, hoặc đã bị thu hồi")
    page.get_by_label("Khóa truy cập").fill(token)
    page.get_by_role("button", name="Vào").click()
    watched.see("TN2611-0059")
    cookie = next(one for one in page.context.cookies() if one["name"] == "epihub_session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.goto(f"{running.url}/quarantine")
    page.locator(".eh-entry").first.get_by_role("button", name="Thử lại").click()
    watched.see("Khóa của bạn không có quyền này")
    assert running.hub.asked == []
    revoke_key(keys, list_keys(keys)[1].id)
    page.get_by_label("Khóa truy cập").wait_for()


def test_without_a_session_no_page_and_no_socket(running: Running) -> None:
    add_key(running.data_dir / "keys.json", "admin")
    for path in PAGES.values():
        answer = httpx.get(running.url + path, timeout=LONGEST_SECONDS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    socket = f"{running.url}/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert httpx.get(socket, timeout=LONGEST_SECONDS).status_code == 401


def test_another_site_cannot_open_the_socket(standing: Running) -> None:
    headers = {
        "Origin": "https://evil.example",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    socket = f"{standing.url}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert httpx.get(socket, headers=headers, timeout=LONGEST_SECONDS).status_code == 403
