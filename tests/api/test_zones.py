"""Scans, who is in a zone, and what gates counted, over a real store."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from hub.events import format_time
from hub.payloads import GateDecision, Passage, Payload, Scan, ZoneCount
from tests.api.conftest import NOW_MS, Stage
from tests.api.province import EDGE, HOUR_MS, MINUTE_MS

SITE, GATE, ZONE = "bv-da-chien-1", "cong-chinh", "khu-a"


async def tell(stage: Stage, payload: Payload, time_ms: int, **more: Any) -> str:
    told = await stage.writer.put(payload, GATE, SITE, time_ms, received_ms=time_ms, **more)
    return told.id


async def shown(
    stage: Stage,
    name: str,
    time_ms: int,
    decision: Any = "allow",
    *,
    direction: Any = "in",
    seen: bool = True,
) -> None:
    """One person shows a code, and goes if the gate lets him."""
    await tell(stage, Scan(f"v-1:{name}", f"v-1:{name}-visit", "cccd", direction), time_ms)
    await tell(stage, GateDecision(f"v-1:{name}", decision, "allowed", "allow", 0.3, zone=ZONE), time_ms)
    if decision == "allow":
        await tell(stage, Passage(f"v-1:{name}", direction, seen, ZONE), time_ms + 900)


async def items(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["items"]
    return told


@pytest.fixture
async def busy(stage: Stage) -> Stage:
    """A morning at one gate; a person counted ten at midnight, and nobody saw two of the passages."""
    stage.app.state.deck = replace(stage.deck, now_ms=lambda: NOW_MS)
    await tell(stage, ZoneCount(ZONE, 10, 0, 0, "set", "k1"), NOW_MS - 14 * HOUR_MS)
    for n in range(4):
        await shown(stage, f"p{n}", NOW_MS - 60 * MINUTE_MS + n * MINUTE_MS, seen=n > 1)
    await shown(stage, "p4", NOW_MS - 5 * MINUTE_MS, "deny")
    await shown(stage, "p1", NOW_MS - 4 * MINUTE_MS, direction="out")
    return stage


async def test_scans_with_decision_and_passage(busy: Stage, client: httpx.AsyncClient) -> None:
    told = await items(client, "scans")
    assert [(row["scan"], row["decision"], row["passage"] is None) for row in told] == [
        ("v-1:p1", "allow", False),
        ("v-1:p4", "deny", True),
        ("v-1:p3", "allow", False),
        ("v-1:p2", "allow", False),
        ("v-1:p0", "allow", False),
    ]
    assert {name: told[-1][name] for name in ("type", "device", "visit", "direction", "zone")} == {
        "type": "gate.scan.v1",
        "device": GATE,
        "visit": "v-1:p0-visit",
        "direction": "in",
        "zone": ZONE,
    }
    assert told[-1]["passage"]["confirmed"] is False
    assert [row["scan"] for row in await items(client, f"scans?decision=deny&device={GATE}")] == ["v-1:p4"]
    since = format_time(NOW_MS - 10 * MINUTE_MS)
    assert len(await items(client, f"scans?site={SITE}&from={since}")) == 2
    first = (await client.get("/api/v1/scans?limit=3")).json()
    rest = await items(client, f"scans?limit=3&cursor={first['next_cursor']}")
    assert [row["scan"] for row in rest] == ["v-1:p2", "v-1:p0"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("scans?cursor=nonsense", "cursor.bad"),
        ("scans?decision=maybe", "request.invalid"),
        ("scans?visit=v-1:p0-visit", "request.invalid"),
        ("occupancy?zone=Khu%20A", "request.invalid"),
        ("gates/counts?from=2026-11-22&to=2026-11-22", "range.empty"),
        ("gates/counts?from=2026-01-01&to=2026-11-22&step=hour", "range.too_long"),
        ("gates/counts?from=2025-01-01&to=2026-11-22", "range.too_long"),
    ],
)
async def test_bad_questions_are_refused(client: httpx.AsyncClient, path: str, code: str) -> None:
    answer = await client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) in {(400, code), (422, code)}, answer.text


async def test_who_is_in(busy: Stage, client: httpx.AsyncClient) -> None:
    (told,) = await items(client, "occupancy")
    assert {name: told[name] for name in ("id", "site", "device", "count", "below_zero", "time")} == {
        "id": f"{EDGE}/{ZONE}",
        "site": SITE,
        "device": GATE,
        "count": 12,
        "below_zero": False,
        "time": format_time(NOW_MS - 4 * MINUTE_MS + 900),
    }
    assert (told["entered"], told["left"], told["inferred_share"], told["drift"]) == (3, 1, 0.25, 10)
    assert told["set"] == {"time": format_time(NOW_MS - 14 * HOUR_MS), "count": 10, "actor": "k1"}
    assert told["today"] == {"began_with": 10, "entered": 3, "left": 1}
    await tell(busy, ZoneCount(ZONE, 13, 4, 1), NOW_MS)
    await tell(busy, ZoneCount("khu-b", -3, 0, 3), NOW_MS)
    await tell(busy, Passage(None, "out", True, "khu-b"), NOW_MS)
    first, second = await items(client, f"occupancy?site={SITE}")
    assert (first["difference"], first["by_edge"]["count"]) == (1, 13)
    assert (second["count"], second["below_zero"], second["set"], second["drift"]) == (-1, True, None, None)
    assert [row["zone"] for row in await items(client, "occupancy?zone=khu-b&edge=edge-1")] == ["khu-b"]
    assert await items(client, "occupancy?site=kho-vac-xin") == []


async def test_what_each_gate_counted(busy: Stage, client: httpx.AsyncClient) -> None:
    (told,) = await items(client, "gates/counts")
    assert (told["day"], told["time"], told["device"]) == ("2026-11-22", "2026-11-21T17:00:00.000Z", GATE)
    assert told["decisions"] == dict.fromkeys(told["decisions"], 0) | {"allow": 4, "deny": 1}
    assert (told["scans"], told["entered"], told["left"], told["inferred"]) == (5, 3, 1, 1)
    by_hour = await items(client, "gates/counts?step=hour")
    assert [(row["time"][11:13], row["scans"]) for row in by_hour] == [("05", 3), ("06", 2)]
    assert sum(row["entered"] for row in by_hour) == 3
    assert await items(client, "gates/counts?to=2026-11-22") == []
    assert await items(client, f"gates/counts?zone={ZONE}&edge=edge-2") == []


async def test_somebody_counts_and_sets(busy: Stage, client: httpx.AsyncClient) -> None:
    """The gate's edge tells it in its own event; the answer is how the zone stands then."""

    async def as_the_edge(edge: str, zone: str, count: int, by: str) -> dict[str, Any]:
        await tell(busy, ZoneCount(zone, count, 4, 1, "set", by), NOW_MS)
        return {"outcome": "done", "reason": f"count={count}"}

    await busy.hub.stop()
    busy.hub.desk["occupancy.set"] = as_the_edge
    await busy.hub.start()
    answer = await client.post(f"/api/v1/occupancy/{ZONE}", json={"count": 9})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["count"], told["drift"], told["set"]["actor"], told["entered"]) == (9, -3, "local", 0)


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"outcome": "refused", "reason": "command.not_taken"}, 409, "zone.refused"),
        ({"outcome": "failed", "reason": "not_stored"}, 502, "zone.failed"),
        ({"outcome": "expired", "reason": ""}, 504, "edge.too_late"),
        ({"outcome": "away", "reason": "edge-1 does not answer"}, 504, "edge.no_answer"),
    ],
)
async def test_a_count_that_was_not_set_says_why(
    busy: Stage, client: httpx.AsyncClient, told: dict[str, Any], status: int, code: str
) -> None:
    async def as_the_hub(**_: Any) -> dict[str, Any]:
        return told

    await busy.hub.stop()
    busy.hub.desk["occupancy.set"] = as_the_hub
    await busy.hub.start()
    answer = await client.post(f"/api/v1/occupancy/{ZONE}", json={"count": 9, "edge": EDGE})
    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (
        status,
        code,
        told["reason"],
    )


async def test_nothing_is_set_for_a_zone_that_is_not_known(busy: Stage, client: httpx.AsyncClient) -> None:
    async def status_of(zone: str, **body: Any) -> tuple[int, str]:
        answer = await client.post(f"/api/v1/occupancy/{zone}", json=body)
        return answer.status_code, answer.json()["code"]

    assert await status_of("khu-z", count=1) == (404, "zone.unknown")
    assert await status_of(ZONE, count=1, edge="edge-9") == (404, "zone.unknown")
    assert await status_of(ZONE, count=-1) == (422, "request.invalid")
    assert await status_of(ZONE, count=True) == (422, "request.invalid")
    assert await status_of(ZONE, count=10**9) == (422, "request.invalid")
    await busy.hub.stop()
    assert await status_of(ZONE, count=3) == (503, "hub.away")
