"""Intake over the API: a real store, and the hub's real desk behind its socket."""

import itertools
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.keys import add_key
from hub.reported import QuarantineDay, Reported
from storage.reporting import FactFilter
from tests.api.conftest import Stage
from tests.api.intake_desk import Bearing, with_intake

URL = "/api/v1/intake"
in_a_file = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PERSON = "p-66849121:a9fb5d75e21684fdaa4f9d7fa019c0da"
DAY = {"facility": "kcl-001", "date": "2021-08-05", "figures": {"in_care": 214, "workers": 3}}
ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "declaration": {"reference": "n-1", "date": "2021-08-05", "district": "731", "symptoms": ["fever"]},
    "assessment": {
        "workplace": "3600245631",
        "district": "737",
        "level": "high",
        "submitted": "2021-08-04T10:05:00+07:00",
    },
    "quarantine-daily": DAY,
    "bed-status": {"facility": "bvdc-01", "date": "2021-08-05", "figures": {"beds": 500}},
    "stock": {
        "facility": "tc-001",
        "date": "2021-08-05",
        "lot": "FD9234",
        "product": "comirnaty",
        "kind": "received",
        "doses": 1170,
    },
    "vaccination-session": {
        "facility": "tc-001",
        "plan": "KH-0412",
        "date": "2021-08-05",
        "lot": "FD9234",
        "dose_number": 1,
        "doses": 84,
    },
    "specimen": {"specimen": "TN2107-0042", "collected": "2021-08-05", "district": "731"},
    "facility": {
        "facility": "kcl-001",
        "name": "Khu cách ly Trường Cao đẳng Y tế Đồng Nai",
        "kind": "quarantine",
        "district": "731",
        "valid_from": "2021-05-01",
    },
    "reference": {"name": "workplaces", "valid_from": "2021-01-01", "value": 16116},
    "rollout": {"district": "731", "valid_from": "2021-08-06", "phase": 1},
    "report-rows": {
        "report": "quarantine-daily",
        "valid_from": "2021-08-05",
        "rows": [{"code": "students", "vi": "Học sinh", "en": "Students", "under": "entered"}],
    },
}


@pytest.fixture
async def hub(stage: Stage) -> Bearing:
    return await with_intake(stage)


@pytest.fixture
async def admin(stage: Stage, hub: Bearing) -> AsyncIterator[httpx.AsyncClient]:
    token = add_key(stage.deck.settings.keys_file, "admin")
    async with stage.client(authorization=f"Bearer {token}") as made:
        yield made


async def outcomes(client: httpx.AsyncClient, kind: str, body: Any) -> list[str]:
    answered = await client.post(f"{URL}/{kind}", json=body)
    assert answered.status_code == 200, answered.text
    return [str(each["outcome"]) for each in answered.json()["items"]]


async def codes(client: httpx.AsyncClient, kind: str, body: Any) -> list[tuple[int, str, str]]:
    answered = await client.post(f"{URL}/{kind}", json=body)
    assert (answered.status_code, answered.json()["code"]) == (422, "intake.refused"), answered.text
    return [(each["index"], each["field"], each["code"]) for each in answered.json()["errors"]]


async def stands(stage: Stage, kind: type[Reported], subject: str) -> Any:
    found = await stage.deck.reader.current_fact(kind.TYPE, subject)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ONE_OF_EACH)
async def test_each_type_is_a_fact_once_and_unchanged_after(
    kind: str, admin: httpx.AsyncClient, stage: Stage, hub: Bearing
) -> None:
    assert await outcomes(admin, kind, ONE_OF_EACH[kind]) == ["created"]
    assert await outcomes(admin, kind, [ONE_OF_EACH[kind]]) == ["unchanged"]
    (arrival,) = hub.borne
    payload: Any = arrival.payload
    fact = await stands(stage, type(payload), payload.subject)
    assert (fact.id, fact.versions, fact.payload) == (arrival.event.id, 1, payload)
    assert (payload.origin, bool(payload.actor)) == ("imported", True)
    assert (arrival.event.site, arrival.event.edge, arrival.event.device) == ("so-y-te", "hub", "intake")


async def test_other_data_are_a_new_version_that_names_the_one_before(
    admin: httpx.AsyncClient, stage: Stage, hub: Bearing
) -> None:
    assert await outcomes(admin, "quarantine-daily", DAY) == ["created"]
    assert await outcomes(admin, "quarantine-daily", DAY | {"figures": {"in_care": 215}}) == ["updated"]
    assert await outcomes(admin, "quarantine-daily", DAY) == ["updated"]
    first, second, third = (each.event for each in hub.borne)
    assert (first.supersedes, second.supersedes, third.supersedes) == ("", first.id, second.id)
    fact = await stands(stage, QuarantineDay, "kcl-001|2021-08-05")
    assert (fact.id, fact.versions, fact.payload.figures) == (third.id, 3, DAY["figures"])


