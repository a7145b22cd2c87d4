"""Runs of an analyzer: every well of a plate has a fate, told by the edge or by the store."""

from pathlib import Path
from typing import Any

from api.keys import Role
from storage.open import open_store
from tests.api.clients import asking
from tests.api.lab_edge import COBAS, GENEXPERT, LabEdge, lab_edge, plate, single, unreadable
from tests.api.standing_edge import EDGE, SITE

PLATE = [(f"TG-{n:02d}", "+" if n % 10 == 0 else "-") for n in range(1, 93)]


async def asked(there: LabEdge, query: str, key: Role | None = None, **more: Any) -> dict[str, Any]:
    async with asking(there.settings(**more), key) as client:
        answer = await client.get(f"/api/v1/runs?{query}")
    told: dict[str, Any] = answer.json()
    return told | {"status": answer.status_code}


async def test_ninety_four_wells_and_ninety_four_accounted_for(tmp_path: Path) -> None:
    async with lab_edge(tmp_path) as there:
        capture = await there.came(plate(PLATE), COBAS)
        (run,) = (await asked(there, f"device={COBAS}"))["items"]
    assert (run["id"], run["total"], run["accounted"]) == (capture, 94, 94)
    assert (run["site"], run["device"], run["edge"]) == (SITE, COBAS, EDGE)
    assert run["calls"] == {"NEG": 83, "POS": 9}
    assert (run["controls"], run["unmapped"], run["quarantined"], run["withdrawn"]) == (2, 0, 0, 0)
    assert run["tests"] == ["0BHCV"]
    assert run["runs"] == ["C4800.70112"]
    assert [well["specimen"] for well in run["wells"]][:4] == ["PC1", "PC2", "TG-01", "TG-02"]
    assert [well["control"] for well in run["wells"]][:3] == [True, True, False]
    assert "person" not in str(run)


async def test_what_waits_and_what_no_profile_knows_is_counted_in_and_not_accounted(tmp_path: Path) -> None:
    async with lab_edge(tmp_path) as there:
        await there.came(plate([("TG-1", "-"), ("TG-2", ""), ("TG-3", "?")]), COBAS)
        (run,) = (await asked(there, f"device={COBAS}"))["items"]
    assert (run["total"], run["accounted"]) == (5, 3)
    assert (run["quarantined"], run["unmapped"], run["controls"]) == (1, 1, 2)
    assert run["parts"][0]["reason"] == "hl7.no_test"


async def test_the_store_tells_the_same_run_of_an_analyzer_elsewhere(tmp_path: Path) -> None:
    store = open_store(None, tmp_path)
    await store.open()
    async with lab_edge(tmp_path) as there:
        await there.came(plate([("TG-1", "-"), ("TG-2", ""), ("TG-3", "+")]), COBAS)
        await there.came(single("S-1"))
        await there.deliver(store)
        here = (await asked(there, f"device={COBAS}", role="both"))["items"]
        told = await asked(there, f"device={COBAS}", role="hub", edge="", edge_socket=None)
    await store.close()
    assert told["by_store"]
    names = ("id", "total", "accounted", "calls", "controls", "quarantined", "unmapped", "tests", "runs")
    assert [[run[name] for name in names] for run in told["items"]] == [
        [run[name] for name in names] for run in here
    ]


async def test_pages_and_what_cannot_be_asked(tmp_path: Path) -> None:
    async with lab_edge(tmp_path) as there:
        for n in range(3):
            await there.came(single(f"S-{n}"))
        await there.came(unreadable())
        first = await asked(there, f"device={GENEXPERT}&limit=2")
        rest = await asked(there, f"device={GENEXPERT}&limit=2&cursor={first['next_cursor']}")
        assert [len(run["wells"]) for run in first["items"] + rest["items"]] == [0, 1, 1, 1]
        assert first["items"][0]["quarantined"] == 1
        for query in ("", "device=A", f"device={GENEXPERT}&limit=51", f"device={GENEXPERT}&cursor=x"):
            assert (await asked(there, query))["status"] in (400, 422), query
        assert (await asked(there, "device=nobody"))["items"] == []


async def test_it_is_for_reporters(tmp_path: Path) -> None:
    may: dict[Role | None, int] = {"reporter": 200, "vault": 403, "public": 403, "device": 403, None: 401}
    async with lab_edge(tmp_path) as there:
        for key, status in may.items():
            assert (await asked(there, f"device={GENEXPERT}", key))["status"] == status, key
