"""An edge's own API over a real edge: figures, captures, quarantine, and raw looks with their audit."""

import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.answers import COMMON
from api.app import create_app
from api.keys import Role
from hub.edge.audit import AuditTrail
from tests.api.clients import client_of, keyed
from tests.api.real_edge import CANARY, RAW, RealEdge, Thermometer, real_edge
from tests.api.standing_edge import EDGE, SITE
from tests.api.test_access import OPEN, roles_of

HERE = f"/api/v1/edges/{EDGE}"
WHY = {"reason": "Đối chiếu mã mẫu"}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[RealEdge]:
    async with real_edge(tmp_path) as made:
        yield made


async def test_what_waits_and_how_full_the_spool_is(there: RealEdge, client: httpx.AsyncClient) -> None:
    await there.came(b"4.5")
    await there.came(RAW)
    told = (await client.get(HERE)).json()
    figures = there.edge.spool.figures()
    assert (told["id"], told["site"], told["here"], told["url"]) == (EDGE, SITE, True, None)
    assert told["spool"]["waiting"] == told["spool"]["spooled"] == figures.waiting > 2
    assert told["spool"]["receipted"] == told["spool"]["skipped"] == 0
    assert told["bus"] == {"connected": False, "since": None, "hub_online": False}
    assert told["oldest_waiting"]
    assert (told["quarantined"], told["unsendable"]) == (1, 0)
    assert (await client.get("/api/v1/edges")).json()["items"] == [told]


async def test_devices_are_those_of_the_edge_with_the_age_of_their_last_word(
    there: RealEdge, client: httpx.AsyncClient
) -> None:
    (before,) = (await client.get("/api/v1/devices")).json()["items"]
    assert (before["id"], before["state"], before["received"]) == ("tu-lanh-01", "UNKNOWN", None)
    await there.came(b"4.5")
    (after,) = (await client.get("/api/v1/devices")).json()["items"]
    assert (after["state"], after["edge"], after["site"]) == ("ONLINE", EDGE, SITE)
    assert after["received"]


async def test_captures_page_through_unopened(there: RealEdge, client: httpx.AsyncClient) -> None:
    for raw in (b"4.5", b"4.6", RAW):
        await there.came(raw)
    seen, cursor = [], ""
    while True:
        told = (await client.get(f"{HERE}/captures?limit=1{cursor}")).json()
        seen += told["items"]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert [item["bytes"] for item in seen] == [len(RAW), 3, 3]
    assert [item["waiting"] for item in seen] == [1, 0, 0]
    assert all(set(COMMON) <= set(item) and item["site"] == SITE for item in seen)
    assert CANARY not in json.dumps(seen, ensure_ascii=False)


async def test_captures_by_device_and_time(there: RealEdge, client: httpx.AsyncClient) -> None:
    await there.came(b"4.5")
    (one,) = (await client.get(f"{HERE}/captures?device=tu-lanh-01")).json()["items"]
    for query, count in {
        "device=tu-lanh-02": 0,
        f"from={one['received']}": 1,
        f"to={one['received']}": 0,
        "from=2100-01-01T00:00:00Z": 0,
    }.items():
        assert len((await client.get(f"{HERE}/captures?{query}")).json()["items"]) == count, query


@pytest.mark.parametrize("path", ["captures?cursor=x", "captures?cursor=1.-1", "quarantine?cursor=1.2"])
async def test_a_cursor_that_was_never_given_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{HERE}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor.bad")


