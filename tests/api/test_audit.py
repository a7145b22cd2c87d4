"""Who looked at or changed what: on disk before the answer, in one chain, told twice once."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.audit_trail import WAITING, AuditTrail, noted
from api.audited import formal, plain
from api.keys import add_key
from api.problems import Problem
from hub.control import ControlClient
from hub.runtime.audit_desk import AuditDesk
from storage.audit import CHAIN_BEGINS, AuditHead, AuditRow, first_broken
from tests.api.conftest import NOW_MS, Stage


@pytest.fixture
async def audited(stage: Stage) -> Stage:
    """With the real desk of a hub behind the API's socket."""
    await stage.hub.stop()
    stage.hub.desk = AuditDesk(stage.writer.store).calls()
    await stage.hub.start()
    return stage


async def rows_of(stage: Stage) -> list[AuditRow]:
    return await stage.deck.reader.audit_after(0, limit=1000)


async def test_reads_of_a_specimen_and_changes_are_rows(audited: Stage) -> None:
    token = add_key(audited.deck.settings.keys_file, "operator")
    async with audited.client(peer="192.0.2.7", Authorization=f"Bearer {token}") as client:
        result = (await client.get("/api/v1/results?limit=5")).json()["items"][0]["id"]
        for _ in range(2):
            await client.get(f"/api/v1/results/{result}")
            await client.get("/api/v1/results?limit=9")
        await client.get("/api/v1/results?specimen=079123456789")
        await client.get("/api/v1/sites")
        await client.post("/api/v1/quarantine/none/replay")
        await client.post("/api/v1/projections/none/pause")
    told = [(row.note.action, row.note.target, row.note.outcome) for row in await rows_of(audited)]
    assert told == [
        ("GET /results", "", "200"),
        ("GET /results/{result}", f"result={result}", "200"),
        ("GET /results/{result}", f"result={result}", "200"),
        ("GET /results", f"specimen={plain('079123456789')}", "200"),
        ("POST /quarantine/{entry}/replay", f"entry={formal('none')}", "404"),
        ("POST /projections/{name}/pause", f"name={formal('none')}", "403"),
    ]
    notes = [row.note for row in await rows_of(audited)]
    assert {(note.role, note.through, note.peer) for note in notes} == {("operator", "api", "192.0.2.7")}
    assert "079123456789" not in json.dumps(notes)


async def test_the_list_is_for_admins_newest_first(audited: Stage, client: httpx.AsyncClient) -> None:
    for n in range(3):
        await client.get(f"/api/v1/results?specimen=S{n}")
    told = (await client.get("/api/v1/audit?limit=2&action=GET /results")).json()
    assert [item["target"] for item in told["items"]] == [
        f"specimen={formal('S2')}",
        f"specimen={formal('S1')}",
    ]
    rest = (await client.get(f"/api/v1/audit?cursor={told['next_cursor']}&action=GET /results")).json()
    assert [(item["target"], item["actor"]) for item in rest["items"]] == [
        (f"specimen={formal('S0')}", "local")
    ]
    assert (await client.get("/api/v1/audit?cursor=x")).status_code == 400
    token = add_key(audited.deck.settings.keys_file, "operator")
    answer = await client.get("/api/v1/audit", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403


async def test_while_the_hub_is_away_they_wait_on_disk(audited: Stage, client: httpx.AsyncClient) -> None:
    await audited.hub.stop()
    for n in range(3):
        assert (await client.get(f"/api/v1/results?specimen=S{n}")).status_code == 200
    waiting = audited.data_dir / WAITING
    assert waiting.stat().st_mode & 0o777 == 0o600
    assert len(waiting.read_text().splitlines()) == 3
    with waiting.open("a") as file:
        file.write('["torn')
    await audited.hub.start()
    await client.get("/api/v1/results?specimen=S3")
    rows = await rows_of(audited)
    assert [row.note.target for row in rows] == [f"specimen={formal(f'S{n}')}" for n in range(4)]
    assert first_broken(AuditHead(0, CHAIN_BEGINS), rows) is None
    assert not waiting.exists()


async def test_what_cannot_be_kept_is_not_shown(audited: Stage, client: httpx.AsyncClient) -> None:
    await audited.hub.stop()
    (audited.data_dir / WAITING).mkdir()
    answer = await client.get("/api/v1/results?specimen=TN2611-0001")
    assert (answer.status_code, answer.json()["code"]) == (503, "audit.unavailable")
    assert "TN2611" not in answer.text
    assert (await client.get("/api/v1/sites")).status_code == 200


async def test_an_answer_that_was_lost_is_told_again_and_is_one_row(audited: Stage) -> None:
    class Lost:
        """The hub writes; its answer does not come."""

        async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
            await ControlClient(audited.hub.path).call(name, **arguments)
            raise ConnectionResetError

    trail = AuditTrail(Lost(), audited.data_dir)
    await trail.keep(noted(NOW_MS, "k1", "admin", "api", "GET /x", "", "200"))
    again = AuditTrail(ControlClient(audited.hub.path), audited.data_dir)
    await again.keep(noted(NOW_MS, "k1", "admin", "api", "GET /y", "", "200"))
    assert [row.note.action for row in await rows_of(audited)] == ["GET /x", "GET /y"]


async def test_a_folder_that_takes_nothing_refuses(tmp_path: Path) -> None:
    trail = AuditTrail(ControlClient(tmp_path / "none.sock"), tmp_path / "missing")
    with pytest.raises(Problem, match=r"audit\.unavailable"):
        await trail.keep(noted(NOW_MS, "k1", "admin", "api", "GET /x", "", "200"))


def test_what_could_be_a_person_is_a_hash() -> None:
    for text in ("TN2611-0042", "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f31", "731", "p-1f0c:aa"):
        assert plain(text) == text
    for text in ("0912345678", "079123456789", "123456789", "Nguyễn Văn A", "x" * 65):
        assert plain(text).startswith("h:")
