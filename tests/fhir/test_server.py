"""The store as a FHIR server: what it tells keeps to HL7's schema, is found by id, and pages to its end."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.payloads import Code, LabResult
from hub.reported import SpecimenRegistered, StockMoved
from tests.acceptance.device_province import NOW, Standing, standing_hub
from tests.api.conftest import database  # noqa: F401
from tests.conformance.store_arrivals import From, arrival, lab
from tests.fhir.judges import resource_faults
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow
ROOT = "fhir/R4"
HOUR = 3_600_000
PERSON = "p-aabbccdd:" + "0" * 32


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[Standing]:  # noqa: F811
    async with standing_hub(tmp_path, database) as made:
        yield made


async def seven_results(hub: Standing) -> None:
    results = [
        lab(f"S-{at}", From(seq=at), call="POS", time_ms=NOW - at * HOUR, ct=20.5) for at in range(1, 8)
    ]
    await hub.came(results)


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle.get("entry", [])]


async def all_pages(hub: Standing, kind: str, **asked: Any) -> list[dict[str, Any]]:
    """By the next links."""
    bundle = await hub.get(f"{ROOT}/{kind}", **asked)
    found = resources(bundle)
    while links := bundle.get("link"):
        bundle = (await hub.client.get(links[0]["url"])).json()
        found += resources(bundle)
    assert len(found) == bundle["total"]
    return found


@pytest.mark.parametrize("kind", ["DiagnosticReport", "Observation"])
async def test_results_are_paged_to_their_end_and_found_again(hub: Standing, kind: str) -> None:
    await seven_results(hub)
    found = await all_pages(hub, kind, _count=3)
    assert len(found) == 7
    for one in found:
        assert resource_faults(one) == []
        assert await hub.get(f"{ROOT}/{kind}/{one['id']}") == one


async def test_what_a_report_names_is_there(hub: Standing) -> None:
    await seven_results(hub)
    (report, *_) = await all_pages(hub, "DiagnosticReport", specimen="S-1")
    (observation,) = [await hub.get(f"{ROOT}/{named['reference']}") for named in report["result"]]
    for reference in (report["specimen"][0], observation["specimen"], observation["device"]):
        named = await hub.get(f"{ROOT}/{reference['reference']}")
        assert resource_faults(named) == []


async def test_a_correction_keeps_its_id(hub: Standing) -> None:
    await hub.came([lab("S-1", From(seq=1), call="POS", time_ms=NOW - HOUR)], times=1)
    (before,) = await all_pages(hub, "DiagnosticReport")
    await hub.came([lab("S-1", From(seq=2), call="NEG", status="C", time_ms=NOW - HOUR)], times=1)
    (after,) = await all_pages(hub, "DiagnosticReport")
    assert (before["status"], after["status"]) == ("final", "corrected")
    assert before["id"] == after["id"]


async def test_pages_go_on_in_the_log_as_it_was(hub: Standing) -> None:
    await seven_results(hub)
    bundle = await hub.get(f"{ROOT}/DiagnosticReport", _count=4)
    await hub.came([lab("S-99", From(seq=99), time_ms=NOW - 9 * HOUR)])
    rest = (await hub.client.get(bundle["link"][0]["url"])).json()
    assert [len(resources(each)) for each in (bundle, rest)] == [4, 3]


async def test_controls_and_names_of_pools_are_not_told(hub: Standing) -> None:
    control = LabResult("QC-1", Code("SARS2"), "POS", "F", control=True)
    pooled = LabResult("S-9", Code("SARS2"), "POS", "F", person=PERSON)
    pool = SpecimenRegistered(specimen="S-9", collected="2021-08-04", pool=True)
    told = [(control, "QC-1"), (pooled, "S-9/1")]
    results = [
        arrival(lab, From(seq=at), time_ms=NOW - HOUR, subject=key) for at, (lab, key) in enumerate(told, 1)
    ]
    await hub.came([*results, arrival(pool, From("intake", edge="hub"), time_ms=NOW, subject="S-9")])
    (report,) = await all_pages(hub, "DiagnosticReport")
    assert "subject" not in report


async def test_deliveries_devices_and_places(hub: Standing) -> None:
    moved = StockMoved(facility="tt-1", date="2021-08-04", lot="A-1", product="AZ", kind="received", doses=10)
    subject = "tt-1|A-1|2021-08-04|received|"
    await hub.came([arrival(moved, From("intake", edge="hub"), time_ms=NOW, subject=subject)])
    await seven_results(hub)
    asked = {"date": "2021-08-04"}
    for kind, more in (("SupplyDelivery", asked), ("Device", {}), ("Location", {}), ("DetectedIssue", {})):
        for one in await all_pages(hub, kind, **more):
            assert resource_faults(one) == []
            assert await hub.get(f"{ROOT}/{kind}/{one['id']}") == one
    assert len(await all_pages(hub, "SupplyDelivery", **asked)) == 1


async def test_it_says_what_it_does(hub: Standing) -> None:
    told = await hub.get(f"{ROOT}/metadata")
    assert told["fhirVersion"] == "4.0.1"
    # HL7's schema was made for 4.0.0 and knows no later number; 4.0.1 is R4 with its errata.
    assert resource_faults(told | {"fhirVersion": "4.0.0"}) == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Patient", 422, "request.invalid"),
        ("DiagnosticReport/nothing", 404, "resource.unknown"),
        ("DiagnosticReport?date=ge2021-01-01", 422, "range.too_long"),
        ("DiagnosticReport?date=ge2021-02-31", 422, "fhir.bad_date"),
        ("Device?date=2021-08-04", 422, "fhir.not_searched_by"),
        ("SupplyDelivery?specimen=S-1", 422, "fhir.not_searched_by"),
        ("DiagnosticReport?_cursor=9999999.1", 400, "cursor.bad"),
    ],
)
async def test_a_refusal_is_clear(hub: Standing, path: str, status: int, code: str) -> None:
    answer = await hub.client.get(f"/api/v1/{ROOT}/{path}")
    assert answer.status_code == status
    assert answer.json()["code"] == code
