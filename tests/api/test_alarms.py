"""Incidents over a real store and a real ledger: lists, what people do, who may, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.keys import Role, add_key, list_keys
from hub.alarms.incidents.entries import verify
from hub.alarms.incidents.rows import entry_from
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.alarm_ledger import AlarmLedger
from storage.contract import StoreReader
from tests.alarms.incidents.made import episode, finding
from tests.api.conftest import Stage

URL = "/api/v1/alarms"
DEVICE = "/api/v1/devices/tu-lanh-01"


in_a_file = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class SharedReader:
    """The stage's reader, which the ledger may open and close as it likes."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


@pytest.fixture
async def ledger(stage: Stage) -> AlarmLedger:
    """In the place of the fake hub: two incidents, the first of them over."""
    reader: Any = SharedReader(stage.deck.reader)
    made = AlarmLedger(stage.writer.store, lambda: reader, lambda _: None)
    await made.enter(lambda book: book.assess([finding(episode(0, 100), episode(120))], 180 * 60_000))
    await stage.hub.stop()
    stage.hub.desk = AlarmDesk(made).calls()
    await stage.hub.start()
    return made


@pytest.fixture
async def operator(stage: Stage, ledger: AlarmLedger) -> AsyncIterator[httpx.AsyncClient]:
    token = add_key(stage.deck.settings.keys_file, "operator")
    async with stage.client(authorization=f"Bearer {token}") as made:
        yield made


async def first(client: httpx.AsyncClient) -> dict[str, Any]:
    """The one that is over."""
    return dict((await client.get(f"{URL}?limit=1000")).json()["items"][-1])


async def test_incidents_are_listed_found_and_shown(operator: httpx.AsyncClient) -> None:
    told = (await operator.get(f"{URL}?limit=1")).json()
    assert [item["state"] for item in told["items"]] == ["UNACK"]
    rest = (await operator.get(f"{URL}?limit=1&cursor={told['next_cursor']}")).json()
    assert ([item["state"] for item in rest["items"]], rest["next_cursor"]) == (["RTN_UNACK"], None)
    found = (await operator.get(f"{URL}?state=RTN_UNACK&state=LATCHED&device=fridge-01")).json()["items"]
    assert [item["id"] for item in found] == [rest["items"][0]["id"]]
    assert (await operator.get(f"{URL}?site=nowhere")).json()["items"] == []
    shown = (await operator.get(f"{URL}/{found[0]['id']}")).json()
    assert shown == found[0]
    assert (shown["kind"], shown["device"], shown["worst"], shown["type"]) == (
        "HEAT",
        "fridge-01",
        9.0,
        "alarm.v1",
    )


async def test_what_people_do_is_entered_under_their_id(stage: Stage, operator: httpx.AsyncClient) -> None:
    (key,) = list_keys(stage.deck.settings.keys_file)
    alarm = (await first(operator))["id"]
    steps = {
        "comment": {"text": "cửa bị hở"},
        "assign": {"to": "b2"},
        "shelve": {"minutes": 5, "reason": "bảo trì"},
        "unshelve": None,
        "ack": {"note": "đã xem"},
        "disposition": {"disposition": "discard", "note": "bỏ 20 liều"},
    }
    states = []
    for action, body in steps.items():
        answer = await operator.post(f"{URL}/{alarm}/{action}", json=body)
        assert answer.status_code == 200, answer.text
        states.append(answer.json()["state"])
    assert states == ["RTN_UNACK", "RTN_UNACK", "SHELVED", "RTN_UNACK", "CLOSED", "CLOSED"]
    told = (await operator.get(f"{URL}/{alarm}/entries")).json()
    kinds = [
        "RETRO_RAISED",
        "COMMENTED",
        "ASSIGNED",
        "SHELVED",
        "UNSHELVED",
        "ACKED",
        "CLOSED",
        "DISPOSITION",
    ]
    assert [item["kind"] for item in told["items"]] == kinds
    assert {item["actor"] for item in told["items"]} == {None, key.id}
    assert [item["note"] for item in told["items"] if item["note"]] == [
        "cửa bị hở",
        "bảo trì",
        "đã xem",
        "bỏ 20 liều",
    ]
    whole = [entry_from(row) for row in await stage.deck.reader.incident_entries(0, limit=100)]
    assert verify(whole) is None


