"""Destinations before a real browser: how one stands, what it refused, a pause that holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from api.keys import add_key
from hub.runtime.projection_desk import ProjectionDesk
from storage.influx.projection_state import ProjectionState
from storage.open import open_reader
from storage.projections import ProjectionChange, Rejected
from tests.console.conftest import Running, province_at, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AT_MS = 1_795_330_000_000
LINE = "epihub_reading,device=tu-lanh-01,edge=edge-1 value=4.5 1795330000000"


@dataclass
class Fed:
    """A province whose hub feeds the server ``victoria``; ``noted``: who did what."""

    running: Running
    state: ProjectionState
    noted: list[tuple[str, str, str]]

    def paused_by(self) -> str:
        (row,) = self.running.background.run(self._rows())
        return str(row.paused_by)

    async def _rows(self) -> list[Any]:
        reader = open_reader(None, self.running.data_dir)
        await reader.open()
        try:
            return await reader.projections()
        finally:
            await reader.close()


@pytest.fixture
def fed(tmp_path: Path) -> Iterator[Fed]:
    with province_at(tmp_path) as running:
        state = ProjectionState("victoria", phase="catching_up", backlog=12_345, lag_seconds=75.0)
        noted: list[tuple[str, str, str]] = []

        async def note(by: str, action: str, name: str) -> None:
            noted.append((by, action, name))

        async def states() -> dict[str, Any]:
            rows = await store_rows()
            state.paused_by = rows[0].paused_by
            return {"items": [state.told()]}

        made = Fed(running, state, noted)
        store_rows = made._rows
        store = running.writer.store
        desk = ProjectionDesk(store, lambda: open_reader(None, running.data_dir), note)
        refused = Rejected(7, AT_MS, "field type conflict", LINE)
        running.background.run(
            store.settle_projection(ProjectionChange("victoria", number=9, rejected=[refused]))
        )
        running.background.run(running.hub.stop())
        running.hub.desk = desk.calls() | {"projection.states": states}
        running.background.run(running.hub.start())
        yield made


def test_how_it_stands_in_words_and_what_it_refused(fed: Fed, browser: Browser) -> None:
    watched = watch(browser, fed.running.url)
    watched.page.goto(f"{fed.running.url}/destinations")
    card = watched.page.locator(".eh-destination")
    expect(card).to_contain_text("đang gửi bù")
    expect(card.locator(".eh-card-value")).to_have_text("12.345")
    expect(card).to_contain_text("1 phút")
    card.get_by_role("button", name="Xem dòng bị từ chối").click()
    watched.see("field type conflict")
    watched.see(LINE)
    assert watched.wrong == []


def test_what_it_says_changes_by_itself(fed: Fed, browser: Browser) -> None:
    watched = watch(browser, fed.running.url, "en")
    watched.page.goto(f"{fed.running.url}/destinations")
    card = watched.page.locator(".eh-destination")
    expect(card).to_contain_text("catching up")
    fed.state.phase, fed.state.reason = "refused", "unauthorized"
    expect(card).to_contain_text("server refuses")
    expect(card).to_contain_text("wrong token or password")
    assert watched.wrong == []


def test_a_pause_holds_and_is_in_the_audit(fed: Fed, browser: Browser) -> None:
    watched = watch(browser, fed.running.url)
    watched.page.goto(f"{fed.running.url}/destinations")
    watched.page.get_by_role("button", name="Tạm dừng").click()
    watched.see("Đã tạm dừng victoria")
    expect(watched.page.locator(".eh-destination")).to_contain_text("local tạm dừng lúc")
    assert fed.paused_by() == "local"
    watched.page.get_by_role("button", name="Chạy tiếp").click()
    watched.see("victoria chạy tiếp từ chỗ đã dừng.")
    expect(watched.page.get_by_role("button", name="Tạm dừng")).to_be_visible()
    assert fed.paused_by() == ""
    assert [action for _, action, _ in fed.noted] == ["projection.pause", "projection.resume"]


def test_only_an_administrator_has_the_button(fed: Fed, browser: Browser) -> None:
    token = add_key(fed.running.data_dir / "keys.json", "operator")
    watched = watch(browser, fed.running.url)
    watched.page.goto(f"{fed.running.url}/login")
    watched.page.get_by_label("Khóa", exact=False).first.fill(token)
    watched.page.locator(".eh-login button").click()
    watched.page.goto(f"{fed.running.url}/destinations")
    expect(watched.page.locator(".eh-destination")).to_contain_text("đang gửi bù")
    expect(watched.page.get_by_role("button", name="Tạm dừng")).to_have_count(0)
    assert watched.wrong == []
