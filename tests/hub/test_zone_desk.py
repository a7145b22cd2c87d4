"""A count that a person sets goes to the gate of the zone that was used last, or to another of them."""

from pathlib import Path
from typing import Any, cast

import pytest

from hub.clock import now_ms
from hub.errors import OperatorError
from hub.payloads import CommandResult
from hub.runtime.hub import Hub, NoAnswer
from hub.runtime.zone_desk import ZoneDesk
from storage.gates import HOUR_MS
from storage.open import open_reader, open_store
from tests.conformance.gate_arrivals import SITE, let_in
from tests.conformance.store_use import write


class Edges:
    """What the gates of an edge answer, and what they were asked; None: the edge is away."""

    def __init__(self, **gates: str | None) -> None:
        self.gates = gates
        self.asked: list[tuple[str, ...]] = []

    async def command(
        self, site: str, edge: str, device: str, action: str, args: dict[str, Any], by: str
    ) -> CommandResult:
        self.asked.append((site, edge, device, action, args["zone"], by))
        reason = self.gates[device.replace("-", "_")]
        if reason is None:
            raise NoAnswer("edge-1 does not answer")
        return CommandResult("c", "refused" if reason else "done", reason)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A store in which three gates of a zone were used, ``cong-3`` last."""
    store = open_store(None, tmp_path)
    await store.open()
    for n in (1, 2, 3):
        await write(store, *let_in(f"s{n}", 3 * n, now_ms() - (9 - n) * HOUR_MS, device=f"cong-{n}"))
    await store.close()
    return tmp_path


def desk(folder: Path, edges: Edges) -> ZoneDesk:
    return ZoneDesk(cast(Hub, edges), lambda: open_reader(None, folder))


async def test_the_gate_that_was_used_last_takes_it(folder: Path) -> None:
    edges = Edges(cong_3="")
    assert await desk(folder, edges).set("edge-1", "cong", 12, "k1") == {"outcome": "done", "reason": ""}
    assert edges.asked == [(SITE, "edge-1", "cong-3", "occupancy.set", "cong", "k1")]


@pytest.mark.parametrize("gone", ["no such action here", "command.not_taken", "occupancy.other_zone"])
async def test_another_takes_it_where_that_one_is_gone(folder: Path, gone: str) -> None:
    edges = Edges(cong_3=gone, cong_2="")
    assert (await desk(folder, edges).set("edge-1", "cong", 12, "k1"))["outcome"] == "done"
    assert [device for _, _, device, *_ in edges.asked] == ["cong-3", "cong-2"]


async def test_what_is_refused_or_not_answered_is_asked_of_nobody_else(folder: Path) -> None:
    edges = Edges(cong_3="occupancy.count")
    told = await desk(folder, edges).set("edge-1", "cong", 12, "k1")
    assert (told, len(edges.asked)) == ({"outcome": "refused", "reason": "occupancy.count"}, 1)
    edges = Edges(cong_3=None)
    told = await desk(folder, edges).set("edge-1", "cong", 12, "k1")
    assert (told["outcome"], len(edges.asked)) == ("away", 1)


async def test_a_zone_that_nobody_heard_of_is_refused(folder: Path) -> None:
    for edge, zone in (("edge-1", "kho"), ("edge-2", "cong")):
        with pytest.raises(OperatorError, match=r"zone\.unknown"):
            await desk(folder, Edges()).set(edge, zone, 12, "k1")
