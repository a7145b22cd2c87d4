"""Where is my result: every step as the edge, the store, or both know it; and decisions about forwards."""

import json
from typing import Any

import httpx
import pytest

from api.keys import Role
from hub.streams.clock import now_ms
from storage.contract import EventStore
from tests.api.clients import asking
from tests.api.lab_edge import COBAS, LIS, LabEdge, lab_edge, plate, single, unreadable
from tests.api.standing_edge import EDGE

JOURNEYS = "/api/v1/journeys?specimen="
FORWARDS = f"/api/v1/edges/{EDGE}/forwards"


def steps(item: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["step"]: (each["state"], each["reason"]) for each in item["steps"]}


async def followed(client: httpx.AsyncClient, specimen: str) -> dict[str, Any]:
    answer = await client.get(JOURNEYS + specimen)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_from_the_spool_to_the_store_and_the_lis(there: LabEdge, store: EventStore) -> None:
    capture = await there.came(single("S-1", "+"))
    async with asking(there.settings(role="both")) as client:
        (before,) = (await followed(client, "S-1"))["items"]
        assert steps(before) == {
            "received": ("done", ""),
            "answered": ("done", ""),
            "mapped": ("done", ""),
            "bus": ("waiting", "spool"),
            "stored": ("waiting", ""),
            "forward": ("waiting", ""),
        }
        await there.deliver(store)
        (entry,) = await there.edge.spool.forwards.entries(LIS, None, 10)
        await there.edge.spool.forwards.settle(LIS, entry.n, "DELIVERED", "AA", now_ms())
        (after,) = (await followed(client, "S-1"))["items"]
    assert {name: state for name, (state, _) in steps(after).items()} == dict.fromkeys(steps(before), "done")
    assert (after["capture"], after["call"], after["edge"]) == (capture, "POS", EDGE)
    assert "person" not in after
    forward = after["steps"][-1]
    assert (forward["forward"], forward["delivery"], forward["reason"], forward["tries"]) == (
        LIS,
        "DELIVERED",
        "AA",
        1,
    )
    times = [each["time"] for each in after["steps"] if each["time"]]
    assert len(times) == 5
    assert times == sorted(times)


async def test_unmapped_refused_and_beside_parts_that_wait(there: LabEdge) -> None:
    await there.came(single("S-2", "?"))
    await there.came(plate([("TG-1", "-"), ("TG-2", "")]), COBAS)
    (entry,) = await there.edge.spool.forwards.entries(LIS, None, 10)
    await there.edge.spool.forwards.settle(LIS, entry.n, "DEAD", "AR", now_ms())
    async with asking(there.settings()) as client:
        (unmapped,) = (await followed(client, "S-2"))["items"]
        told = await followed(client, "TG-1")
    assert steps(unmapped)["mapped"] == ("trouble", "unmapped")
    assert steps(unmapped)["forward"] == ("trouble", "AR")
    assert steps(told["items"][0])["mapped"] == ("done", "others_waiting")
    assert "forward" not in steps(told["items"][0])
    assert told["searched"]["quarantined"] == 1


async def test_an_edge_apart_takes_the_receipt_for_the_store(there: LabEdge, store: EventStore) -> None:
    await there.came(single("S-1"))
    await there.deliver(store)
    async with asking(there.settings()) as client:
        (item,) = (await followed(client, "S-1"))["items"]
    assert (steps(item)["bus"], steps(item)["stored"]) == (("done", ""), ("done", "receipt"))


async def test_a_hub_apart_names_who_knows_the_rest(there: LabEdge, store: EventStore) -> None:
    await there.came(single("S-1"))
    await there.deliver(store)
    elsewhere = [{"id": EDGE, "url": f"https://{EDGE}.example:8080"}]
    async with asking(there.settings(role="hub", edge="", edge_socket=None, edges=elsewhere)) as client:
        told = await followed(client, "S-1")
    (item,) = told["items"]
    assert steps(item)["stored"] == ("done", "")
    assert steps(item)["answered"] == steps(item)["forward"] == ("unknown", "at_edge")
    assert told["orders"] is None
    assert told["searched"] == {
        "store": True, "edge": None, "since": None, "quarantined": None, "elsewhere": elsewhere,
    }  # fmt: skip


