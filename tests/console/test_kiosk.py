"""The screen at a gate before a real browser: what people see and hear, and what it says when cut off."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.keys import add_key, list_keys, revoke_key
from tests.api.gate_edge import GATES, READ
from tests.console.conftest import LONGEST_SECONDS, PHONE, Watched, end, fits, shoot, sign_in, watch
from tests.console.gated import Gates, faults, gates_at, sees

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
LARGE, SIDEWAYS = (1920, 1080), (844, 390)
CHINH, SAU, _, RA, XE, KHO = GATES
# Counts the tones that begin; a browser without a sound card plays them all the same.
LISTENING = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...told) { window.tones += 1; return start.apply(this, told); };
"""


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    """For tests that each take a gate of their own."""
    with gates_at(tmp_path_factory.mktemp("gates")) as made:
        yield made


@pytest.fixture
def own_gates(tmp_path: Path) -> Iterator[Gates]:
    with gates_at(tmp_path) as made:
        yield made


def before(gates: Gates, gate: str, browser: Browser, size: tuple[int, int] = LARGE) -> Watched:
    """The screen of ``gate``, once it knows that the gate works."""
    watched = watch(browser, gates.url)
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})
    watched.page.add_init_script(LISTENING)
    watched.page.goto(gates.kiosk(gate))
    sees(watched.page, "ready")
    return watched


def test_each_decision_has_its_word_its_sign_and_its_tone(gates: Gates, browser: Browser) -> None:
    watched = before(gates, CHINH, browser)
    page = watched.page
    page.get_by_role("button", name="Chạm để bật âm thanh").click()
    expect(page.get_by_role("button", name="Âm thanh: bật")).to_be_visible()
    tones = 0
    for decision, reason, face, words in (
        ("allow", "allowed", "pass", ("MỜI QUA", "Please pass", "NVA · sinh 1985")),
        (
            "deny",
            "declaration.old",
            "stop",
            ("Khai báo y tế đã quá hạn", "The health declaration is too old"),
        ),
        ("hold", "zone.full", "wait", ("XIN CHỜ", "Please wait", "Nhân viên sẽ hướng dẫn")),
        ("retry", "code.of_a_place", "again", ("XIN QUÉT LẠI", "Xin đưa mã cá nhân")),
        ("duplicate", "scan.repeated", "seen", ("VỪA QUÉT RỒI", "Scanned just now")),
        ("manual", "manual", "pass", ("MỜI QUA",)),
    ):
        gates.shows_until_seen(page, CHINH, decision, reason, face, *words)
        page.wait_for_function(f"window.tones > {tones}")
        tones = page.evaluate("window.tones")
        shoot(watched, f"kiosk-{face}")
    page.get_by_role("button", name="Âm thanh: bật").click()
    gates.shows_until_seen(page, CHINH, "deny", "proof.missing", "stop")
    assert page.evaluate("window.tones") == tones  # muted
    assert faults(watched) == []


def test_a_code_at_the_scanner_changes_the_screen(gates: Gates, browser: Browser) -> None:
    watched = watch(browser, gates.url)
    page = watched.page
    page.goto(gates.kiosk(READ))
    sees(page, "unheard", "CHƯA CÓ MÁY QUÉT")
    card = "075199000001||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Trảng Dài, Biên Hòa, Đồng Nai|15042021"
    gates.scan_until(lambda: sees(page, "pass", "MỜI QUA", "NTÁT · sinh 1999"), card.encode())
    place = b"https://qr.tokhaiyte.vn/place/1"
    gates.scan_until(lambda: sees(page, "again", "Xin đưa mã cá nhân"), place)
    assert "Tuyết" not in page.content()


def test_it_goes_blank_by_itself_and_keeps_nothing(gates: Gates, browser: Browser) -> None:
    watched = before(gates, RA, browser)
    shoot(watched, "kiosk-ready")
    gates.shows_until_seen(watched.page, RA, "allow", "allowed", "pass", "NVA")
    sees(watched.page, "ready", "MỜI QUÉT MÃ", "Please scan")
    assert "NVA" not in watched.page.content()


def test_an_alert_looks_like_any_other_wait(gates: Gates, browser: Browser) -> None:
    watched = before(gates, SAU, browser)
    gates.shows_until_seen(
        watched.page, SAU, "alert", "list.watch", "wait", "XIN CHỜ", "Nhân viên sẽ hướng dẫn"
    )
    for secret in ("alert", "list.watch"):
        assert secret not in watched.page.locator("main").inner_html()


