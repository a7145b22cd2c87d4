"""A report that says something new reaches those who are sent reports: a folder, and a DHIS2 over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from api.feeds.kinds import dhis2, report_folder
from api.reports.closing import DAYS, Closing
from api.reports.report import find_tabular
from hub.events import decode_event
from hub.feeds.contract import FeedSettings, Opened, Told, Unsendable
from hub.payloads import ReportRevised
from storage.contract import LoggedEvent
from tests.acceptance.device_province import NOW
from tests.acceptance.people_province import ZONE, People, people_hub
from tests.feeds.dhis2_server import Dhis2
from tests.feeds.peers import Served, running

pytestmark = pytest.mark.slow
DAY = "2021-08-04"
COUNTS = {"731": 3, "732": 2}
UNITS = {f"VN-75-{code}" for code in ("731", "732", *map(str, range(734, 743)))}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[People]:
    async with people_hub(tmp_path, None) as made:
        yield made


async def declare(hub: People, begin: int = 0) -> None:
    items = [
        {"reference": f"N-{code}-{begin + at}", "district": code, "date": DAY}
        for code, number in COUNTS.items()
        for at in range(number)
    ]
    await hub.sent("declaration", items, times=1)


async def ask(hub: People, **more: str) -> dict[str, Any]:
    answer = await hub.client.get("/api/v1/reports/declarations", params={"date": DAY, **more})
    told: dict[str, Any] = answer.json()
    return told


async def revised(hub: People) -> list[LoggedEvent]:
    reader = hub.open_reader()
    await reader.open()
    try:
        return [event for event in await reader.events(0, limit=1000) if event.type == ReportRevised.TYPE]
    finally:
        await reader.close()


async def deliver(hub: People, opened: Opened, event: LoggedEvent) -> tuple[str, str]:
    reader = hub.open_reader()
    await reader.open()
    try:
        told = Told(event.number, decode_event(event.body), event.body)
        assert opened.feed.wants_type(event.type)
        assert opened.feed.wants(told.event)
        assert opened.looks is not None
        answer = await opened.line.send(opened.feed.message(told, await opened.looks.look(reader, told)))
        return answer.outcome, answer.code
    finally:
        await reader.close()
        await opened.line.close()


def folder_feed(folder: Path, form: str = "csv") -> Opened:
    options = {"folder": str(folder), "timezone": ZONE, "form": form}
    return report_folder.open_feed(FeedSettings("share", "report_folder", "t", options=options))


async def test_only_what_is_new_of_the_whole_province_is_told(hub: People) -> None:
    await declare(hub)
    for _ in range(2):
        await ask(hub)
    await ask(hub, district="731")
    assert len(await revised(hub)) == 1
    await declare(hub, begin=100)
    await ask(hub)
    told = [decode_event(event.body) for event in await revised(hub)]
    assert [json.loads(bytes(event.data))["revision"] for event in told] == [1, 2]
    assert {event.subject for event in told} == {f"declarations|{DAY}"}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_each_revision_is_a_file_of_its_own(hub: People, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "share"
    folder.mkdir()
    await declare(hub)
    await ask(hub)
    await declare(hub, begin=100)
    await ask(hub)
    for event in (await revised(hub)) * 2:
        assert await deliver(hub, folder_feed(folder, form), event) == ("taken", "written")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"declarations-{DAY}-r{number}.{form}" for number in (1, 2)]
    asked = {"date": DAY, "format": form, "revision": "1"}
    same = await hub.client.get("/api/v1/reports/declarations", params=asked)
    assert (folder / names[0]).read_bytes() == same.content


async def test_a_folder_that_is_away_is_tried_again(hub: People, tmp_path: Path) -> None:
    await declare(hub)
    await ask(hub)
    (event,) = await revised(hub)
    outcome, code = await deliver(hub, folder_feed(tmp_path / "nowhere"), event)
    assert (outcome, code) == ("again", "folder.2")


async def test_what_can_no_longer_be_made_is_a_dead_letter(hub: People, tmp_path: Path) -> None:
    await declare(hub)
    await ask(hub)
    (event,) = await revised(hub)
    other = LoggedEvent(event.number, event.type, event.body.replace(b'"sha256":"', b'"sha256":"0'))
    with pytest.raises(Unsendable, match=r"^report\.not_reproducible$"):
        await deliver(hub, folder_feed(tmp_path), other)


async def test_dhis2_has_each_cell_once_and_says_what_it_refused(hub: People) -> None:
    await declare(hub)
    await ask(hub)
    (event,) = await revised(hub)
    server = Dhis2(UNITS)
    async with over_http(server) as peer:
        for _ in range(3):
            assert await deliver(hub, dhis2_feed(peer.port), event) == ("taken", "dhis2.imported")
        assert server.values_of("EPI_DECLARED") == {"VN-75-731": "3", "VN-75-732": "2"}
        assert parse_qs(urlsplit(peer.heads[0].split()[1]).query)["orgUnitIdScheme"] == ["CODE"]
        assert "Authorization: ApiToken d2pat" in peer.heads[0]
        server.units.discard("VN-75-732")
        assert await deliver(hub, dhis2_feed(peer.port), event) == ("dead", "dhis2.E7612")


def dhis2_feed(port: int) -> Opened:
    url = f"http://127.0.0.1:{port}/dhis"
    options = {"url": url, "timezone": ZONE, "token": "d2pat", "private": True}
    return dhis2.open_feed(FeedSettings("dhis", "dhis2", "t", options=options))


@dataclass
class Dhis2Peer(Served):
    """A Dhis2 on a port."""

    kept: Dhis2 | None = None

    def answer_to(self, body: bytes) -> tuple[int, bytes]:
        assert self.kept is not None
        told = self.kept.post(body)
        return json.loads(told)["httpStatusCode"], told


@asynccontextmanager
async def over_http(server: Dhis2) -> AsyncIterator[Dhis2Peer]:
    peer = Dhis2Peer(kept=server)
    async with running(peer):
        yield peer


def test_kinds_of_reports_are_found_by_their_entry_points() -> None:
    from hub.feeds.kinds import kinds

    assert {"dhis2", "report_folder", "fhir", "oru", "webhook"} <= set(kinds())


async def test_days_are_closed_although_nobody_asks(hub: People) -> None:
    deck = hub.client._transport.app.state.deck  # type: ignore[attr-defined]
    closing = Closing(deck)
    yesterday = (datetime.fromtimestamp(NOW / 1000, ZoneInfo(ZONE)) - timedelta(days=1)).date().isoformat()
    await hub.sent("declaration", [{"reference": "N-1", "district": "731", "date": yesterday}], times=1)
    assert await closing.once() == DAYS * len(find_tabular())
    told = {decode_event(event.body).subject for event in await revised(hub)}
    assert {f"{report.name}|{yesterday}" for report in find_tabular()} <= told
    before = len(await revised(hub))
    await closing.once()  # its own events moved the log, and nothing else is new
    assert await closing.once() == 0
    assert len(await revised(hub)) == before
