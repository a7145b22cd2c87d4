"""The page of the gates before a real browser: who is in, decisions, an alert, a gate opened by hand."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from api.keys import add_key
from hub.payloads import GateDecision, Passage, Scan, ZoneCount
from tests.api.gate_edge import GATES
from tests.console.conftest import LAPTOP, PHONE, SCREENSHOTS, Watched, fits, look_at, shoot, sign_in, watch
from tests.console.gated import Gates, faults, gates_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
CHINH, SAU, CAP_CUU, RA, XE, _ = GATES
ZONE = "khu-a"


def shoot_all(watched: Watched, name: str) -> None:
    """The whole page, for eyes."""
    watched.page.wait_for_function("document.fonts.status === 'loaded'")
    watched.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def shown(name: str, decision: Any, reason: str, *, went: str = "", **more: Any) -> list[Any]:
    """What a gate tells of one scan: ``went`` is seen, inferred or nothing."""
    scan = Scan(f"v-1:{name}", f"v-1:visit-{name}", "cccd", "in", "18-49", "F", "731")
    decided = GateDecision(f"v-1:{name}", decision, reason, "test", 0.42, zone=ZONE, **more)
    passed = [Passage(f"v-1:{name}", "in", went == "seen", ZONE)] if went else []
    return [scan, decided, *passed]


def fill(gates: Gates) -> None:
    gates.put(ZoneCount(ZONE, 40, 0, 0, "set", "k1"), ago_ms=3_000_000)
    gates.put(*shown("a", "allow", "allowed", went="seen"), ago_ms=240_000)
    gates.put(*shown("b", "deny", "declaration.old"), ago_ms=180_000)
    gates.put(*shown("c", "allow", "allowed", went="inferred", remarks=("id.sex",)), ago_ms=120_000)
    gates.put(*shown("d", "deny", "declaration.old"), gate=SAU, ago_ms=100_000)


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    with gates_at(tmp_path_factory.mktemp("gates"), apart=False) as made:
        fill(made)
        yield made


@pytest.fixture(scope="module")
def gates_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    with gates_at(tmp_path_factory.mktemp("apart")) as made:
        yield made


@pytest.mark.parametrize(("size", "dark"), [(LAPTOP, False), (PHONE, False), (LAPTOP, True)])
def test_who_is_in_and_what_was_decided(
    gates: Gates, browser: Browser, size: tuple[int, int], dark: bool
) -> None:
    watched = watch(browser, gates.url, dark=dark)
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})
    watched.page.goto(f"{gates.url}/gates")
    page = watched.page
    zone = page.locator(".eh-zone", has_text=ZONE)
    expect(zone.locator(".eh-card-value")).to_have_text("42")
    expect(zone).to_contain_text("50 % suy ra từ quyết định")
    expect(zone).to_contain_text("Hôm nay:")
    scans = page.locator(".eh-gate-scan")
    expect(scans).to_have_count(4)
    expect(scans.nth(0)).to_contain_text("Khai báo y tế đã quá hạn")
    expect(scans.nth(1)).to_contain_text("Nữ · 18-49 tuổi · huyện 731")
    expect(scans.nth(1)).to_contain_text("Giới tính không khớp số định danh")
    expect(scans.nth(1)).to_contain_text("coi như đã vào")
    expect(scans.nth(3)).to_contain_text("đã vào")
    expect(page.locator(".eh-gate-scans .eh-chips")).to_have_text("Khai báo y tế đã quá hạn: 2")
    expect(page.locator(".eh-gate")).to_have_count(len(GATES) + 1)
    expect(page.locator(".eh-gate", has_text=CHINH).locator(".eh-mark")).to_have_text("✓ Trực tuyến")
    assert fits(watched)
    shoot_all(watched, f"gates-{size[0]}-{'dark' if dark else 'light'}")
    assert faults(watched) == []


def test_an_alert_is_loud_until_somebody_knows(gates: Gates, browser: Browser) -> None:
    watched = look_at(browser, gates.url, "/gates")
    page = watched.page
    expect(page.locator(".eh-gate")).to_have_count(len(GATES) + 1)
    alert = page.get_by_role("alert").filter(has_text="Báo động ở cổng")
    gates.shows_until(lambda: expect(alert).to_contain_text(XE), XE, "alert", "list.watch")
    expect(alert).to_contain_text("Có trong danh sách theo dõi · NVA · sinh 1985")
    shoot(watched, "gates-alert")
    page.get_by_role("button", name="Tôi đã biết").click()
    expect(alert).to_have_count(0)
    assert faults(watched) == []


def test_a_scan_arrives_by_itself(gates_apart: Gates, browser: Browser) -> None:
    watched = look_at(browser, gates_apart.url, "/gates", "en")
    page = watched.page
    expect(page.get_by_text("Nobody has scanned yet.")).to_be_visible()
    scan = page.locator(".eh-gate-scan").first
    gates_apart.shows_until(lambda: expect(scan).to_contain_text("Made to wait"), RA, "hold", "zone.full")
    expect(scan).to_contain_text("The zone is full")
    assert "NVA" not in page.content()
    gates_apart.is_now(RA, "OFFLINE", "link.refused")
    expect(page.locator(".eh-gate", has_text=RA).locator(".eh-mark")).to_have_text("✕ Offline")
    assert faults(watched) == []


def test_a_gate_is_opened_by_hand_for_a_reason(gates_apart: Gates, browser: Browser) -> None:
    gates_apart.obey(CAP_CUU)
    watched = look_at(browser, gates_apart.url, "/gates")
    page = watched.page
    page.locator(".eh-gate", has_text=CAP_CUU).get_by_role("button", name="Mở cổng").click()
    page.get_by_label("Vì sao").fill("vội")
    sure = page.locator(".eh-dialog").get_by_role("button", name="Mở cổng")
    sure.click()
    expect(page.get_by_text("Hãy nói vì sao, ít nhất 5 ký tự.")).to_be_visible()
    page.get_by_label("Vì sao").fill("Xe cấp cứu đến")
    sure.click()
    expect(page.get_by_text(f"{CAP_CUU} đã mở.")).to_be_visible()
    expect(page.locator(".eh-dialog")).to_have_count(0)
    audit = (gates_apart.there.data_dir / "audit" / "gate-openings.jsonl").read_text("utf-8")
    assert audit.count("Xe cấp cứu đến") == 1
    assert "vội" not in audit
    page.locator(".eh-gate", has_text=SAU).get_by_role("button", name="Mở cổng").click()
    page.get_by_label("Vì sao").fill("Cửa không ai nghe")
    sure.click()
    expect(page.get_by_text("Cổng từ chối; cổng không mở. (Cổng này không nhận lệnh)")).to_be_visible()
    assert faults(watched) == []


def test_a_count_is_a_number_and_is_not_set_without_a_hub(gates: Gates, browser: Browser) -> None:
    watched = look_at(browser, gates.url, "/gates")
    page = watched.page
    page.locator(".eh-zone", has_text=ZONE).get_by_role("button", name="Đếm lại").click()
    for words, told in (
        ("bốn mươi", "Hãy điền số từ 0 đến 1.000.000."),
        ("1000001", "Hãy điền số từ 0 đến 1.000.000."),
        ("40", "Trạm biên từ chối; số người không đổi."),  # the edge's socket is none of a hub
    ):
        page.get_by_label("Số người").fill(words)
        page.get_by_role("button", name="Ghi số này").click()
        expect(page.locator(".eh-dialog .eh-wrong")).to_have_text(told)
    page.get_by_role("button", name="Thôi").click()
    expect(page.locator(".eh-zone .eh-card-value")).to_have_text("42")


def test_who_only_reads_has_no_buttons_and_hears_no_names(gates_apart: Gates, browser: Browser) -> None:
    keys = gates_apart.there.data_dir / "keys.json"
    add_key(keys, "admin")
    watched = watch(browser, gates_apart.url)
    sign_in(watched, gates_apart.url, add_key(keys, "reporter"))
    page = watched.page
    page.goto(f"{gates_apart.url}/gates")
    expect(page.locator(".eh-gate")).to_have_count(len(GATES) + 1)
    alert = page.get_by_role("alert").filter(has_text="Báo động ở cổng")
    gates_apart.shows_until(lambda: expect(alert).to_contain_text(CHINH), CHINH, "alert", "list.watch")
    assert "NVA" not in page.content()
    expect(page.get_by_role("button", name="Mở cổng")).to_have_count(0)
