"""The nine reports of an almost empty province: each form, language, audience and odd question."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.keys import add_key
from api.reports.frame.tabular import FORMATS
from api.reports.report import find_tabular
from hub.runtime.report_desk import ReportDesk
from tests.api.conftest import NOW_MS, Stage
from tests.api.test_alarms import SharedReader

NAMES = [report.name for report in find_tabular()]
in_a_file = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = pytest.mark.slow


@pytest.fixture
async def asked(stage: Stage) -> AsyncIterator[tuple[Stage, httpx.AsyncClient]]:
    object.__setattr__(stage.deck, "now_ms", lambda: NOW_MS)
    reader: Any = SharedReader(stage.deck.reader)
    await stage.hub.stop()
    stage.hub.desk = ReportDesk(stage.writer.store, lambda: reader, lambda: NOW_MS).calls()
    await stage.hub.start()
    async with stage.client() as client:
        yield stage, client


def test_the_nine_systems_have_their_reports() -> None:
    assert NAMES == [
        "declarations", "workplace-risk", "quarantine-daily", "gate-traffic", "camera-uptime", "cases",
        "lab-samples", "field-hospitals", "vaccine-stock",
    ]  # fmt: skip


@in_a_file
@pytest.mark.parametrize("name", NAMES)
async def test_every_form_in_both_languages(asked: tuple[Stage, httpx.AsyncClient], name: str) -> None:
    for form in FORMATS:
        for lang in ("vi", "en"):
            answer = await asked[1].get(f"/api/v1/reports/{name}", params={"format": form, "lang": lang})
            assert (answer.status_code, answer.headers["X-Report-Revision"]) == (200, "1"), answer.text
            assert answer.content


@in_a_file
@pytest.mark.parametrize("name", NAMES)
async def test_odd_questions_are_answered_or_refused(
    asked: tuple[Stage, httpx.AsyncClient], name: str
) -> None:
    url = f"/api/v1/reports/{name}"
    for query, status in (
        ("?district=999", 404),
        ("?district=742&from=2026-11-20&date=2026-11-22", 200),
        ("?date=2020-01-01&from=2020-01-01", 200),
        ("/changes?date=2020-01-02", 200),
        ("/changes?date=2020-01-01", 404),
        ("/changes?since=7", 404),
        ("/revisions?date=2026-11-22", 200),
        ("?date=2019-12-31", 422),
        ("?date=9999-12-31", 422),
        ("?date=31/12/2025", 422),
        ("?district=%27%20or%201=1", 422),
        ("?revision=0", 422),
        ("?format=exe", 422),
        ("?nobody=1", 422),
    ):
        answer = await asked[1].get(url + query)
        assert answer.status_code == status, (query, answer.text[:300])


@in_a_file
@pytest.mark.parametrize("name", NAMES)
async def test_the_public_and_who_sees_one_district(
    asked: tuple[Stage, httpx.AsyncClient], name: str
) -> None:
    stage, client = asked
    keys, told = stage.deck.settings.keys_file, []
    for token in (add_key(keys, "public"), add_key(keys, "reporter", districts=["742"])):
        who = {"Authorization": f"Bearer {token}"}
        answer = await client.get(f"/api/v1/reports/{name}?date=2026-11-22", headers=who)
        assert answer.status_code == 200, answer.text[:300]
        told.append(answer.json())
        foreign = await client.get(f"/api/v1/reports/{name}?district=731", headers=who)
        assert foreign.status_code == (403 if len(told) == 2 else 200)
    assert told[0]["report"]["query"]["audience"] == "public"
    assert told[1]["report"]["query"]["scope"].startswith("district:742")
    rows = [row for table in told[1]["report"]["content"]["tables"] for row in table["rows"]]
    assert {row["district"] for row in rows} <= {"", "742"}
