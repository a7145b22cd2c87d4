"""Reports over the API: a real store with readings, lots, incidents and checks of one unit."""

import asyncio
import io
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from api.keys import add_key
from api.problems import Problem
from api.reports.canonical_json import digest
from api.reports.pdf_threads import MOST_WAITING, Press
from hub.alarms.episodes import Episode
from hub.alarms.incidents.actions import Acknowledge, Check
from hub.events import format_time
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.lot_desk import LotDesk
from tests.alarms.incidents.made import finding
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import HOUR_MS
from tests.api.test_alarms import SharedReader
from tests.reports.test_monthly_facts import ms

URL = "/api/v1/reports/cold-chain-monthly?device=tu-lanh-01&month=2026-11"
DAY_MS = 24 * HOUR_MS
in_a_file = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def told(stage: Stage) -> Stage:
    """Two days after the readings: an incident that somebody acknowledged, a look, and a lot."""
    reader: Any = SharedReader(stage.deck.reader)
    clock = [NOW_MS]
    ledger = AlarmLedger(stage.writer.store, lambda: reader, lambda _: None, lambda: clock[0])
    warm = Episode(
        "tu-lanh-01", "temperature", "HEAT", "fridge@1", NOW_MS - 3 * HOUR_MS, NOW_MS - 2 * HOUR_MS,
        NOW_MS - HOUR_MS, "warning", False, 9125,
    )  # fmt: skip
    (raised,) = await ledger.enter(lambda book: book.assess([finding(warm)], NOW_MS))
    clock[0] += 21 * 60_000
    await ledger.act(raised.incident, Acknowledge("k1", "đã xem"))
    await ledger.act_on_device("kho-vac-xin", "tu-lanh-01", Check("k2", "", "PM"))
    desk = LotDesk(stage.writer.store, lambda: reader, lambda: NOW_MS)
    lot: dict[str, Any] = {
        "unit": "tu-lanh-01",
        "product": "comirnaty",
        "expiry": "2027-01-31",
        "from_ms": NOW_MS - HOUR_MS,
    }
    assert (await desk.place("FD9234", "k1", **lot))["outcome"] == "done"
    object.__setattr__(stage.deck, "now_ms", lambda: NOW_MS + 2 * DAY_MS)
    return stage


@pytest.fixture
async def reporter(told: Stage) -> AsyncIterator[httpx.AsyncClient]:
    token = add_key(told.deck.settings.keys_file, "reporter")
    async with told.client(authorization=f"Bearer {token}") as made:
        yield made


async def test_a_month_as_data(reporter: httpx.AsyncClient) -> None:
    answer = await reporter.get(URL)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    report = body["report"]
    assert body["sha256"] == digest(report) == answer.headers["X-Report-SHA256"]
    assert report["unit"]["site_name"] == "Kho vắc xin tỉnh"
    assert (report["period"]["final"], report["period"]["to"]) == (False, format_time(ms("2026-11-24T13:00")))
    assert len(report["days"]) == 24
    assert 117 <= report["figures"]["inside_minutes"] + report["figures"]["above_minutes"] <= 152
    assert report["days"][0]["gaps"] == [[0, 1440]]
    (incident,) = report["incidents"]
    assert (incident["acknowledged_by"], incident["minutes_to_acknowledge"]) == ("k1", 21)
    assert (report["checks"]["done"], report["checks"]["expected"]) == (1, 47)
    (lot,) = report["lots"]
    assert (lot["id"], lot["clock"]["thawed"]) == ("FD9234", format_time(NOW_MS - HOUR_MS))
    assert "đã xem" not in answer.text


@in_a_file
async def test_copies_are_the_same_whenever_they_are_made(reporter: httpx.AsyncClient, told: Stage) -> None:
    first = [await reporter.get(f"{URL}&format={name}") for name in ("json", "csv", "pdf")]
    object.__setattr__(told.deck, "now_ms", lambda: NOW_MS + 2 * DAY_MS + 13 * 60_000)  # the same hour
    again = [await reporter.get(f"{URL}&format={name}") for name in ("json", "csv", "pdf")]
    assert [one.content for one in first] == [one.content for one in again]
    assert len({one.headers["X-Report-SHA256"] for one in first}) == 1
    assert first[1].headers["content-disposition"] == (
        'attachment; filename="cold-chain-monthly-tu-lanh-01-2026-11-provisional.csv"'
    )
    told_on_paper = PdfReader(io.BytesIO(first[2].content)).pages[0].extract_text()
    assert "Bản tạm thời" in told_on_paper
    object.__setattr__(told.deck, "now_ms", lambda: NOW_MS + 3 * DAY_MS)
    assert (await reporter.get(URL)).headers["X-Report-SHA256"] != first[0].headers["X-Report-SHA256"]


@in_a_file
async def test_which_reports_there_are_and_what_is_refused(reporter: httpx.AsyncClient, told: Stage) -> None:
    listed = (await reporter.get("/api/v1/reports")).json()["items"]
    assert [one["id"] for one in listed][-1] == "cold-chain-monthly"
    assert [one.get("system") for one in listed] == [*range(1, 10), None]
    for change, code in (
        ("&month=2026-12", "range.empty"),
        ("&month=2026-13", "request.invalid"),
        ("&format=xlsx", "request.invalid"),
        ("&lang=fr", "request.invalid"),
        ("&district=731", "request.invalid"),
    ):
        query = URL.replace("&month=2026-11", "") if "month" in change else URL
        assert (await reporter.get(f"{query}{change}")).json()["code"] == code
    assert (await reporter.get(URL.replace("tu-lanh-01", "nobody"))).json()["code"] == "device.unknown"
    public = add_key(told.deck.settings.keys_file, "public")
    async with told.client(authorization=f"Bearer {public}") as client:
        assert (await client.get(URL)).status_code == 403


@in_a_file
async def test_without_the_extra_the_answer_names_it(
    reporter: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("api.reports.") and "pdf_file" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ttf_opensans", None)  # as where the extra is not installed
    monkeypatch.delitem(sys.modules, "api.reports.pdf_paper", raising=False)
    answer = await reporter.get(f"{URL}&format=pdf")
    assert (answer.status_code, answer.json()["code"]) == (501, "report.no_pdf")
    assert "epihub[pdf]" in answer.json()["detail"]
    assert (await reporter.get(f"{URL}&format=csv")).status_code == 200


async def test_the_press_makes_a_few_at_a_time_and_refuses_a_crowd() -> None:
    press, go = Press(), threading.Event()

    def make() -> bytes:
        assert go.wait(60)
        return b"made"

    running = [asyncio.create_task(press.run(make)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Problem, match=r"report\.busy"):
        await press.run(make)
    go.set()
    assert await asyncio.gather(*running) == [b"made"] * MOST_WAITING
    assert await press.run(make) == b"made"
