"""System 1 of the plan: 4,122 declarations since April 2020, by district."""

import io
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from hub.places import register
from tests.acceptance.people_province import People, people_hub
from tests.api.conftest import database  # noqa: F401
from tests.postgres.server import PostgresServer
from tests.reports.people_facts import PLAN

pytestmark = pytest.mark.slow
DAY = "2021-08-04"
BEGAN = date(2020, 4, 1)


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[People]:  # noqa: F811
    async with people_hub(tmp_path, database) as made:
        yield made


def declarations() -> list[dict[str, Any]]:
    return [
        {
            "reference": f"NCOVI-{district}-{at}",
            "district": district,
            "date": (BEGAN + timedelta(days=at % 480)).isoformat(),
            "symptoms": ["fever"] if at % 10 == 0 else [],
        }
        for district, number in PLAN.items()
        for at in range(number)
    ]


async def test_4122_declarations_each_sent_three_times_in_any_order(hub: People) -> None:
    outcomes = await hub.sent("declaration", declarations())
    assert outcomes == {"created": 4122, "unchanged": 2 * 4122}
    districts = await hub.table("declarations", "districts", date=DAY)
    assert {key: row["declarations"] for key, row in districts.items()} == {**PLAN, "total": 4122}
    report = (await hub.get("reports/declarations", date=DAY))["report"]["content"]
    assert (report["event_count"], report["completeness"]["missing"]) == (4122, [])
    await hub.same_again("declarations", date=DAY)
    told = await paper(hub, "vi")
    for text in ("1.856", "4.122", *(unit.full_name for unit in register().districts(date(2021, 8, 4)))):
        assert text in told
    assert "1,856" in await paper(hub, "en")


async def paper(hub: People, language: str) -> str:
    """The words of the PDF, one space between them."""
    asked = {"date": DAY, "format": "pdf", "lang": language}
    answer = await hub.client.get("/api/v1/reports/declarations", params=asked)
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def test_a_late_declaration_is_a_new_revision_and_the_old_one_stays(hub: People) -> None:
    await hub.sent("declaration", declarations()[:50], times=1)
    first = await hub.client.get("/api/v1/reports/declarations", params={"date": DAY})
    late = {"reference": "NCOVI-late", "district": "731", "date": "2021-08-01"}
    await hub.sent("declaration", [late])
    assert (await hub.table("declarations", "districts", date=DAY))["total"]["declarations"] == 51
    old = await hub.client.get("/api/v1/reports/declarations", params={"date": DAY, "revision": 1})
    assert old.content == first.content


async def test_a_day_later_does_not_count_before_its_cut_off(hub: People) -> None:
    today = {"reference": "NCOVI-today", "district": "731", "date": "2021-08-05"}
    await hub.sent("declaration", [*declarations()[:50], today], times=1)
    assert (await hub.table("declarations", "districts", date=DAY))["total"]["declarations"] == 50
    after = await hub.table("declarations", "districts", date="2021-08-05")
    assert (after["total"]["declarations"], after["total"]["of_day"]) == (51, 1)