def test_it_says_how_the_gate_stands(gates: Gates, browser: Browser) -> None:
    watched = before(gates, XE, browser)
    gates.is_now(XE, "OFFLINE", "link.refused")
    sees(watched.page, "down", "MẤT KẾT NỐI VỚI CỔNG", "The gate is not connected")
    shoot(watched, "kiosk-down")
    gates.is_now(XE, "MAINTENANCE")
    sees(watched.page, "service", "CỔNG ĐANG BẢO TRÌ")
    gates.is_now(XE, "ONLINE")
    sees(watched.page, "ready")
    gates.background.run(gates.there.clock(XE, 400))
    expect(watched.page.locator("#note")).to_have_text("Đồng hồ của cổng lệch · The clock of the gate is off")
    assert faults(watched) == []


def test_cut_off_nothing_old_looks_live(own_gates: Gates, browser: Browser) -> None:
    watched = before(own_gates, CHINH, browser)
    own_gates.shows_until_seen(watched.page, CHINH, "allow", "allowed", "pass", "NVA")
    end(own_gates.process)
    sees(watched.page, "lost", "MẤT KẾT NỐI VỚI MÁY CHỦ")
    assert "NVA" not in watched.page.content()
    shoot(watched, "kiosk-lost")
    own_gates.start_again()
    sees(watched.page, "ready")
    own_gates.there.socket.unlink()
    sees(watched.page, "edge", "MẤT KẾT NỐI VỚI TRẠM")


def test_large_words_fit_every_screen(gates: Gates, browser: Browser) -> None:
    watched = before(gates, KHO, browser)
    page = watched.page
    for light in (False, True):
        if light:
            page.get_by_role("button", name="Nền sáng").click()
        for decision, reason, face in (
            ("allow", "allowed", "pass"),
            ("deny", "certificate.unknown_key", "stop"),
            ("hold", "zone.full", "wait"),
        ):
            gates.shows_until_seen(page, KHO, decision, reason, face)
            for width, height in (LARGE, PHONE, SIDEWAYS):
                page.set_viewport_size({"width": width, "height": height})
                assert fits(watched)
                assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (face, width)
                contrast_is_enough(page)
                shoot(watched, f"kiosk-{face}-{width}-{'light' if light else 'dark'}")


CONTRAST = """() => {
  const linear = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [red, green, blue] = colour.match(/[0-9.]+/g).map(Number).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const stage = light(getComputedStyle(document.querySelector("main")).backgroundColor);
  return [...document.querySelectorAll(".k-words p")].filter(one => one.textContent).map(one => {
    const words = light(getComputedStyle(one).color);
    return (Math.max(words, stage) + 0.05) / (Math.min(words, stage) + 0.05);
  });
}"""


def contrast_is_enough(page: Page) -> None:
    """WCAG 2.2, 1.4.6 (AAA) for large words: also those who see little read them."""
    found = page.evaluate(CONTRAST)
    assert len(found) >= 3
    assert min(found) >= 4.5


def test_a_screen_stays_until_its_key_goes(own_gates: Gates, browser: Browser) -> None:
    keys = own_gates.there.data_dir / "keys.json"
    add_key(keys, "admin")
    for path in (own_gates.kiosk(CHINH), f"{own_gates.kiosk(CHINH)}/feed"):
        assert httpx.get(path, timeout=LONGEST_SECONDS).headers["location"] == "/login"
    watched = watch(browser, own_gates.url)
    sign_in(watched, own_gates.url, add_key(keys, "reporter"))
    watched.page.goto(own_gates.kiosk(CHINH))
    sees(watched.page, "ready")
    revoke_key(keys, list_keys(keys)[1].id)
    watched.page.get_by_label("Khóa truy cập").wait_for()


@pytest.mark.parametrize(("path", "status"), [("nobody", 404), ("A B", 422)])
def test_only_gates_have_a_screen(gates: Gates, path: str, status: int) -> None:
    answer = httpx.get(f"{gates.url}/kiosk/{path}", timeout=LONGEST_SECONDS)
    assert answer.status_code == status
    assert json.loads(answer.text)["status"] == status
