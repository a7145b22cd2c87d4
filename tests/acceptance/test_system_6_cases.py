"""System 6 of the plan: F0 and F1 by district and commune with a map, rolled out in three phases.

First Biên Hòa, then the hot spots Vĩnh Cửu, Trảng Bom and Thống Nhất, then the province; F0 first, then F1.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.keys import add_key
from hub.places import register
from hub.reported import RolloutSet, SpecimenRegistered
from storage.contract import Arrival
from tests.acceptance.device_province import Standing, facilities, local, reported, standing_hub
from tests.api.conftest import database  # noqa: F401
from tests.api.province import result
from tests.conformance.store_arrivals import From, arrival
from tests.postgres.server import PostgresServer
from tests.reports.device_facts import DAY

LABORATORY, ANALYZER = "bv-thong-nhat", "genexpert-01"
ASKED = {"date": DAY.isoformat()}
F0 = {code: 3 + number for number, code in enumerate(unit.code for unit in register().districts(DAY))}
ALL_F0 = sum(F0.values())
NOT_YET = set(F0) - {"731", "735", "737", "738"}


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[Standing]:  # noqa: F811
    async with standing_hub(tmp_path, database) as made:
        yield made


class Numbered:
    """Events of one analyzer and of the desk, each with a number of its own."""

    def __init__(self) -> None:
        self._seq = 0

    def registered(self, name: str, district: str, **more: Any) -> Arrival:
        self._seq += 1
        told = SpecimenRegistered(
            specimen=name,
            collected="2021-08-04T07:00:00+07:00",
            facility=LABORATORY,
            district=district,
            **more,
        )
        return reported(told, self._seq)

    def measured(
        self, name: str, call: str, at: str = "2021-08-04T13:00", supersedes: str = "", **more: Any
    ) -> Arrival:
        self._seq += 1
        origin = From(ANALYZER, LABORATORY, "edge-1", seq=self._seq)
        return arrival(
            result(name, call, **more),
            origin,
            time_ms=local(at),
            subject=f"{name}|SARS-CoV-2|1",
            supersedes=supersedes,
        )

    def phase(self, district: str, number: Any, valid_from: str = "2021-08-01") -> Arrival:
        self._seq += 1
        return reported(RolloutSet(district=district, valid_from=valid_from, phase=number), self._seq)


def province(told: Numbered) -> list[Arrival]:
    """Of each district some F0; each has a retest, and beside them there is everything that makes no case."""
    found = facilities()
    for district, count in F0.items():
        commune = register().communes(district, DAY)[0].code
        for number in range(count):
            name, person = f"{district}-{number}", f"p-1f0c8a52:{district}{number:029d}"
            of = {"person": person, "commune": commune, "contact_of_case": number < 2}
            found += [told.registered(name, district, **of), told.registered(f"{name}-B", district, **of)]
            found += [told.measured(name, "POS", "2021-08-03T13:00"), told.measured(f"{name}-B", "POS")]
        found += [
            told.registered(f"{district}-P", district, pool=True),
            told.measured(f"{district}-P", "POS"),
        ]
        found += [told.measured(f"{district}-QC", "POS", control=True), told.measured(f"{district}-N", "NEG")]
        found += [told.measured(f"{district}-PRE", "POS", status="P")]
    return found


async def map_sum(hub: Standing, **asked: Any) -> tuple[int, dict[str, Any]]:
    told = await hub.get("map.geojson", **asked)
    drawn = [feature["properties"]["value"] for feature in told["features"]]
    told_apart = told["map"]["unknown"], told["map"]["held_back"]
    return sum(value or 0 for value in (*drawn, *told_apart)), told


async def test_each_person_is_a_case_once_in_the_district_of_the_specimen(hub: Standing) -> None:
    await hub.came(province(Numbered()))
    districts = await hub.table("cases", "districts", **ASKED)
    assert {key: row["f0"] for key, row in districts.items()} == {**F0, "total": ALL_F0}
    assert districts["total"]["f0_of_day"] == 0  # all were positive on the day before
    assert {key: row["f1"] for key, row in districts.items()} == {**dict.fromkeys(F0, 2), "total": 22}
    communes = await hub.table("cases", "communes", **ASKED)
    assert [row["f0"] for row in communes.values()] == [*F0.values(), ALL_F0]
    before = await hub.table("cases", "districts", date="2021-08-03")
    assert before["total"]["f0_of_day"] == ALL_F0
    assert (await hub.table("cases", "districts", date="2021-08-02"))["total"]["f0"] == 0
    await hub.same_again("cases", **ASKED)


async def test_the_map_has_the_sum_of_the_table(hub: Standing) -> None:
    told = Numbered()
    await hub.came([*province(told), told.measured("nobody-1", "POS")])
    for measure in ("f0", "f0_of_day", "f1"):
        table = await hub.table("cases", "districts", **ASKED)
        drawn, whole = await map_sum(hub, **ASKED, measure=measure)
        assert drawn == table["total"][measure] == whole["map"]["total"]
        assert len(whole["features"]) == 11
    report = await hub.get("reports/cases", **ASKED)
    assert (whole["map"]["sha256"], whole["map"]["revision"]) == (report["sha256"], report["revision"])
    assert (whole["map"]["boundaries"], whole["map"]["label"]) == ("schematic", "sơ đồ")
    first = await hub.client.get("/api/v1/map.geojson", params=ASKED)
    assert first.headers["content-type"] == "application/geo+json"
    known = {"If-None-Match": first.headers["etag"]}
    again = await hub.client.get("/api/v1/map.geojson", params=ASKED, headers=known)
    assert (again.status_code, again.content) == (304, b"")


async def test_the_roll_out(hub: Standing) -> None:
    """What a district does not report yet is told apart, never as 0."""
    told = Numbered()
    steps = [told.phase("731", 1), told.phase("731", 2, "2021-08-03")]
    steps += [told.phase(district, 1, "2021-08-04") for district in ("735", "737", "738")]
    steps += [told.phase(district, 3, "2021-09-01") for district in F0]
    await hub.came([*province(told), *steps])
    districts = await hub.table("cases", "districts", **ASKED)
    assert {key: row["phase"] for key, row in districts.items() if row["phase"]} == {
        "731": 2, "735": 1, "737": 1, "738": 1,
    }  # fmt: skip
    assert all(districts[code]["f0"] is None for code in NOT_YET)
    assert districts["held_back"]["f0"] == sum(F0[code] for code in NOT_YET)
    assert (districts["731"]["f1"], districts["735"]["f1"]) == (2, None)
    assert districts["total"]["f0"] == ALL_F0
    drawn, whole = await map_sum(hub, **ASKED)
    assert drawn == ALL_F0
    values = {feature["id"]: feature["properties"]["value"] for feature in whole["features"]}
    assert values == {code: None if code in NOT_YET else count for code, count in F0.items()}
    complete = (await hub.get("reports/cases", **ASKED))["report"]["content"]["completeness"]
    assert (complete["expected"], complete["reported"]) == (11, 4)


async def test_a_correction_takes_a_case_away_in_a_new_revision_and_the_old_one_stays(hub: Standing) -> None:
    told = Numbered()
    wrong = told.measured("X1", "POS")
    await hub.came([*facilities(), told.registered("X1", "742", person=f"p-1f0c8a52:{1:032x}"), wrong])
    first = await hub.get("reports/cases", **ASKED)
    assert (await hub.table("cases", "districts", **ASKED))["742"]["f0"] == 1
    await hub.came([told.measured("X1", "NEG", status="C", supersedes=wrong.event.id)])
    second = await hub.get("reports/cases", **ASKED)
    assert (await hub.table("cases", "districts", **ASKED))["742"]["f0"] == 0
    assert (first["revision"], second["revision"]) == (1, 2)
    assert await hub.get("reports/cases", **ASKED, revision=1) == first
    assert (await map_sum(hub, **ASKED, revision=1))[0] == 1


async def test_the_public_is_told_no_small_number_by_table_or_map(hub: Standing, tmp_path: Path) -> None:
    await hub.came(province(Numbered()), times=1)
    hub.client.headers["Authorization"] = f"Bearer {add_key(tmp_path / 'keys.json', 'public')}"
    told = await hub.get("reports/cases", **ASKED)
    assert [table["code"] for table in told["report"]["content"]["tables"]] == ["districts"]
    drawn = (await hub.get("map.geojson", **ASKED))["features"]
    values = {feature["id"]: feature["properties"] for feature in drawn}
    assert {code: told["value"] for code, told in values.items()} == F0 | {"731": None, "732": None}
    assert {code for code, told in values.items() if told["flag"] == "suppressed"} == {"731", "732"}


async def test_who_is_of_one_district_is_told_its_cases_wherever_they_were_measured(
    hub: Standing, tmp_path: Path
) -> None:
    """The laboratory stands in another district; a pool that was registered there stays a pool."""
    await hub.came(province(Numbered()), times=1)
    token = add_key(tmp_path / "keys.json", "reporter", districts=["742"])
    hub.client.headers["Authorization"] = f"Bearer {token}"
    districts = await hub.table("cases", "districts", **ASKED)
    assert {key: row["f0"] for key, row in districts.items()} == {"742": F0["742"], "total": F0["742"]}
    drawn = (await hub.get("map.geojson", **ASKED))["features"]
    assert [(feature["id"], feature["properties"]["value"]) for feature in drawn] == [("742", F0["742"])]
    refused = await hub.client.get("/api/v1/reports/cases", params={**ASKED, "district": "731"})
    assert refused.status_code == 403
