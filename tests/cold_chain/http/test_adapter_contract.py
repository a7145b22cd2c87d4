"""``cold_http`` under the suite of adapters: bodies in chunks, through the API's guard and route."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.cold_chain.cold_http import ColdHttp
from hub.contract import Adapter
from hub.streams import HttpAnswer, HttpRequest, RouteBook
from hub.streams.surroundings import Surroundings, current
from tests.cold_chain.http.doors import chunked, client_at, listening
from tests.cold_chain.http.transfers import appliance, body, rtm, transfer
from tests.conformance.adapter_contract import AdapterContract
from tests.conformance.memory_outlet import MemoryOutlet


async def taken(_: HttpRequest) -> HttpAnswer:
    return HttpAnswer(409)


class TestColdHttp(AdapterContract):
    good = good_raw = body(transfer(rtm(TVC=4.6), kind="rtm"))
    garbage = garbage_raw = b'{"meta": {"schemaVersion": "0.8.1"}, \x00\xff'

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.data_dir = tmp_path

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        self.routes = RouteBook()
        current.set(Surroundings(routes=self.routes))
        return ColdHttp(appliance(), outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        adapter = self.make_adapter(outlet)
        self.routes.add("/ingest/tu-lanh-01", taken)
        return adapter

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        await listening(self.routes, "/ingest/tu-lanh-01")
        async with client_at(self.routes, self.data_dir) as client:
            answer = await client.post("/api/v1/ingest/tu-lanh-01", content=chunked(chunks))
        return b"%d %b" % (answer.status_code, answer.content)

    def is_positive(self, answer: bytes) -> bool:
        return answer.startswith(b"2")
