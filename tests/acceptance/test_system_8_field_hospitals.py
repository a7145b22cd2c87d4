"""System 8 of the plan: beds and patients of field hospitals, typed values beside those of devices."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.payloads import GateDecision, Passage, Scan
from hub.reported import BedStatus
from storage.contract import Arrival
from tests.acceptance.device_province import local
from tests.acceptance.people_province import People, body, facilities, people_hub
from tests.api.conftest import database  # noqa: F401
from tests.conformance.gate_arrivals import gate, happened
from tests.postgres.server import PostgresServer

SITE = "bv-da-chien-1"
DAY = {"date": "2021-08-04"}
CAME = 14


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[People]:  # noqa: F811
    async with people_hub(tmp_path, database) as made:
        yield made


def day(at: int, date: str, in_treatment: int, **flows: int) -> BedStatus:
    told = {"admitted": 12, "discharged": 8, "transferred": 2, "died": 1, **flows}
    figures = {"beds": 300, "in_treatment": in_treatment, **told}
    return BedStatus(facility=f"bvdc-{at:03d}", date=date, figures=figures)


def days() -> list[BedStatus]:
    found = []
    for at in range(5):
        found += [day(at, "2021-08-03", 200 + at), day(at, "2021-08-04", 201 + at)]
    return found


def passages() -> list[Arrival]:
    found = []
    for number in range(CAME):
        at_ms, name = local("2021-08-04T08:00") + number * 60_000, f"v-1:{number}"
        scanned = Scan(name, f"v-1f0c8a52:{number:032x}", "bluezone", "in", "18-49", "F", "731")
        decided = GateDecision(name, "allow", "allowed", "allow", 0.4, zone=SITE)
        for place, fact in enumerate((scanned, decided, Passage(name, "in", True, SITE))):
            found.append(happened(fact, gate(3 * number + place + 1, device="cong-1", site=SITE), at_ms))
    return found


async def province(hub: People) -> None:
    known = facilities("bvdc", "field-hospital", 4)
    known += [*facilities("bvdc", "field-hospital", 5, site=SITE)[4:]]
    await hub.sent("facility", [body(one) for one in known])
    await hub.sent("bed-status", [body(one) for one in days()])


async def test_beds_and_flows_of_each_hospital_and_day(hub: People) -> None:
    await province(hub)
    hospitals = await hub.table("field-hospitals", "facilities", **DAY)
    row = hospitals["bvdc-002"]
    told = [row[code] for code in ("beds", "in_treatment", "admitted", "discharged", "transferred", "died")]
    assert told == [300, 203, 12, 8, 2, 1]
    assert (hospitals["total"]["beds"], hospitals["total"]["in_treatment"]) == (1500, 1015)
    assert await hub.table("field-hospitals", "violations", **DAY) == {}
    both = await hub.table("field-hospitals", "days", date="2021-08-04", **{"from": "2021-08-03"})
    assert [row["in_treatment"] for row in both.values()] == [1010, 1015]
    await hub.same_again("field-hospitals", **DAY)


async def test_what_a_gate_counts_stands_beside_what_was_typed(hub: People) -> None:
    await province(hub)
    await hub.came(passages())
    told = (await hub.get("reports/field-hospitals", **DAY))["report"]["content"]
    table = next(one for one in told["tables"] if one["code"] == "facilities")
    columns = [column["code"] for column in table["columns"]]
    row = next(one for one in table["rows"] if one["key"] == "bvdc-004")
    cells: dict[str, Any] = dict(zip(columns, row["cells"], strict=True))
    assert (cells["admitted"]["value"], cells["admitted"]["source"]) == (12, "manual")
    assert (cells["gate_in"]["value"], cells["gate_in"]["source"]) == (CAME, "device")
    other = next(one for one in table["rows"] if one["key"] == "bvdc-000")
    assert dict(zip(columns, other["cells"], strict=True))["gate_in"]["value"] is None