async def test_who_sends_it_again_changes_nothing(
    admin: httpx.AsyncClient, stage: Stage, hub: Bearing
) -> None:
    await outcomes(admin, "quarantine-daily", DAY)
    token = add_key(stage.deck.settings.keys_file, "operator")
    async with stage.client(authorization=f"Bearer {token}") as other:
        assert await outcomes(other, "quarantine-daily", DAY | {"origin": "manual"}) == ["unchanged"]
    assert len(hub.borne) == 1


async def test_versions_that_say_when_they_were_taken_down_come_in_any_order_and_often(
    admin: httpx.AsyncClient, stage: Stage
) -> None:
    versions = [
        DAY | {"figures": {"in_care": count}, "entered": f"2021-08-05T{10 + count}:00:00+07:00"}
        for count in range(3)
    ]
    for place, order in enumerate(itertools.permutations(versions)):
        facility = f"kcl-{place}"
        sent = [one | {"facility": facility} for one in order] * 3
        random.Random(place).shuffle(sent)
        for one in sent:
            await outcomes(admin, "quarantine-daily", one)
        fact = await stands(stage, QuarantineDay, f"{facility}|2021-08-05")
        assert (fact.payload.figures, fact.versions) == ({"in_care": 2}, 3)


async def test_a_late_version_is_kept_and_does_not_stand(admin: httpx.AsyncClient, stage: Stage) -> None:
    new = ONE_OF_EACH["assessment"]
    assert await outcomes(admin, "assessment", new) == ["created"]
    old = new | {"submitted": "2021-08-01T00:00:00Z", "level": "low"}
    assert await outcomes(admin, "assessment", old) == ["superseded"]
    assert await outcomes(admin, "assessment", new) == ["unchanged"]


async def test_a_moment_told_in_another_zone_is_the_same(admin: httpx.AsyncClient) -> None:
    new = ONE_OF_EACH["assessment"]
    await outcomes(admin, "assessment", new)
    again = new | {"submitted": "2021-08-04T03:05:00Z"}
    assert await outcomes(admin, "assessment", again) == ["unchanged"]


async def test_all_or_nothing_with_every_error_at_its_index(
    admin: httpx.AsyncClient, stage: Stage, hub: Bearing
) -> None:
    bad = [
        DAY,
        DAY | {"facility": "kcl-002", "date": "2027-01-01"},
        DAY | {"facility": "0912345678"},
        DAY | {"facility": "kcl-003", "figures": {"nobody": 1}},
        DAY | {"figures": {"in_care": 1}},
    ]
    assert await codes(admin, "quarantine-daily", bad) == [
        (1, "date", "intake.in_future"),
        (2, "facility", "intake.looks_personal"),
        (3, "figures.nobody", "intake.unknown_figure"),
        (4, "facility", "intake.twice"),
    ]
    assert hub.borne == []
    assert await stage.deck.reader.facts(FactFilter(QuarantineDay.TYPE, 2**60)) == []


async def test_a_place_is_one_of_the_province(admin: httpx.AsyncClient) -> None:
    declared = ONE_OF_EACH["declaration"]
    assert await codes(
        admin,
        "declaration",
        [
            declared | {"district": "001"},
            declared | {"reference": "n-2", "commune": "25993"},
            declared | {"commune": "26248"},
        ],
    ) == [(0, "district", "intake.unknown_district"), (2, "commune", "intake.unknown_commune")]
    late = ONE_OF_EACH["facility"] | {"valid_from": "2026-01-01"}
    assert await outcomes(admin, "facility", late) == ["created"]


async def test_a_configured_row_may_be_reported(admin: httpx.AsyncClient) -> None:
    students = DAY | {"figures": {"students": 4}}
    assert (await codes(admin, "quarantine-daily", students))[0][2] == "intake.unknown_figure"
    await outcomes(admin, "report-rows", ONE_OF_EACH["report-rows"])
    assert await outcomes(admin, "quarantine-daily", students) == ["created"]


@in_a_file
async def test_a_check_enters_nothing(admin: httpx.AsyncClient, hub: Bearing) -> None:
    answered = await admin.post(f"{URL}/quarantine-daily?check=true", json=DAY)
    assert [each["outcome"] for each in answered.json()["items"]] == ["created"]
    assert hub.borne == []