async def test_replay_after_a_fix_settles_the_entry(
    there: RealEdge, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.came(RAW)
    (entry,) = (await client.get(f"{HERE}/quarantine?state=WAITING")).json()["items"]
    assert (entry["reason"], entry["place"], entry["edge"]) == ("hl7.no_test", "OBR-4", EDGE)
    path = f"{HERE}/captures/{entry['capture']}/replay"
    assert (await client.post(path)).json() == {"outcome": "done", "reason": "", "events": 0}
    monkeypatch.setattr(Thermometer, "mended", True)
    assert (await client.post(path)).json()["events"] == 1
    assert (await client.get(f"{HERE}/quarantine?state=WAITING")).json()["items"] == []
    assert (await client.get(f"{HERE}/quarantine?state=REPLAYED")).json()["items"][0]["id"] == entry["id"]


async def test_replay_for_a_device_that_is_none_is_refused(
    there: RealEdge, client: httpx.AsyncClient
) -> None:
    await there.came(RAW)
    path = f"{HERE}/captures/{await there.capture()}/replay"
    answer = await client.post(path, json={"device": "tu-lanh-09"})
    assert (answer.status_code, answer.json()["code"]) == (409, "replay.refused")


async def test_discard_settles_and_keeps_the_bytes(there: RealEdge, client: httpx.AsyncClient) -> None:
    await there.came(RAW)
    capture = await there.capture()
    assert (await client.post(f"{HERE}/captures/{capture}/discard")).json()["outcome"] == "done"
    (entry,) = (await client.get(f"{HERE}/quarantine")).json()["items"]
    assert entry["state"] == "DISCARDED"
    assert (await there.edge.spool.load_capture(bytes.fromhex(capture))).contents.raw == RAW


async def test_the_audit_row_is_on_disk_before_the_vault_sees_a_byte(
    there: RealEdge, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.came(RAW)
    capture = await there.capture()
    kept_before_opening: list[str] = []
    real = AuditTrail.write

    async def write(self: AuditTrail, look: object) -> None:
        await real(self, look)  # type: ignore[arg-type]
        kept_before_opening.append(there.looks.read_text("utf-8"))

    monkeypatch.setattr(AuditTrail, "write", write)
    async with keyed(app, there.settings(), "vault") as vault:
        answer = await vault.post(f"{HERE}/captures/{capture}/look", json=WHY)
        told = answer.json()
        (row,) = (await vault.get(f"{HERE}/looks")).json()["items"]
    assert base64.b64decode(told["raw"]) == RAW
    assert (told["origin"], told["bytes"], told["device"]) == ("10.1.2.3", len(RAW), "tu-lanh-01")
    assert "⟨CR⟩\nPID" in told["text"]
    assert "⟨NUL⟩⟨U+202E⟩⟨CR⟩" in told["text"]
    assert r"\xff\xfe" in told["text"]
    assert answer.headers["cache-control"] == "no-store"
    assert len(kept_before_opening) == 1
    assert json.loads(kept_before_opening[0])["capture"] == capture
    assert (row["capture"], row["reason"], row["through"]) == (capture, WHY["reason"], "api")
    assert CANARY not in there.looks.read_text("utf-8")


@pytest.mark.parametrize("reason", ["", "   ", "abcd", "      abc     ", "x" * 501, 7, None])
async def test_without_a_reason_nothing_is_shown(there: RealEdge, app: FastAPI, reason: object) -> None:
    await there.came(RAW)
    async with keyed(app, there.settings(), "vault") as vault:
        answer = await vault.post(f"{HERE}/captures/{await there.capture()}/look", json={"reason": reason})
    assert answer.status_code == 422
    assert not there.looks.exists()


async def test_where_the_audit_cannot_be_kept_nothing_is_shown(there: RealEdge, app: FastAPI) -> None:
    await there.came(RAW)
    (there.data_dir / "audit").write_text("a file in the way")
    async with keyed(app, there.settings(), "vault") as vault:
        answer = await vault.post(f"{HERE}/captures/{await there.capture()}/look", json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit.unavailable")
    assert "raw" not in answer.json()


async def test_a_raw_look_is_for_the_vault_alone(there: RealEdge, app: FastAPI) -> None:
    await there.came(RAW)
    path = f"{HERE}/captures/{await there.capture()}/look"
    async with client_of(app) as local:
        assert (await local.post(path, json=WHY)).status_code == 403, "also in the trial without keys"
    roles: list[Role] = ["admin", "operator", "reporter", "device", "public"]
    for role in roles:
        async with keyed(app, there.settings(), role) as client:
            assert (await client.post(path, json=WHY)).status_code == 403, role
    assert not there.looks.exists()


async def test_what_the_vault_may_besides(there: RealEdge, app: FastAPI) -> None:
    async with keyed(app, there.settings(), "vault") as vault:
        assert (await vault.get(f"{HERE}/captures")).status_code == 200
        assert (await vault.get(f"{HERE}/looks")).status_code == 200
        assert (await vault.get(HERE)).status_code == 403
        assert (await vault.post(f"{HERE}/captures/{'0' * 32}/replay")).status_code == 403


async def test_a_capture_that_is_not_here_is_unknown_and_no_row_is_written(
    there: RealEdge, app: FastAPI
) -> None:
    async with keyed(app, there.settings(), "vault") as vault:
        answer = await vault.post(f"{HERE}/captures/{'0' * 32}/look", json=WHY)
        assert (answer.status_code, answer.json()["code"]) == (404, "capture.unknown")
        assert (await vault.post(f"{HERE}/captures/zz/look", json=WHY)).status_code == 422
    assert not there.looks.exists()


async def test_raw_bytes_and_reasons_are_in_no_log(
    there: RealEdge, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await there.came(RAW)
    async with keyed(app, there.settings(), "vault") as vault:
        await vault.post(f"{HERE}/captures/{await there.capture()}/look", json=WHY)
    told = "\n".join(str(record.__dict__) for record in caplog.records)
    assert not any(secret in told for secret in (CANARY, "075123456789", WHY["reason"]))


async def test_rows_that_the_bus_could_not_carry(there: RealEdge, client: httpx.AsyncClient) -> None:
    await there.came(b"4.5")
    books = there.edge.spool.books
    assert await there.edge.spool.quarantine_unsendable(books.epoch_number, 2)
    (row,) = (await client.get(f"{HERE}/unsendable")).json()["items"]
    assert (row["site"], row["seq"], row["epoch"]) == (SITE, 2, books.epoch)
    assert row["device"] == "tu-lanh-01"
    assert row["bytes"] > 100


async def test_the_stores_routes_say_where_they_are(client: httpx.AsyncClient) -> None:
    for path in ("results", "events", "readings/latest", "quarantine", "stream"):
        answer = await client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (421, "hub.elsewhere"), path


async def test_another_edge_is_unknown_here(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/edges/edge-8/captures")
    assert (answer.status_code, answer.json()["code"]) == (404, "edge.unknown")


async def test_health_and_metrics_are_those_of_the_edge(client: httpx.AsyncClient) -> None:
    told = (await client.get("/readyz")).json()
    assert {"spool", "bus", "keys", "process"} <= set(told["components"])
    assert "store_reader" not in told["components"]


async def test_an_edge_that_does_not_answer_is_503(there: RealEdge, tmp_path: Path) -> None:
    app = create_app(there.settings(edge_socket=tmp_path / "none", control_socket=tmp_path / "none"))
    async with client_of(app) as client:
        for path in (HERE, f"{HERE}/captures", "/api/v1/devices"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "edge.away"), path
        assert (await client.get("/readyz")).json()["components"]["edge"]["reason"] == "edge.away"


def test_every_route_of_an_edge_names_its_role(app: FastAPI) -> None:
    contexts = list(iter_route_contexts(app.routes))
    assert len(contexts) > 20
    for context in contexts:
        assert isinstance(context.original_route, APIRoute), context.path
        roles = roles_of(context.original_route)
        assert roles, f"{context.path} names no role"
        assert (roles == {"anyone"}) == (context.path in OPEN), context.path
