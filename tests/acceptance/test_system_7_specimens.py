"""System 7 of the plan: specimens of Thống Nhất hospital and results of its analyzers, from 26 July 2021."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.payloads import LabResult
from hub.reported import SpecimenRegistered
from storage.contract import Arrival
from tests.acceptance.device_province import Standing, facilities, local, reported, standing_hub
from tests.api.conftest import database  # noqa: F401
from tests.api.province import result
from tests.conformance.store_arrivals import From, arrival
from tests.postgres.server import PostgresServer

HOSPITAL, ANALYZER = "bv-thong-nhat", "genexpert-01"
DAYS = {"date": "2021-08-04", "from": "2021-07-26"}


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[Standing]:  # noqa: F811
    async with standing_hub(tmp_path, database) as made:
        yield made


def registered(name: str, seq: int, collected: str = "2021-08-04T07:00:00+07:00", **more: Any) -> Arrival:
    told = SpecimenRegistered(
        specimen=name, collected=collected, facility=HOSPITAL, district="731", origin="imported", **more
    )
    return reported(told, seq)


def measured(payload: LabResult, seq: int, at: str = "2021-08-04T13:00", supersedes: str = "") -> Arrival:
    origin = From(ANALYZER, HOSPITAL, "edge-1", seq=seq)
    subject = f"{payload.specimen}|SARS-CoV-2|1"
    return arrival(payload, origin, time_ms=local(at), subject=subject, supersedes=supersedes)


def day() -> list[Arrival]:
    """Ten of each, so that every count says what it counts."""
    found = facilities()
    for number in range(10):
        seq = 100 * number
        found += [registered(f"A{number}", seq + 1), measured(result(f"A{number}", "NEG"), seq + 2)]
        wrong = measured(result(f"B{number}", "POS"), seq + 3)
        right = measured(result(f"B{number}", "NEG", status="C"), seq + 4, supersedes=wrong.event.id)
        found += [registered(f"B{number}", seq + 5), wrong, right]
        taken = measured(result(f"C{number}", "POS"), seq + 6)
        back = measured(result(f"C{number}", "POS", status="X"), seq + 7, supersedes=taken.event.id)
        found += [registered(f"C{number}", seq + 8), taken, back]
        found += [
            registered(f"P{number}", seq + 9, pool=True),
            measured(result(f"P{number}", "POS"), seq + 10),
        ]
        found += [registered(f"W{number}", seq + 11), measured(result(f"S{number}", "NEG"), seq + 12)]
        found += [registered(f"O{number}", seq + 13, order=f"ORD-{number}")]
        found += [measured(result(f"T{number}", "POS", order=f"ORD-{number}"), seq + 14)]
        found += [measured(result(f"QC-{number}", "POS", control=True), seq + 15)]
    return found


async def test_results_meet_their_specimens_and_the_rest_is_a_work_list(hub: Standing) -> None:
    await hub.came(day())
    counts = (await hub.table("lab-samples", "by_facility", **DAYS))[HOSPITAL]
    assert (counts["registered"], counts["final"], counts["waiting"], counts["withdrawn"]) == (60, 40, 10, 10)
    assert (counts["corrected"], counts["preliminary"], counts["failed"]) == (10, 0, 0)
    # A and B are negative, O is positive by its order; the pools are nobody's.
    assert (counts["negative"], counts["positive"]) == (20, 10)
    assert (counts["pools"], counts["pools_positive"]) == (10, 10)
    turnaround = (await hub.table("lab-samples", "turnaround", **DAYS))["total"]
    assert turnaround == {"measured": 40, "median_hours": 6.0, "ninth_decile_hours": 6.0}
    waiting = await hub.table("lab-samples", "unmatched", **DAYS)
    assert (waiting["waiting"]["under_24_hours"], waiting["stray"]["under_24_hours"]) == (10, 10)
    await hub.same_again("lab-samples", **DAYS)


async def test_the_work_list_of_both_directions(hub: Standing) -> None:
    await hub.came(day())
    found = (await hub.get("specimens/unmatched"))["items"]
    assert {(row["kind"], row["specimen"]) for row in found} == {("waiting", f"W{n}") for n in range(10)} | {
        ("stray", f"S{n}") for n in range(10)
    }
    (oldest, *_) = found
    assert (oldest["kind"], oldest["facility"], oldest["age_s"]) == ("waiting", HOSPITAL, 26 * 3600)
    first = await hub.get("specimens/unmatched", kind="stray", limit=6)
    rest = await hub.get("specimens/unmatched", kind="stray", limit=6, cursor=first["next_cursor"])
    assert len({row["id"] for row in [*first["items"], *rest["items"]]}) == 10
    assert rest["next_cursor"] is None
    assert {row["device"] for row in first["items"]} == {ANALYZER}


async def test_who_is_registered_late_leaves_the_work_list(hub: Standing) -> None:
    await hub.came([measured(result("S1", "POS"), 1)])
    before = await hub.get("reports/lab-samples", **DAYS)
    assert len((await hub.get("specimens/unmatched"))["items"]) == 1
    await hub.came([registered("S1", 2)])
    assert (await hub.get("specimens/unmatched"))["items"] == []
    counts = (await hub.table("lab-samples", "by_facility", **DAYS))[HOSPITAL]
    assert (counts["registered"], counts["positive"]) == (1, 1)
    assert await hub.get("reports/lab-samples", **DAYS, revision=1) == before


async def test_specimens_that_another_system_registers_again_and_again_are_registered_once(
    hub: Standing,
) -> None:
    bodies = [
        {
            "specimen": f"A{number}",
            "collected": "2021-08-04T07:00:00+07:00",
            "facility": HOSPITAL,
            "district": "731",
        }
        for number in range(500)
    ]
    site = {"facility": HOSPITAL, "name": "Bệnh viện Thống Nhất", "kind": "hospital", "district": "731"}
    assert await hub.enter("facility", [site | {"valid_from": "2021-01-01"}]) == ["created"]
    assert set(await hub.enter("specimen", bodies)) == {"created"}
    assert set(await hub.enter("specimen", bodies[::-1])) == {"unchanged"}
    await hub.came([measured(result(f"A{number}", "NEG"), number + 1) for number in range(400)])
    counts = (await hub.table("lab-samples", "by_facility", **DAYS))["total"]
    assert (counts["registered"], counts["negative"], counts["waiting"]) == (500, 400, 100)
    assert len((await hub.get("specimens/unmatched", limit=1000))["items"]) == 100
    corrected = [bodies[0] | {"pool": True}]
    assert await hub.enter("specimen", corrected) == ["updated"]
    counts = (await hub.table("lab-samples", "by_facility", **DAYS))["total"]
    assert (counts["pools"], counts["negative"]) == (1, 399)
