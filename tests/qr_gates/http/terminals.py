"""Terminals before an edge's API: their adapter, its outlet in memory, and a client from its own machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from adapters.qr_gates.gate_http import GateHttp
from adapters.qr_gates.gate_http_config import GateHttpConfig
from hub.streams import RouteBook
from hub.streams.surroundings import Surroundings, current
from tests.cold_chain.http.doors import client_at, listening
from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet

SERIAL = "CGXH201260029"
INGEST = "/api/v1/ingest/cong-1"
ISAPI = "/isapi/cong-1"
CDATA = f"/iclock/cdata?SN={SERIAL}&table=ATTLOG&Stamp=9999"


def settings(**more: Any) -> GateHttpConfig:
    made = {"id": "cong-1", "site": "khu-cach-ly", "kind": "gate_http", "direction": "in"}
    return GateHttpConfig.model_validate(made | more)


def zkteco(**more: Any) -> GateHttpConfig:
    return settings(**{"dialect": "zkteco", "serial": SERIAL, "peers": ["10.1.2.20/32"]} | more)


@asynccontextmanager
async def gate(
    folder: Path, config: GateHttpConfig | None = None, outlet: MemoryOutlet | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, MemoryOutlet]]:
    """One terminal's adapter, served; a client, and its outlet."""
    routes, outlet = RouteBook(), outlet or MemoryOutlet()
    current.set(Surroundings(routes=routes))
    adapter = GateHttp(config or settings(), outlet)
    async with running(adapter), client_at(routes, folder) as client:
        await listening(routes, adapter.config.path)
        yield client, outlet
