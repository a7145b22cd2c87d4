"""Intake before a real browser: a file with mistakes and without, and one item in the form."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from hub.reported import QuarantineDay, Reported
from hub.runtime.intake_desk import IntakeDesk
from hub.streams.clock import now_ms
from storage.open import open_reader
from tests.api.intake_desk import ZONE, Bearing
from tests.console.conftest import PHONE, SCREENSHOTS, Running, fits, province_at, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HEAD = "Mã cơ sở *,Ngày *,Tổng số đang cách ly,Vào trong ngày"


@dataclass
class Taking:
    """A province whose hub takes intake."""

    running: Running
    hub: Bearing

    @property
    def payloads(self) -> list[Any]:
        return [one.payload for one in self.hub.borne if isinstance(one.payload, Reported)]


@pytest.fixture
def taking(tmp_path: Path) -> Iterator[Taking]:
    with province_at(tmp_path) as running:
        hub = Bearing(running.writer.store, now_ms)
        desk = IntakeDesk(hub, lambda: open_reader(None, running.data_dir), ZONE)
        running.background.run(running.hub.stop())
        running.hub.desk = desk.calls()
        running.background.run(running.hub.start())
        yield Taking(running, hub)


def file_of(*lines: str) -> Any:
    body = b"\xef\xbb\xbf" + "\n".join(lines).encode()
    return {"name": "bao-cao.csv", "mimeType": "text/csv", "buffer": body}


def test_a_file_is_looked_at_first_and_then_entered(taking: Taking, browser: Browser) -> None:
    watched = watch(browser, taking.running.url)
    page = watched.page
    page.goto(f"{taking.running.url}/intake")
    page.locator("input[type=file]").set_input_files(
        file_of(HEAD, "kcl-001,05/08/2021,214,31", "kcl-002,31/02/2021,1.856,")
    )
    watched.see("Chưa ghi gì: có 2 lỗi.")
    table = page.locator(".eh-faults")
    expect(table).to_contain_text("không phải ngày")
    expect(table).to_contain_text("Tổng số đang cách ly")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "intake_faults.vi.png", full_page=True)
    page.locator("input[type=file]").set_input_files(
        file_of(HEAD, "kcl-001,05/08/2021,214,31", "kcl-002,05/08/2021,7,")
    )
    watched.see("bao-cao.csv: 2 dòng. Chưa ghi gì.")
    assert taking.payloads == []
    page.get_by_role("button", name="Ghi vào hệ thống").click()
    watched.see("Đã ghi 2 dòng.")
    assert [(one.facility, one.figures) for one in taking.payloads] == [
        ("kcl-001", {"in_care": 214, "entered": 31}),
        ("kcl-002", {"in_care": 7}),
    ]
    assert watched.wrong == []


def test_one_item_says_each_mistake_at_its_field(taking: Taking, browser: Browser) -> None:
    watched = watch(browser, taking.running.url, "en")
    page = watched.page
    page.goto(f"{taking.running.url}/intake")
    page.get_by_label("Facility code").fill("kcl-001")
    page.get_by_label("Date", exact=False).first.fill("31/02/2021")
    page.get_by_label("In quarantine").fill("12")
    page.get_by_role("button", name="Enter", exact=True).click()
    watched.see("not a day; write dd/MM/yyyy")
    page.get_by_label("Date", exact=False).first.fill("05/08/2021")
    page.get_by_role("button", name="Enter", exact=True).click()
    watched.see("Entered as new.")
    page.get_by_role("button", name="Enter", exact=True).click()
    watched.see("Nothing changed: this is known already.")
    (told,) = taking.payloads
    assert isinstance(told, QuarantineDay)
    assert (told.facility, told.date, told.figures, told.origin) == (
        "kcl-001",
        "2021-08-05",
        {"in_care": 12},
        "manual",
    )
    page.screenshot(path=SCREENSHOTS / "intake_form.en.png", full_page=True)
    assert watched.wrong == []


def test_another_type_has_its_own_fields_and_a_phone_has_room(taking: Taking, browser: Browser) -> None:
    watched = watch(browser, taking.running.url)
    page = watched.page
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(f"{taking.running.url}/intake")
    page.get_by_label("Loại số liệu").click()
    page.get_by_role("option", name="Cơ sở báo cáo").click()
    expect(page.get_by_label("Từ ngày *")).to_be_visible()
    expect(page.get_by_role("link", name="Mẫu CSV")).to_have_attribute(
        "href", "/api/v1/intake/facility/template.csv?lang=vi"
    )
    assert fits(watched)
    assert watched.wrong == []
