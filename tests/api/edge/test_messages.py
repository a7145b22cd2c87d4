"""The messages of an edge by its API: listed with what is in them, found by specimen, read again."""

import httpx
import pytest
from fastapi import FastAPI

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from api.keys import Role
from hub.spool import messages as spool_messages
from storage.contract import EventStore
from tests.api.clients import asking, keyed
from tests.api.lab_edge import COBAS, GENEXPERT, LIS, NAME, LabEdge, plate, single, unreadable
from tests.api.standing_edge import EDGE

HERE = f"/api/v1/edges/{EDGE}/captures"


async def listed(client: httpx.AsyncClient, query: str = "") -> list[dict[str, object]]:
    answer = await client.get(f"{HERE}?{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_each_message_says_what_is_in_it_and_no_more(there: LabEdge, client: httpx.AsyncClient) -> None:
    await there.came(plate([("TG-1", "+"), ("TG-2", "-"), ("TG-3", "-"), ("TG-4", "-")]), COBAS)
    await there.came(unreadable())
    bad, run = await listed(client)
    assert run["digest"] == {
        "facts": 6,
        "repeats": 0,
        "results": 6,
        "controls": 2,
        "withdrawn": 0,
        "specimens": ["TG-1", "TG-2", "TG-3"],
        "more_specimens": 1,
        "calls": {"POS": 1, "NEG": 3},
        "unmapped": 0,
    }
    assert (run["state"], run["device"]) == ("understood", COBAS)
    assert (bad["state"], bad["waiting"]) == ("quarantined", 1)
    assert [part["reason"] for part in bad["parts"]] == ["hl7.no_specimen"]  # type: ignore[attr-defined]
    assert [each["state"] for each in bad["forwards"]] == ["WAITING"]  # type: ignore[attr-defined]
    assert "CANARY" not in (await client.get(HERE)).text


async def test_identical_repeats_are_counted_and_shown(there: LabEdge, client: httpx.AsyncClient) -> None:
    """The analyzer sends its list again with one new sample on it: the others are repeats."""
    longer = plate([("TG-1", "+"), ("TG-2", "-"), ("TG-3", "-")])
    await there.came(longer[: longer.index(b"SPM|5|")], COBAS)
    again = await there.came(longer, COBAS)
    both = [row["digest"] for row in await listed(client)]
    assert [(told["facts"], told["repeats"]) for told in both] == [(5, 4), (4, 0)]  # type: ignore[index]
    told = (await client.get(f"{HERE}/{again}")).json()
    assert told["digest"]["repeats"] == 4
    seen = {
        (fact["data"]["specimen"], fact["repeat"]) for fact in told["facts"] if not fact["data"]["control"]
    }
    assert seen == {("TG-1", True), ("TG-2", True), ("TG-3", False)}


async def test_by_state_and_device(there: LabEdge, client: httpx.AsyncClient) -> None:
    await there.came(single("S-1"))
    await there.came(single("S-2", "?"))
    await there.came(unreadable())
    await there.came(plate([("TG-1", "-"), ("TG-2", "")]), COBAS)
    for query, devices in {
        "state=understood": [GENEXPERT, GENEXPERT],
        "state=quarantined": [COBAS, GENEXPERT],
        "state=problems": [COBAS, GENEXPERT],
        "state=unmapped": [GENEXPERT],
        f"state=quarantined&device={COBAS}": [COBAS],
        "state=unmapped&device=nobody": [],
    }.items():
        assert [row["device"] for row in await listed(client, query)] == devices, query
    assert (await client.get(f"{HERE}?state=other")).status_code == 422


async def test_unmapped_ones_are_looked_for_a_bounded_number_at_a_time(
    there: LabEdge, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_messages, "MOST_OPENED", 2)
    await there.came(single("S-0", "?"))
    for n in range(1, 4):
        await there.came(single(f"S-{n}"))
    seen, cursor, pages = [], "", 0
    while pages < 10:
        told = (await client.get(f"{HERE}?state=unmapped{cursor}")).json()
        seen += told["items"]
        pages += 1
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert ([row["state"] for row in seen], pages) == (["unmapped"], 3)


async def test_a_specimen_is_found_by_what_the_edge_still_keeps(
    there: LabEdge, client: httpx.AsyncClient
) -> None:
    await there.came(single("S-1"))
    run = await there.came(plate([("S-10", "+"), ("S-1", "-")]), COBAS)
    told = (await client.get(f"{HERE}?specimen=S-10")).json()
    assert [row["id"] for row in told["items"]] == [run]
    assert told["searched_since"]
    assert len(await listed(client, "specimen=S-1")) == 2
    assert await listed(client, "specimen=S-1&state=quarantined") == []
    assert await listed(client, "specimen=" + "%22%25_") == []


async def test_a_look_back_ends_and_says_how_far_it_came(
    there: LabEdge, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.get(f"{HERE}?specimen=S-1")).json()["searched_since"]  # the device's own state
    await there.came(single("S-1"))
    monkeypatch.setattr(spool_messages, "LOOK_BACK_SECONDS", -1)
    told = (await client.get(f"{HERE}?specimen=S-1")).json()
    assert (told["items"], told["searched_since"]) == ([], None)


async def test_a_store_beside_the_edge_knows_what_its_events_do_not_say_any_more(
    there: LabEdge, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = await there.came(single("S-1", "+"))
    await there.deliver(store)
    monkeypatch.setattr(spool_messages, "LOOK_BACK_SECONDS", -1)
    async with asking(there.settings(role="both")) as client:
        assert [row["id"] for row in await listed(client, "specimen=S-1")] == [capture]


async def test_one_message_read_again_beside_what_stands(
    there: LabEdge, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = await there.came(single("S-1", "+"))
    told = (await client.get(f"{HERE}/{capture}")).json()
    (fact,) = told["facts"]
    assert (fact["change"], fact["data"]["specimen"], fact["data"]["call"]) == ("same", "S-1", "POS")
    assert (told["answered"], told["read"], told["trouble"]) == (True, True, [])
    assert "person" not in fact["data"]
    assert NAME.split("^")[1] not in str(told)
    assert [each["forward"] for each in told["forwards"]] == [LIS]
    monkeypatch.setattr(
        Hl7Mllp, "interpret", lambda self, frame, at: self._reader.interpret(_denied(frame), at)
    )
    (changed,) = (await client.get(f"{HERE}/{capture}")).json()["facts"]
    assert (changed["change"], changed["data"]["call"], changed["id"]) == ("changed", "NEG", fact["id"])


def _denied(frame: object) -> object:
    from dataclasses import replace

    return replace(frame, raw=frame.raw.replace(b"Detected", b"Not detected"))  # type: ignore[attr-defined, type-var]


async def test_what_waits_says_why_and_where(there: LabEdge, client: httpx.AsyncClient) -> None:
    capture = await there.came(plate([("TG-1", "-"), ("TG-2", "")]), COBAS)
    told = (await client.get(f"{HERE}/{capture}")).json()
    (part,) = told["parts"]
    assert (part["reason"], part["state"]) == ("hl7.no_test", "WAITING")
    assert part["place"].startswith("segment ")
    assert told["trouble"] == [{"reason": part["reason"], "place": part["place"]}]
    assert (await client.get(f"{HERE}/{'0' * 32}")).status_code == 404
    assert (await client.get(f"{HERE}/zz")).status_code == 422


async def test_who_may_read_and_who_may_not(there: LabEdge, app: FastAPI) -> None:
    capture = await there.came(single("S-1"))
    expected: dict[Role, int] = {"reporter": 200, "operator": 200, "vault": 403, "device": 403, "public": 403}
    for role, status in expected.items():
        async with keyed(app, there.settings(), role) as client:
            assert (await client.get(f"{HERE}/{capture}")).status_code == status, role


async def test_analyzers_by_what_they_sent_lately(there: LabEdge, client: httpx.AsyncClient) -> None:
    await there.came(single("S-1", "?"))
    await there.came(single("S-2"))
    await there.came(unreadable())
    told = (await client.get(f"/api/v1/edges/{EDGE}/analyzers")).json()
    rows = {row["id"]: row for row in told["items"]}
    assert (told["looked_at"], list(rows)) == (3, [GENEXPERT, COBAS])
    one, other = rows[GENEXPERT], rows[COBAS]
    assert one["unmapped"] == [{"test": "94500-6", "target": "94500-6", "count": 1}]
    assert (sum(one["hours"]), one["quarantined"], one["messages"]["received"]) == (3, 1, 3)
    assert [(queue["id"], queue["waiting"], queue["dead"]) for queue in one["forwards"]] == [(LIS, 3, 0)]
    assert one["last_message"]
    assert (sum(other["hours"]), other["last_message"], other["unmapped"]) == (0, None, [])
