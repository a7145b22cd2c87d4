"""Who pauses a projection is in the log before anything changes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError, StoreUnavailable
from hub.events import decode_data, decode_event
from hub.mqtt.connection import BrokerAddress
from hub.payloads import Audited
from hub.runtime.hub import Hub
from hub.runtime.hub_place import HubPlace
from hub.runtime.projection_audit import ProjectionAudit
from hub.runtime.projection_desk import ProjectionDesk
from storage.contract import Batch, EventStore, Outcome
from storage.open import open_reader, open_store
from storage.projections import ProjectionChange

NOBODY = BrokerAddress("127.0.0.1", 1, "hub", "secret")  # it is not asked


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    made = open_store(None, tmp_path)
    await made.open()
    await made.settle_projection(ProjectionChange("victoria", begin=True))
    yield made
    await made.close()


def desk(store: EventStore, folder: Path) -> ProjectionDesk:
    hub = Hub(store, NOBODY, place=HubPlace(site="so-y-te"))
    return ProjectionDesk(store, lambda: open_reader(None, folder), ProjectionAudit(hub).note)


async def audited(folder: Path) -> list[tuple[str, Audited]]:
    """Site and what was told, in the order of the log."""
    reader = open_reader(None, folder)
    await reader.open()
    try:
        events = [decode_event(logged.body) for logged in await reader.events(0, limit=100)]
    finally:
        await reader.close()
    found = [(event.site, decode_data(event)) for event in events]
    return [(site, told) for site, told in found if isinstance(told, Audited)]


async def paused_by(folder: Path) -> str:
    reader = open_reader(None, folder)
    await reader.open()
    try:
        (row,) = await reader.projections()
    finally:
        await reader.close()
    return row.paused_by


async def test_pause_and_resume_are_entered_each_by_whoever_did_it(store: EventStore, tmp_path: Path) -> None:
    its = desk(store, tmp_path)
    assert await its.pause("victoria", "k-7f21") == {"outcome": "done"}
    assert await paused_by(tmp_path) == "k-7f21"
    await its.resume("victoria", "an")
    assert await paused_by(tmp_path) == ""
    told = await audited(tmp_path)
    assert [(site, one.actor, one.action, one.subject) for site, one in told] == [
        ("so-y-te", "k-7f21", "projection.pause", "victoria"),
        ("so-y-te", "an", "projection.resume", "victoria"),
    ]
    assert len({one.command for _, one in told}) == 2


@pytest.mark.parametrize(("name", "by"), [("other", "an"), ("victoria", ""), ("victoria", "a" * 65)])
async def test_what_is_refused_is_not_entered(store: EventStore, tmp_path: Path, name: str, by: str) -> None:
    with pytest.raises(OperatorError):
        await desk(store, tmp_path).pause(name, by)
    assert await audited(tmp_path) == []


async def test_without_a_place_in_the_log_nothing_is_paused(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(batch: Batch) -> Outcome:
        raise StoreUnavailable("store.full")

    monkeypatch.setattr(store, "write", full)
    with pytest.raises(OperatorError, match=NOT_KEPT):
        await desk(store, tmp_path).pause("victoria", "an")
    assert await paused_by(tmp_path) == ""
