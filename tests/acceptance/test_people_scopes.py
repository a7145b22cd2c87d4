"""Reports of what people enter, told to somebody of one district and to the public."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.keys import add_key
from hub.reported import BedStatus, QuarantineDay, Reported, StockMoved, VaccinationSession
from tests.acceptance.people_province import DISTRICTS, People, facilities, people_hub
from tests.acceptance.test_system_1_declarations import declarations
from tests.acceptance.test_system_2_workplaces import assessments

pytestmark = pytest.mark.slow
REPORTS = ("declarations", "workplace-risk", "quarantine-daily", "field-hospitals", "vaccine-stock")
DAY = "2021-08-04"
MINE = "737"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[People]:
    async with people_hub(tmp_path, None) as made:
        await made.sent("declaration", declarations()[:3000:25], times=1)
        await made.sent("assessment", assessments()[::5], times=1)
        await made.told(province())
        yield made


def province() -> list[Reported]:
    """Each district has one facility of each kind, some with few people."""
    found: list[Reported] = []
    for at in range(len(DISTRICTS)):
        bed, care, dose = f"bvdc-{at:03d}", f"kcl-{at:03d}", f"ct-{at:03d}"
        few = at % 6
        told: dict[str, Any] = {"date": DAY}
        found += [
            QuarantineDay(facility=care, figures={"in_care": 20 + at, "entered": few}, **told),
            BedStatus(facility=bed, figures={"beds": 100, "in_treatment": few}, **told),
            StockMoved(facility=dose, lot="L1", product="vac", kind="received", doses=100, **told),
            VaccinationSession(facility=dose, plan="KH", lot="L1", dose_number=1, doses=few + 1, **told),
        ]
    kinds = (("bvdc", "field-hospital"), ("kcl", "quarantine"), ("ct", "vaccination"))
    return [*found, *(one for prefix, kind in kinds for one in facilities(prefix, kind, len(DISTRICTS)))]


async def told(hub: People, report: str, token: str, **asked: str) -> httpx.Response:
    return await hub.client.get(
        f"/api/v1/reports/{report}",
        params={"date": DAY, **asked},
        headers={"Authorization": f"Bearer {token}"},
    )


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [row for table in answer.json()["report"]["content"]["tables"] for row in table["rows"]]


@pytest.mark.parametrize("report", REPORTS)
async def test_somebody_of_a_district_sees_that_district_alone(hub: People, report: str) -> None:
    token = add_key(hub.keys_file, "reporter", districts=[MINE])
    seen = rows(await told(hub, report, token))
    assert {row["district"] for row in seen} <= {MINE, ""}
    assert any(row["district"] == MINE for row in seen)
    exact = add_key(hub.keys_file, "reporter")
    (whole,) = [row for row in rows(await told(hub, report, exact)) if row["key"] == MINE]
    (mine,) = [row for row in seen if row["key"] == MINE]
    shown = [cell["value"] for cell in mine["cells"]]
    assert shown == [cell["value"] for cell in whole["cells"]]
    assert (await told(hub, report, token, district="731")).status_code == 403


@pytest.mark.parametrize("report", REPORTS)
async def test_the_public_sees_no_facility_and_no_small_group(hub: People, report: str) -> None:
    answer = await told(hub, report, add_key(hub.keys_file, "public"))
    seen = rows(answer)
    names = ("kcl-", "bvdc-", "ct-", "CT ", "KCL ", "BVDC ")
    assert not any(name in answer.text for name in names)
    small = [cell for row in seen for cell in row["cells"] if cell["people"] and 0 < (cell["value"] or 0) < 5]
    assert small == []
