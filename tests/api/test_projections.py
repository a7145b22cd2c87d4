"""Projections through the API: how they stand, what a server refused, who may pause one."""

from typing import Any, cast

import pytest

from api.keys import add_key
from hub.errors import OperatorError
from hub.runtime.projection_desk import ProjectionDesk
from storage.contract import StoreReader
from storage.influx.projection_state import ProjectionState
from storage.projections import ProjectionChange, Rejected
from tests.api.conftest import NOW_MS, Stage

LINE = "epihub_reading,device=tu-01 value=4.5 1795355050250"


class KeptOpen:
    """The stage's reader, which a desk would close."""

    def __init__(self, reader: StoreReader) -> None:
        self.projections = reader.projections
        self.rejected = reader.rejected

    async def open(self) -> None: ...
    async def close(self) -> None: ...


async def settled(stage: Stage, name: str = "victoria", **changes: Any) -> None:
    await stage.writer.store.settle_projection(ProjectionChange(name, number=7, **changes))


async def desk(stage: Stage, *states: ProjectionState, fails: OperatorError | None = None) -> list[Any]:
    """The hub answers as it does; gives what it was asked to enter into the audit."""
    noted: list[Any] = []

    async def note(by: str, action: str, name: str) -> None:
        if fails:
            raise fails
        noted.append((by, action, name))

    async def told() -> dict[str, Any]:
        return {"items": [state.told() for state in states]}

    reader = cast(StoreReader, KeptOpen(stage.deck.reader))
    calls = ProjectionDesk(stage.writer.store, lambda: reader, note).calls()
    await stage.hub.stop()
    stage.hub.desk = calls | ({"projection.states": told} if states else {})
    await stage.hub.start()
    return noted


async def test_how_each_stands_by_its_projector_and_by_the_store(stage: Stage) -> None:
    await settled(stage, history_day=20_000, rejected=[Rejected(3, NOW_MS, "field type conflict", LINE)])
    await settled(stage, "old")
    state = ProjectionState(
        "victoria", phase="catching_up", backlog=12, lag_seconds=3.5, last_answer="written"
    )
    await desk(stage, state)
    async with stage.client() as client:
        victoria, old = sorted(
            (await client.get("/api/v1/projections")).json()["items"], key=lambda row: row["id"], reverse=True
        )
    assert (victoria["id"], victoria["state"], victoria["backlog"]) == ("victoria", "catching_up", 12)
    assert (victoria["lag_s"], victoria["last_answer"], victoria["rejected"]) == (3.5, "written", 1)
    assert (victoria["number"], victoria["history_before"]) == (7, "2024-10-04")
    assert (old["id"], old["state"], old["backlog"]) == ("old", "unused", None)


async def test_while_its_process_is_away_the_store_tells_what_it_knows(stage: Stage) -> None:
    await settled(stage)
    await settled(stage, "paused", paused_by="k1")
    await stage.hub.stop()
    async with stage.client() as client:
        told = (await client.get("/api/v1/projections")).json()["items"]
    assert {row["id"]: row["state"] for row in told} == {"victoria": "unknown", "paused": "paused"}
    assert {row["id"]: row["paused_by"] for row in told} == {"victoria": "", "paused": "k1"}


async def test_refused_lines_page_by_page(stage: Stage) -> None:
    lines = [Rejected(number, NOW_MS, "field type conflict", f"{LINE}{number}") for number in range(1, 6)]
    await settled(stage, rejected=lines)
    async with stage.client() as client:
        first = (await client.get("/api/v1/projections/victoria/rejected?limit=3")).json()
        cursor = first["next_cursor"]
        rest = (await client.get(f"/api/v1/projections/victoria/rejected?cursor={cursor}")).json()
        unknown = await client.get("/api/v1/projections/other/rejected")
    assert [row["number"] for row in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
    assert first["items"][0]["line"] == f"{LINE}5"
    assert rest["next_cursor"] is None
    assert (unknown.status_code, unknown.json()["code"]) == (404, "projection.unknown")


async def test_a_pause_is_audited_and_holds(stage: Stage) -> None:
    await settled(stage)
    noted = await desk(stage, ProjectionState("victoria"))
    async with stage.client() as client:
        assert (await client.post("/api/v1/projections/victoria/pause")).json() == {"outcome": "done"}
        (paused,) = await stage.deck.reader.projections()
        assert (await client.post("/api/v1/projections/victoria/resume")).status_code == 200
    (resumed,) = await stage.deck.reader.projections()
    assert (paused.paused_by, resumed.paused_by) == ("local", "")
    assert noted == [("local", "projection.pause", "victoria"), ("local", "projection.resume", "victoria")]


async def test_without_an_audit_row_nothing_is_paused(stage: Stage) -> None:
    await settled(stage)
    await desk(stage, fails=OperatorError("the audit row cannot be written"))
    async with stage.client() as client:
        answer = await client.post("/api/v1/projections/victoria/pause")
    (row,) = await stage.deck.reader.projections()
    assert (answer.status_code, answer.json()["code"], row.paused_by) == (503, "projection.not_changed", "")


@pytest.mark.parametrize(("role", "status"), [("operator", 403), ("admin", 200)])
async def test_only_an_administrator_pauses(stage: Stage, role: Any, status: int) -> None:
    await settled(stage)
    await desk(stage, ProjectionState("victoria"))
    token = add_key(stage.deck.settings.keys_file, role)
    async with stage.client(authorization=f"Bearer {token}") as client:
        answer = await client.post("/api/v1/projections/victoria/pause")
        seen = await client.get("/api/v1/projections")
    assert (answer.status_code, seen.status_code) == (status, 200)


async def test_one_that_nobody_knows_cannot_be_paused(stage: Stage) -> None:
    await desk(stage, ProjectionState("victoria"))
    async with stage.client() as client:
        answer = await client.post("/api/v1/projections/other/pause")
    assert (answer.status_code, answer.json()["code"]) == (404, "projection.unknown")


async def test_a_hub_without_projections_and_one_whose_projector_starts(stage: Stage) -> None:
    """The first does not know the question; the second cannot answer it now."""
    await settled(stage)
    await desk(stage)
    async with stage.client() as client:
        unused = (await client.get("/api/v1/projections")).json()["items"]

        async def starting() -> dict[str, Any]:
            raise OperatorError("the projector's process is starting; try again")

        await stage.hub.stop()
        stage.hub.desk["projection.states"] = starting
        await stage.hub.start()
        unknown = (await client.get("/api/v1/projections")).json()["items"]
    assert [row["state"] for row in (*unused, *unknown)] == ["unused", "unknown"]
