"""Alarms on the console of an edge alone before a real browser: its own ledger, and one button."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from api.settings import settings_to_json
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.edge_alarm_folder import EDGE_ALARMS
from storage.open import open_reader, open_store
from tests.api.real_edge import real_edge
from tests.console.alarmed import WARM, finding
from tests.console.conftest import Background, end, look_at, start_server, wait_for_health
from tests.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def judging(folder: Path) -> Iterator[str]:
    """The address of an edge's console whose fridge is too warm; apart from any hub."""
    background, alarms = Background(), folder / EDGE_ALARMS
    alarms.mkdir()
    with ExitStack() as ending:
        ending.callback(background.end)
        store = open_store(None, alarms)
        background.run(store.open())
        ending.callback(lambda: background.run(store.close()))
        ledger = AlarmLedger(store, lambda: open_reader(None, alarms), lambda _: None)
        warm = finding(WARM, "HEAT", 660, None, 9.25)
        background.run(ledger.enter(lambda book: book.assess([warm], warm.episodes[0].raised_at_ms)))
        opened = real_edge(folder, AlarmDesk(ledger).calls())
        there = background.run(opened.__aenter__())
        ending.callback(lambda: background.run(opened.__aexit__(None, None, None)))
        told = there.settings(port=free_port(), console=True, alarms_dir=alarms)
        url = f"http://127.0.0.1:{told.port}"
        process = start_server(settings_to_json(told))
        ending.callback(end, process)
        wait_for_health(url, process)
        yield url


def test_an_edge_apart_shows_its_incidents_and_takes_an_acknowledgement(
    tmp_path: Path, browser: Browser
) -> None:
    with judging(tmp_path) as url:
        watched = look_at(browser, url, "/alarms")
        watched.see("Sự cố do chính trạm này phát hiện", exact=False)
        watched.page.locator(".eh-alarm-name", has_text="Quá nóng").click()
        acts = watched.page.locator(".eh-incident-acts")
        expect(acts.get_by_role("button")).to_have_count(1)
        acts.get_by_role("button", name="Xác nhận").click()
        watched.page.get_by_role("dialog").get_by_role("button", name="Xác nhận").click()
        expect(acts.get_by_role("button")).to_have_count(0)
        expect(watched.page.locator(".eh-ledger").last).to_contain_text(re.compile("xác nhận", re.IGNORECASE))
        assert watched.wrong == []
