"""Alarms at an edge alone that judges by itself: its own ledger is read, and an acknowledgement entered."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.console.mount import find_pages
from hub.control import ControlClient
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.alarm_ledger import AlarmLedger
from hub.runtime.edge_alarm_folder import EDGE_ALARMS
from storage.open import open_reader, open_store
from tests.alarms.incidents.made import episode, finding
from tests.api.clients import keyed
from tests.api.real_edge import real_edge

URL = "/api/v1/alarms"


@dataclass
class Judging:
    """An edge with an incident in its own ledger; asked with one role's key."""

    operator: httpx.AsyncClient
    ledger: AlarmLedger
    incident: str


@pytest.fixture
async def judging(tmp_path: Path) -> AsyncIterator[Judging]:
    folder = tmp_path / EDGE_ALARMS
    folder.mkdir()
    store = open_store(None, folder)
    await store.open()
    ledger = AlarmLedger(store, lambda: open_reader(None, folder), lambda _: None)
    made = await ledger.enter(lambda book: book.assess([finding(episode(0, 100))], 180 * 60_000))
    async with real_edge(tmp_path, AlarmDesk(ledger).calls()) as there:
        told = there.settings(alarms_dir=folder)
        line = ControlClient(there.socket)
        app = create_app(told, control=line, edge=line)
        async with app.router.lifespan_context(app), keyed(app, told, "operator") as operator:
            yield Judging(operator, ledger, made[0].incident)
    await store.close()


async def test_its_own_incidents_are_listed_and_shown_with_their_ledger(judging: Judging) -> None:
    (listed,) = (await judging.operator.get(URL)).json()["items"]
    assert (listed["id"], listed["state"]) == (judging.incident, "RTN_UNACK")
    assert (await judging.operator.get(f"{URL}/{judging.incident}")).json() == listed
    entries = (await judging.operator.get(f"{URL}/{judging.incident}/entries")).json()["items"]
    assert [entry["kind"] for entry in entries] == ["RETRO_RAISED"]


async def test_who_acknowledges_is_entered_at_the_edge(judging: Judging) -> None:
    answer = await judging.operator.post(f"{URL}/{judging.incident}/ack", json={"note": "đã xem"})
    assert (answer.status_code, answer.json()["acknowledged"]) == (200, True)
    again = await judging.operator.post(f"{URL}/{judging.incident}/ack")
    assert (again.status_code, again.json()["code"]) == (409, "alarm.refused")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("alarms/{}/comment", {"text": "cửa hở"}),
        ("alarms/{}/shelve", {"minutes": 30, "reason": "bảo trì"}),
        ("alarms/{}/disposition", {"disposition": "discard"}),
        ("devices/tu-lanh-01/check", {"round": "AM"}),
    ],
)
async def test_what_the_hub_would_not_hear_of_is_done_at_the_hub(
    judging: Judging, path: str, body: dict[str, object]
) -> None:
    answer = await judging.operator.post(f"/api/v1/{path.format(judging.incident)}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (421, "hub.elsewhere")


async def test_an_edge_without_alarms_of_its_own_says_where_they_are(tmp_path: Path) -> None:
    async with real_edge(tmp_path) as there:
        told, line = there.settings(), ControlClient(there.socket)
        app = create_app(told, control=line, edge=line)
        async with app.router.lifespan_context(app), keyed(app, told, "operator") as operator:
            answer = await operator.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (421, "hub.elsewhere")


def test_only_an_edge_with_a_ledger_has_the_pages() -> None:
    with_it, without = find_pages("edge", ledger=True), find_pages("edge")
    assert {page.name for page in with_it} - {page.name for page in without} == {"alarms", "alarm"}
