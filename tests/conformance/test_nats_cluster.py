"""Hub and edge at different nodes of a NATS cluster of three, while nodes are killed and come back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.broker.accounts import edge_apart_account, hub_account
from hub.edge.edge import Edge
from hub.runtime.hub import Hub
from storage.sqlite.store import SqliteStore
from tests.conformance.bus_engines import OtherNats, answers
from tests.conformance.test_bus_acl import edge_on
from tests.fire.patience import until
from tests.ports import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif("EPIHUB_NIGHTLY" not in os.environ, reason="a minute long: set EPIHUB_NIGHTLY=1"),
]

ACCOUNTS = (hub_account("hub-password"), edge_apart_account("edge-2", "edge-password"))
EVENTS = 2000


class Node(OtherNats):
    """One of three; ``start`` returns at once: a node answers when it has found another."""

    replicas = 3

    def __init__(self, folder: Path, name: str, own: int, routes: list[int]) -> None:
        super().__init__(folder, ACCOUNTS)
        self.name = name
        urls = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        self.cluster = f'cluster {{ name: epihub, listen: "127.0.0.1:{own}", routes: [{urls}] }}\n'

    async def ready(self) -> None:
        async with asyncio.timeout(60):
            while not await answers(self.address("hub")):
                assert self.process.returncode is None
                await asyncio.sleep(0.1)  # nothing tells us when it is one of the cluster


@asynccontextmanager
async def cluster_in(folder: Path) -> AsyncIterator[list[Node]]:
    routes = [free_port() for _ in range(3)]
    nodes = [Node(folder / f"n{n}", f"n{n}", routes[n], routes) for n in range(3)]
    try:
        for node in nodes:
            await node.launch()
        for node in nodes:
            await node.ready()
        yield nodes
    finally:
        for node in nodes:
            await node.stop()


@asynccontextmanager
async def hub_on(node: Node, path: Path) -> AsyncIterator[Hub]:
    hub = Hub(SqliteStore(path), node.address("hub"))
    await hub.open()
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        await asyncio.wait({task})


async def converge(edge: Edge, hub: Hub) -> None:
    """New events, and all of them arrive."""
    for number in range(EVENTS):
        edge.voice.alarm("cluster.test", "info", f"number {number}")
    await edge.spool.commit([])
    await until(lambda: not edge.spool.figures().waiting, "all receipts", 60)
    assert hub.sink.counters.stored == edge.spool.figures().spooled
    assert hub.sink.counters.quarantined == 0


async def test_killed_nodes_cost_no_event(tmp_path: Path) -> None:
    async with (
        cluster_in(tmp_path) as (first, second, third),
        hub_on(first, tmp_path / "store.db") as hub,
        edge_on(second, tmp_path, "edge-2", "bv") as edge,
    ):
        await converge(edge, hub)
        for node in (third, second, first):  # nobody's, the edge's, the hub's
            await node.kill()
            if node is third:
                await converge(edge, hub)
            await node.launch()
            await node.ready()
            await converge(edge, hub)