async def test_an_unknown_specimen_says_what_was_searched_and_which_order_waits(there: LabEdge) -> None:
    await there.came(unreadable())
    async with asking(there.settings()) as client:
        order = {"order": "L-1", "specimen": "S-9", "tests": ["94500-6"]}
        assert (await client.put("/api/v1/orders", json=order)).status_code == 200
        told = await followed(client, "S-9")
    assert told["items"] == []
    assert [(row["id"], row["state"]) for row in told["orders"]] == [("L-1", "PLACED")]
    searched = told["searched"]
    assert (searched["edge"], searched["store"], searched["quarantined"]) == (EDGE, False, 1)
    assert searched["since"]


async def test_what_is_stored_and_too_old_for_the_edge_is_told_by_the_store(
    there: LabEdge, store: EventStore
) -> None:
    await there.came(single("S-1"))
    await there.deliver(store)
    (there.data_dir / "other").mkdir()
    async with (
        lab_edge(there.data_dir / "other") as fresh,
        asking(fresh.settings(role="both", data_dir=there.data_dir)) as client,
    ):
        (item,) = (await followed(client, "S-1"))["items"]
    assert steps(item)["forward"] == ("unknown", "at_edge")


@pytest.mark.parametrize("query", ["", "specimen=", "specimen=" + "x" * 129, "specimen=a&more=1"])
async def test_what_cannot_be_asked(there: LabEdge, query: str) -> None:
    async with asking(there.settings()) as client:
        assert (await client.get(f"/api/v1/journeys?{query}")).status_code == 422


async def test_queues_and_deliveries_and_a_decision_with_its_audit(there: LabEdge) -> None:
    first, second = await there.came(single("S-1")), await there.came(single("S-2"))
    for entry in await there.edge.spool.forwards.entries(LIS, None, 10):
        await there.edge.spool.forwards.settle(LIS, entry.n, "DEAD", "AR", now_ms())
    async with asking(there.settings(), "operator") as client:
        (queue,) = (await client.get(FORWARDS)).json()["items"]
        assert (queue["id"], queue["waiting"], queue["dead"], queue["to"]) == (
            LIS,
            0,
            2,
            "mllp://127.0.0.1:9",
        )
        one = (await client.get(f"{FORWARDS}/{LIS}/deliveries?limit=1")).json()
        rest = (await client.get(f"{FORWARDS}/{LIS}/deliveries?cursor={one['next_cursor']}")).json()
        assert [row["capture"] for row in one["items"] + rest["items"]] == [second, first]
        assert (one["items"][0]["code"], one["items"][0]["state"]) == ("AR", "DEAD")
        assert (await client.post(f"{FORWARDS}/{LIS}/retry", json={"capture": first})).json() == {
            "changed": 1
        }
        assert (await client.post(f"{FORWARDS}/{LIS}/skip")).json() == {"changed": 1}
        again = await client.post(f"{FORWARDS}/{LIS}/skip", json={"capture": "0" * 32})
        assert (again.status_code, again.json()["code"]) == (409, "forward.settled")
        assert (await client.get(f"{FORWARDS}/{LIS}/deliveries?cursor=x")).status_code == 400
        assert (await client.get(f"/api/v1/edges/{EDGE}/decisions")).status_code == 403
    async with asking(there.settings(), "admin") as client:
        rows = (await client.get(f"/api/v1/edges/{EDGE}/decisions")).json()["items"]
    assert [(row["action"], row["what"], row["capture"], row["through"]) for row in reversed(rows)] == [
        ("forward.retry", LIS, first, "api"),
        ("forward.skip", LIS, "", "api"),
        ("forward.skip", LIS, "0" * 32, "api"),
    ]
    kept = (there.data_dir / "audit" / "decisions.jsonl").read_text("utf-8").splitlines()
    assert len(kept) == 3
    assert all(json.loads(line)["by"] == rows[0]["by"] for line in kept)


async def test_without_the_audit_nothing_is_decided(there: LabEdge) -> None:
    capture = await there.came(single("S-1"))
    (there.data_dir / "audit").write_text("a file in the way")
    async with asking(there.settings()) as client:
        answer = await client.post(f"{FORWARDS}/{LIS}/skip", json={"capture": capture})
    assert (answer.status_code, answer.json()["code"]) == (503, "audit.unavailable")
    assert (await there.edge.spool.forwards.entries(LIS, "WAITING", 10))[0].capture == capture


@pytest.mark.parametrize(("key", "status"), [("reporter", 403), ("vault", 403), ("operator", 200)])
async def test_who_may_follow_and_decide(there: LabEdge, key: Role, status: int) -> None:
    await there.came(single("S-1"))
    async with asking(there.settings(), key) as client:
        assert (await client.get(JOURNEYS + "S-1")).status_code == status
        assert (await client.post(f"{FORWARDS}/{LIS}/retry")).status_code == status