@in_a_file
async def test_entries_come_by_pages(operator: httpx.AsyncClient) -> None:
    alarm = (await first(operator))["id"]
    for text in ("một", "hai"):
        await operator.post(f"{URL}/{alarm}/comment", json={"text": text})
    numbers: list[int] = []
    cursor = ""
    while True:
        told = (await operator.get(f"{URL}/{alarm}/entries?limit=2{cursor}")).json()
        numbers += [item["number"] for item in told["items"]]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert numbers == [1, 3, 4]
    assert (await operator.get(f"{URL}/{alarm}/entries?cursor=x")).json()["code"] == "cursor.bad"


@in_a_file
async def test_the_ledgers_refusal_is_told_by_its_code(operator: httpx.AsyncClient) -> None:
    alarm = (await first(operator))["id"]
    await operator.post(f"{URL}/{alarm}/ack")
    answer = await operator.post(f"{URL}/{alarm}/ack")
    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (
        409,
        "alarm.refused",
        "alarm.closed",
    )


MISFITS: list[tuple[str, dict[str, Any] | None]] = [
    ("shelve", {"minutes": 4, "reason": "bảo trì"}),
    ("shelve", {"minutes": 721, "reason": "bảo trì"}),
    ("shelve", {"minutes": 60}),
    ("shelve", None),
    ("comment", {"text": ""}),
    ("comment", {"text": "x" * 1001}),
    ("disposition", {"disposition": "eat"}),
    ("ack", {"reason": "x"}),
]


