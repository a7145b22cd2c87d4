"""Systems that get events before a real browser: how one stands, its dead letters, a pause that holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hub.runtime.destination_desk import DestinationDesk
from storage.destinations import DestinationChange, OutboxRow
from storage.open import open_reader
from tests.console.conftest import Running, province_at, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AT_MS = 1_795_330_000_000
DEAD = OutboxRow(7, "id-7", "lab.result.v1", "0" * 32, "dead", 1, AT_MS, AT_MS, "http.422")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with province_at(tmp_path) as running:

        async def note(by: str, action: str, name: str) -> None: ...

        store = running.writer.store
        desk = DestinationDesk(store, lambda: open_reader(None, running.data_dir), note)
        change = DestinationChange("central", 0, 9, put=[DEAD], wanted=1235, taken=1234)
        running.background.run(store.settle_destination(change))
        running.background.run(running.hub.stop())
        running.hub.desk = desk.calls()
        running.background.run(running.hub.start())
        yield running


def test_dead_letters_are_seen_and_sent_again(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url)
    watched.page.goto(f"{running.url}/destinations")
    card = watched.page.locator(".eh-destination")
    expect(card).to_contain_text("không rõ")
    expect(card).to_contain_text("1.234")
    card.get_by_role("button", name="Xem thư chết").click()
    watched.see("http.422")
    watched.page.get_by_role("button", name="Đóng").click()
    card.get_by_role("button", name="Gửi lại thư chết").click()
    watched.see("central: đang gửi lại các thư chết")
    expect(card.get_by_role("button", name="Xem thư chết")).to_have_count(0)
    assert watched.wrong == []


def test_a_pause_holds(running: Running, browser: Browser) -> None:
    watched = watch(browser, running.url, "en")
    watched.page.goto(f"{running.url}/destinations")
    watched.page.get_by_role("button", name="Pause").click()
    watched.see("central: paused; the store keeps what waits")
    expect(watched.page.locator(".eh-destination")).to_contain_text("local paused it at")
    watched.page.get_by_role("button", name="Resume").click()
    expect(watched.page.get_by_role("button", name="Pause")).to_be_visible()
    assert watched.wrong == []
