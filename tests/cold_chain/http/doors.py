"""Who posts to a route of ``cold_http``: through the API's guard and route, its outlet in memory."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx

from adapters.cold_chain.cold_http import ColdHttp
from api.app import create_app
from api.settings import ApiSettings
from hub.edge.edge import Edge
from hub.runtime.http_ingest import ingest_call
from hub.streams import RouteBook
from hub.streams.surroundings import Surroundings, current
from tests.api.clients import client_of
from tests.cold_chain.http.transfers import appliance
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet


class EdgeOfRoutes:
    """The socket of an edge that has nothing but ``routes``."""

    def __init__(self, routes: RouteBook) -> None:
        edge = SimpleNamespace(surroundings=Surroundings(routes=routes))
        self._ingest = ingest_call(cast(Edge, edge))

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        assert name == "ingest"
        return await self._ingest(**arguments)


def client_at(routes: RouteBook, folder: Path) -> httpx.AsyncClient:
    """From the machine itself, before any key was made."""
    told = ApiSettings(
        data_dir=folder,
        control_socket=folder / "edge.sock",
        edge_socket=folder / "edge.sock",
        keys_file=folder / "keys.json",
        role="edge",
        edge="edge-1",
        console=False,
    )
    edge = EdgeOfRoutes(routes)
    return client_of(create_app(told, control=edge, edge=edge))


async def listening(routes: RouteBook, path: str) -> None:
    """Until the adapter has its route."""
    async with asyncio.timeout(5):
        while routes.find(path) is None:  # noqa: ASYNC110 - a route has no event; nothing here waits for time
            await asyncio.sleep(0)


async def chunked(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@asynccontextmanager
async def door(
    folder: Path, outlet: MemoryOutlet | None = None, **settings: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, MemoryOutlet]]:
    """One appliance that listens, a client for it, and its outlet."""
    routes, outlet = RouteBook(), outlet or MemoryOutlet()
    current.set(Surroundings(routes=routes))
    adapter = ColdHttp(appliance(**settings), outlet)
    async with running(adapter), client_at(routes, folder) as client:
        await listening(routes, adapter.config.path)
        yield client, outlet
