"""Who has a scope sees their own sites, by every way in; the rest is not there or refused."""

import inspect
import json
from typing import Any

import httpx
import pytest

from api.access import Identity
from api.keys import Role, add_key
from api.problems import Problem
from api.scope import Scope
from api.scoped_control import RULES, ScopedControl
from api.scoped_reader import ScopedReader
from hub.events import format_time
from storage.contract import StoreReader
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import HOUR_MS, SITES

MINE, OTHERS = "tt-nhon-trach", {site["id"] for site in SITES} - {"tt-nhon-trach"}
# For who may see all: the store as a whole, or what other processes of ours ask.
CLOSED = {
    "notices_due", "notices", "recent_notices", "notice_counts", "incidents_noticed", "incidents_answered",
    "projections", "rejected", "log_page", "series", "reading_days", "reading_day_before", "day_of_readings",
    "contested", "oldest_unprojected", "analyzer_hours", "hours_of_day", "events_after",
    "standing_gate_hours", "deletions", "incident_rows",
    "placements_after", "events_of_hub", "camera_days", "open", "close",
    "audit", "audit_after", "destinations", "feed_page", "logged", "outbox", "outbox_counts", "outbox_rows",
}  # fmt: skip


def scoped(stage: Stage, role: Role = "operator", **within: Any) -> httpx.AsyncClient:
    token = add_key(stage.deck.settings.keys_file, role, **(within or {"sites": [MINE]}))
    return stage.client(Authorization=f"Bearer {token}")


def test_a_scope_has_the_sites_of_its_districts() -> None:
    scope = Scope.of(["x"], ["731"], SITES)
    assert scope.sites == {"x", "bv-thong-nhat", "bv-da-chien-1", "kho-vac-xin"}
    assert scope.has_district("731")
    assert not Scope.of(["kho-vac-xin"], [], SITES).has_district("731")
    assert scope.text() == "district:731,site:bv-da-chien-1,site:bv-thong-nhat,site:kho-vac-xin,site:x"
    for asked in (scope.require_site, scope.require_district):
        with pytest.raises(Problem, match=r"scope\.outside"):
            asked("999")


def test_every_question_of_the_store_is_divided_or_closed() -> None:
    asked = {name for name, _ in inspect.getmembers(StoreReader, inspect.isfunction) if name[0] != "_"}
    divided = {name for name, _ in inspect.getmembers(ScopedReader, inspect.isfunction)}
    assert asked - divided <= CLOSED, "say who may ask this: divide it by sites, or close it"
    assert not divided & CLOSED


async def test_what_is_not_divided_is_refused(stage: Stage) -> None:
    deck = stage.deck.narrowed(Scope(frozenset({MINE})))
    with pytest.raises(Problem, match=r"scope\.not_served"):
        await deck.reader.projections()
    with pytest.raises(Problem, match=r"scope\.not_served"):
        await deck.hub.metrics()
    assert stage.deck.narrowed(None) is stage.deck


LISTS = [
    "sites",
    "devices",
    "results",
    "results?limit=3",
    "readings/latest",
    "quarantine",
    "events?limit=1000",
    "units",
    "alarms",
    "lots",
    "cameras",
    "scans",
    "occupancy",
    "results/counts?by=site",
    "gates/counts",
]


@pytest.mark.parametrize("path", LISTS)
async def test_no_list_tells_of_another_site(stage: Stage, path: str) -> None:
    async with scoped(stage, "reporter") as client:
        answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    assert not any(f'"{site}"' in answer.text for site in OTHERS), answer.text


async def test_a_list_of_ones_own_is_whole(stage: Stage) -> None:
    async with scoped(stage, sites=["bv-long-khanh", MINE]) as client:
        seen, cursor = [], ""
        while True:
            told = (await client.get(f"/api/v1/results?limit=4{cursor}")).json()
            seen += [item["device"] for item in told["items"]]
            if told["next_cursor"] is None:
                break
            cursor = f"&cursor={told['next_cursor']}"
        latest = (await client.get("/api/v1/readings/latest")).json()["items"]
    assert seen == ["quantstudio-01"] * 15
    assert {row["site"] for row in latest} == {MINE}