@in_a_file
async def test_what_does_not_fit_the_description_is_refused(operator: httpx.AsyncClient) -> None:
    alarm = (await first(operator))["id"]
    for action, body in MISFITS:
        answer = await operator.post(f"{URL}/{alarm}/{action}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), (action, body)


@in_a_file
async def test_what_nobody_knows_is_not_found(operator: httpx.AsyncClient) -> None:
    for path in ("x", "x/entries"):
        assert (await operator.get(f"{URL}/{path}")).json()["code"] == "alarm.unknown"
    assert (await operator.post(f"{URL}/x/ack")).json()["code"] == "alarm.unknown"
    answer = await operator.post("/api/v1/devices/nobody/check", json={"round": "AM"})
    assert answer.json()["code"] == "device.unknown"
    assert (await operator.get(f"{URL}?state=OPEN")).status_code == 422


@in_a_file
async def test_who_is_no_operator_changes_nothing(stage: Stage, operator: httpx.AsyncClient) -> None:
    alarm = (await first(operator))["id"]
    others: tuple[Role, ...] = ("reporter", "device", "vault", "public")
    for name in others:
        token = add_key(stage.deck.settings.keys_file, name)
        async with stage.client(authorization=f"Bearer {token}") as asker:
            assert (await asker.post(f"{URL}/{alarm}/ack")).status_code == 403
            assert (await asker.post(f"{DEVICE}/check", json={"round": "AM"})).status_code == 403
    assert len(await stage.deck.reader.incident_entries(0, limit=10)) == 2


@in_a_file
async def test_a_reporter_reads_no_persons_words(stage: Stage, operator: httpx.AsyncClient) -> None:
    alarm = (await first(operator))["id"]
    await operator.post(f"{URL}/{alarm}/comment", json={"text": "bà Lan quên đóng cửa"})
    token = add_key(stage.deck.settings.keys_file, "reporter")
    async with stage.client(authorization=f"Bearer {token}") as reporter:
        answer = await reporter.get(f"{URL}/{alarm}/entries")
        assert answer.status_code == 200
        assert "Lan" not in answer.text


@in_a_file
async def test_a_disposition_needs_a_name(
    stage: Stage, ledger: AlarmLedger, client: httpx.AsyncClient
) -> None:
    alarm = (await first(client))["id"]
    body = {"disposition": "discard"}
    answer = await client.post(f"{URL}/{alarm}/disposition", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "person.unnamed")
    assert (await client.post(f"{URL}/{alarm}/ack")).status_code == 200


@in_a_file
async def test_a_device_is_checked_taken_out_and_put_back(operator: httpx.AsyncClient, stage: Stage) -> None:
    for action, body in (
        ("check", {"round": "AM", "note": "4,5 °C"}),
        ("take-out", {"reason": "rã đông"}),
        ("put-back", None),
    ):
        answer = await operator.post(f"{DEVICE}/{action}", json=body)
        assert answer.status_code == 200, answer.text
    again = await operator.post(f"{DEVICE}/put-back")
    assert again.json()["reason"] == "alarm.already_in_that_service"
    rows = await stage.deck.reader.incident_entries(2, limit=10)
    assert [row.kind for row in rows] == ["CHECKED", "OUT_OF_SERVICE", "IN_SERVICE"]
    assert {(row.device, entry_from(row).site) for row in rows} == {("tu-lanh-01", "kho-vac-xin")}


@in_a_file
async def test_a_maintenance_has_an_end(operator: httpx.AsyncClient, stage: Stage) -> None:
    for minutes in (4, 31 * 1440 + 1, "bald"):
        answer = await operator.post(f"{DEVICE}/take-out", json={"reason": "sửa", "minutes": minutes})
        assert answer.status_code == 422
    now_ms = stage.deck.now_ms()
    answer = await operator.post(f"{DEVICE}/take-out", json={"reason": "sửa chữa", "minutes": 90})
    assert answer.status_code == 200, answer.text
    *_, row = await stage.deck.reader.incident_entries(0, limit=100)
    entry = entry_from(row)
    assert (entry.kind, entry.note) == ("OUT_OF_SERVICE", "sửa chữa")
    assert 0 <= int(entry.detail["until"]) - now_ms - 90 * 60_000 < 60_000


@in_a_file
async def test_a_whole_site_goes_into_maintenance_by_the_kinds_that_are_named(
    operator: httpx.AsyncClient, stage: Stage
) -> None:
    site = "/api/v1/sites/kho-vac-xin"
    kinds = {row["kind"] for row in await stage.deck.inventory.devices() if row["site"] == "kho-vac-xin"}
    assert "rtsp" not in kinds
    body = {"reason": "thay switch", "minutes": 60}
    assert (await operator.post(f"{site}/take-out", json=body)).status_code == 404, "no cameras are there"
    assert (await operator.post(f"{site}/take-out", json={"reason": "không hạn"})).status_code == 422
    named = {"kinds": sorted(kind for kind in kinds if kind)}
    answer = await operator.post(f"{site}/take-out", json=body | named)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert "tu-lanh-01" in told["devices"]
    assert (told["type"], told["site"], told["until"][-1]) == ("site.service", "kho-vac-xin", "Z")
    again = (await operator.post(f"{site}/take-out", json=body | named)).json()
    assert (again["devices"], again["entry"]) == ([], 0)
    back = (await operator.post(f"{site}/put-back", json=named)).json()
    assert (back["devices"], back["until"]) == (told["devices"], None)
    kinds_of = [row.kind for row in await stage.deck.reader.incident_entries(2, limit=100)]
    assert kinds_of == ["OUT_OF_SERVICE"] * len(told["devices"]) + ["IN_SERVICE"] * len(told["devices"])


@in_a_file
async def test_without_a_hub_nothing_is_entered_and_lists_go_on(
    stage: Stage, operator: httpx.AsyncClient
) -> None:
    alarm = (await first(operator))["id"]
    await stage.writer.store.close()
    answer = await operator.post(f"{URL}/{alarm}/ack")
    assert (answer.status_code, answer.json()["code"]) == (503, "alarm.not_entered")
    assert answer.headers["retry-after"] == "2"
    assert (await first(operator))["state"] == "RTN_UNACK"
