"""System 3 of the plan: 171 quarantine sites report each day, with every field of the plan."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.reported import QuarantineDay
from tests.acceptance.people_province import People, body, facilities, people_hub
from tests.api.conftest import database  # noqa: F401
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow
SITES = 171
SILENT, BROKEN = 170, (3, 77)
DAY = {"date": "2021-08-04"}
FLOWS = {
    "entered": 20, "workers": 12, "children": 3, "pregnant_women": 1, "foreigners": 2, "sampled_1": 18,
    "sampled_2": 9, "sampled_3": 4, "f1_to_f0": 2, "left_hospital": 2, "left_completed": 13,
}  # fmt: skip


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[People]:  # noqa: F811
    async with people_hub(tmp_path, database) as made:
        yield made


def day(at: int, date: str, in_care: int, **more: Any) -> QuarantineDay:
    return QuarantineDay(facility=f"kcl-{at:03d}", date=date, figures={"in_care": in_care, **FLOWS, **more})


def two_days() -> list[QuarantineDay]:
    """The last site is silent on the second day; two tell a number that their own figures do not give."""
    before = [day(at, "2021-08-03", 100 + at) for at in range(SITES)]
    after = [day(at, "2021-08-04", 105 + at + 2 * (at in BROKEN)) for at in range(SITES) if at != SILENT]
    return [*before, *after]


async def province(hub: People) -> None:
    await hub.sent("facility", [body(one) for one in facilities("kcl", "quarantine", SITES, level="Huyện")])
    await hub.sent("quarantine-daily", [body(one) for one in two_days()])


async def test_171_sites_with_every_field_of_the_plan(hub: People) -> None:
    await province(hub)
    told = (await hub.get("reports/quarantine-daily", **DAY))["report"]["content"]
    assert (told["event_count"], told["completeness"]["expected"]) == (170, SITES)
    assert told["completeness"]["missing"] == [["kcl-170", "Cơ sở KCL 170"]]
    sites = await hub.table("quarantine-daily", "facilities", **DAY)
    assert len(sites) == SITES + 1
    assert {code: sites["kcl-000"][code] for code in FLOWS} == FLOWS
    assert (sites["kcl-000"]["district"], sites["kcl-000"]["level"]) == ("Thành phố Biên Hòa", "Huyện")
    assert sites["kcl-170"]["in_care"] is None
    districts = await hub.table("quarantine-daily", "districts", **DAY)
    assert districts["total"]["entered"] == 170 * 20 == sites["total"]["entered"]
    assert sum(row["entered"] for key, row in districts.items() if key != "total") == 170 * 20
    await hub.same_again("quarantine-daily", **DAY)


async def test_sites_whose_figures_do_not_add_up_are_listed(hub: People) -> None:
    await province(hub)
    wrong = await hub.table("quarantine-daily", "violations", **DAY)
    assert set(wrong) == {f"kcl-{at:03d}|2021-08-04" for at in BROKEN}
    assert [row["difference"] for row in wrong.values()] == [2, 2]
    right = day(BROKEN[0], "2021-08-04", 105 + BROKEN[0])
    assert await hub.sent("quarantine-daily", [body(right)]) == {"updated": 1, "unchanged": 2}
    assert len(await hub.table("quarantine-daily", "violations", **DAY)) == 1
    assert len(await hub.table("quarantine-daily", "violations", **DAY, revision=1)) == 2


async def test_sub_groups_and_rounds_are_rows_that_people_configure(hub: People) -> None:
    await province(hub)
    rows = [
        {"code": "elderly", "vi": "Người cao tuổi", "en": "Elderly", "under": "entered"},
        {"code": "sampled_4", "vi": "Số người lấy mẫu lần 4", "en": "Sampled, round 4", "under": "sampled"},
    ]
    configured = {"report": "quarantine-daily", "valid_from": "2021-08-01", "rows": rows}
    await hub.sent("report-rows", [configured])
    more = day(0, "2021-08-04", 105, elderly=4, sampled_4=7)
    await hub.sent("quarantine-daily", [body(more)])
    total = (await hub.table("quarantine-daily", "districts", **DAY))["total"]
    assert (total["elderly"], total["sampled_4"]) == (4, 7)
    before = await hub.table("quarantine-daily", "districts", date="2021-07-31")
    assert "elderly" not in before["total"]
    shown = await hub.client.get("/api/v1/reports/quarantine-daily", params={**DAY, "format": "csv"})
    assert "Người cao tuổi" in shown.text