@in_a_file
@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("declaration", {"name": "Nguyễn Văn A"}),
        ("declaration", {"date": "2021-02-30"}),
        ("declaration", {"date": 18844}),
        ("declaration", {"district": "7311"}),
        ("declaration", {"person": "075099000001"}),
        ("declaration", {"symptoms": ["=HYPERLINK()"]}),
        ("declaration", {"reference": "a|b"}),
        ("assessment", {"submitted": "2021-08-04T10:05:00"}),
        ("stock", {"doses": -1}),
        ("stock", {"doses": True}),
        ("stock", {"doses": 2**70}),
        ("quarantine-daily", {"figures": {"in_care": 1.5}}),
        ("quarantine-daily", {"figures": {f"a{number}": 1 for number in range(201)}}),
        ("facility", {"name": "=1+1"}),
        ("facility", {"name": "a\u202eb"}),
        ("rollout", {"phase": 4}),
        ("rollout", {"phase": True}),
    ],
)
async def test_what_is_out_of_bounds_is_refused_at_its_field(
    kind: str, changed: dict[str, Any], admin: httpx.AsyncClient, hub: Bearing
) -> None:
    answered = await admin.post(f"{URL}/{kind}", json=ONE_OF_EACH[kind] | changed)
    (name,) = changed
    assert answered.status_code == 422, answered.text
    assert all(f"body.0.{name}" in each["field"] for each in answered.json()["errors"])
    assert not isinstance(changed[name], str) or changed[name] not in answered.text
    assert hub.borne == []


@in_a_file
async def test_only_administrators_set_the_frame_of_reports(stage: Stage, hub: Bearing) -> None:
    for role, allowed in (("operator", False), ("reporter", False), ("admin", True)):
        token = add_key(stage.deck.settings.keys_file, role)  # type: ignore[arg-type]
        async with stage.client(authorization=f"Bearer {token}") as client:
            answered = await client.post(f"{URL}/reference", json=ONE_OF_EACH["reference"])
            assert answered.status_code == (200 if allowed else 403)


@in_a_file
async def test_a_hub_apart_takes_no_number_of_a_person(admin: httpx.AsyncClient, hub: Bearing) -> None:
    body = ONE_OF_EACH["declaration"] | {"person_id": {"kind": "vnid", "value": "075099000001"}}
    answered = await admin.post(f"{URL}/declaration", json=body)
    assert (answered.status_code, answered.json()["code"]) == (421, "person.edge_only")
    assert "075099000001" not in answered.text
    assert await outcomes(admin, "declaration", ONE_OF_EACH["declaration"] | {"person": PERSON}) == [
        "created"
    ]
    specimen = ONE_OF_EACH["specimen"] | {"specimen": "075099000001"}
    assert (await codes(admin, "specimen", specimen))[0] == (0, "specimen", "intake.looks_personal")


async def test_what_lies_outside_a_scope_is_refused_and_not_taken_over(stage: Stage, hub: Bearing) -> None:
    """By district, or by the facility's registration; a fact of others is not moved here."""
    keys = stage.deck.settings.keys_file
    token, mine = add_key(keys, "admin"), add_key(keys, "operator", districts=["737"])
    async with stage.client(authorization=f"Bearer {token}") as admin:
        await outcomes(admin, "facility", ONE_OF_EACH["facility"])
        trang_bom = ONE_OF_EACH["facility"] | {"facility": "kcl-009", "district": "737"}
        await outcomes(admin, "facility", trang_bom)
        await outcomes(admin, "declaration", ONE_OF_EACH["declaration"])
    async with stage.client(authorization=f"Bearer {mine}") as client:
        assert await codes(client, "quarantine-daily", DAY) == [(0, "facility", "scope.outside")]
        assert await outcomes(client, "quarantine-daily", DAY | {"facility": "kcl-009"}) == ["created"]
        taken = ONE_OF_EACH["declaration"] | {"district": "737"}
        assert await codes(client, "declaration", taken) == [(0, "district", "scope.outside")]
        assert await outcomes(client, "declaration", taken | {"reference": "n-2"}) == ["created"]


@in_a_file
async def test_a_thousand_at_once(admin: httpx.AsyncClient, hub: Bearing) -> None:
    items = [ONE_OF_EACH["declaration"] | {"reference": f"n-{number}"} for number in range(1000)]
    assert await outcomes(admin, "declaration", items) == ["created"] * 1000
    assert await outcomes(admin, "declaration", items) == ["unchanged"] * 1000
    answered = await admin.post(f"{URL}/declaration", json=[*items, items[0]])
    assert answered.status_code == 422
    assert len(hub.borne) == 1000