async def test_what_is_asked_by_name_is_not_there(stage: Stage) -> None:
    async with stage.client() as client:
        result = (await client.get("/api/v1/results?site=bv-thong-nhat")).json()["items"][0]["id"]
        entry = (await client.get("/api/v1/quarantine?state=WAITING")).json()["items"][0]["id"]
    span = f"from={format_time(NOW_MS - HOUR_MS)}&to={format_time(NOW_MS)}"
    async with scoped(stage) as client:
        for path in (f"results/{result}", "devices/tu-lanh-01", "devices/tu-lanh-01/exposure", "lots/FD1"):
            assert (await client.get(f"/api/v1/{path}")).status_code == 404, path
        for path in (
            f"readings?device=tu-lanh-01&{span}",
            "results?site=bv-thong-nhat",
            "results?specimen=TN2611-0000",
        ):
            assert (await client.get(f"/api/v1/{path}")).json()["items"] == [], path
        both = (await client.get(f"/api/v1/readings?device=tu-lanh-01&device=tu-lanh-08&{span}")).json()
        assert {item["device"] for item in both["items"]} == {"tu-lanh-08"}
        assert (await client.post(f"/api/v1/quarantine/{entry}/replay")).status_code == 404
    assert stage.hub.asked == []


async def test_nothing_is_done_elsewhere(stage: Stage) -> None:
    body = {"reason": "Xe cấp cứu"}
    async with scoped(stage, "admin") as client:
        for path, told in {
            "gates/cong-chinh/open": body,
            "projections/victoria/pause": {},
            "sites/kho-vac-xin/take-out": {"reason": "bảo trì", "minutes": 30},
        }.items():
            answer = await client.post(f"/api/v1/{path}", json=told)
            assert answer.status_code in {403, 404}, path
        assert (await client.get("/metrics")).status_code == 403
    assert stage.hub.asked == []


async def test_a_call_that_nobody_thought_of_is_refused(stage: Stage) -> None:
    class Control:
        async def call(self, name: str, /, **_: Any) -> dict[str, Any]:
            return {"called": name}

    scope = Scope(frozenset({MINE}))
    reader = ScopedReader(stage.deck.reader, scope, {"tu-lanh-08": MINE, "tu-lanh-01": "kho-vac-xin"})
    line = ScopedControl(Control(), scope, reader, {})
    with pytest.raises(Problem, match=r"scope\.not_served"):
        await line.call("people.take")
    with pytest.raises(Problem, match=r"scope\.outside"):
        await line.call("gate.open", device="tu-lanh-01")
    assert await line.call("gate.open", device="tu-lanh-08") == {"called": "gate.open"}
    assert await line.call("alarm_devices", site=MINE) == {"called": "alarm_devices"}
    for name in set(RULES) - {"health", "audit.note", "report.revise", "edge.status", "names"}:
        with pytest.raises(Problem, match=r"scope\.outside"):
            await line.call(name)


async def test_the_log_goes_on_behind_what_is_closed(stage: Stage) -> None:
    async with scoped(stage) as client:
        seen: list[Any] = []
        after: str | None = "0"
        while after is not None:
            told = (await client.get(f"/api/v1/events?limit=7&after={after}")).json()
            seen += told["items"]
            after = told["next_cursor"]
    async with stage.client(
        Authorization=f"Bearer {add_key(stage.deck.settings.keys_file, 'admin')}"
    ) as all_:
        whole = (await all_.get("/api/v1/events?limit=1000")).json()["items"]
    assert [row["number"] for row in seen] == [row["number"] for row in whole if row["site"] == MINE]
    assert len(seen) > 7


async def test_the_stream_tells_ones_own(stage: Stage) -> None:
    deck = stage.deck.narrowed(Scope(frozenset({MINE})))
    async with deck.tail.following():
        events = await deck.tail.next(0, 5.0)
    told = {json.loads(event.body)["site"] for event in events if deck.tail.tells(event)}
    assert told <= {MINE}
    assert any(not deck.tail.tells(event) for event in events)


def test_who_has_no_scope_has_all() -> None:
    assert Identity("k", "admin").scope is None
