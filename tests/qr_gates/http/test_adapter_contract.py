"""``gate_http`` under the suite of adapters: a code in chunks, through the API's guard and route."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.qr_gates.gate_http import GateHttp
from hub.contract import Adapter, Fact
from hub.payloads import GateDecision
from hub.streams import HttpAnswer, HttpRequest, RouteBook
from hub.streams.surroundings import Surroundings, current
from tests.cold_chain.http.doors import chunked, client_at, listening
from tests.conformance.adapter_contract import AdapterContract
from tests.conformance.memory_outlet import MemoryOutlet
from tests.qr_gates.http.terminals import INGEST, settings

CARD = "075199001234||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Biên Hòa, Đồng Nai|27122021"


async def taken(_: HttpRequest) -> HttpAnswer:
    return HttpAnswer(409)


def facts_of(outlet: MemoryOutlet) -> list[Fact]:
    """But for how long a decision took."""
    return [
        replace(fact, payload=msgspec.structs.replace(fact.payload, took_ms=0.0))
        if isinstance(fact.payload, GateDecision)
        else fact
        for fact in outlet.facts
    ]


class TestGateHttp(AdapterContract):
    good_raw = CARD.encode()
    good = b'{"code": "%b", "time": "2026-11-22T08:30:00+07:00"}' % good_raw
    garbage = garbage_raw = b'{"code": "075199001234||\xff\x00'

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.data_dir = tmp_path

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        self.routes = RouteBook()
        current.set(Surroundings(routes=self.routes))
        return GateHttp(settings(), outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        adapter = self.make_adapter(outlet)
        self.routes.add("/ingest/cong-1", taken)
        return adapter

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        await listening(self.routes, "/ingest/cong-1")
        async with client_at(self.routes, self.data_dir) as client:
            answer = await client.post(INGEST, content=chunked(chunks))
        return b"%d %b" % (answer.status_code, answer.content)

    async def test_any_cut_gives_the_same_facts(self) -> None:
        whole, _ = await self.received([self.good])
        halves, _ = await self.received([self.good[:7], self.good[7:]])
        single, _ = await self.received([self.good[at : at + 1] for at in range(len(self.good))])
        assert facts_of(whole) == facts_of(halves) == facts_of(single)

    async def test_resend_is_the_same_fact(self) -> None:
        first, _ = await self.received([self.good])
        second, _ = await self.received([self.good])
        assert facts_of(first) == facts_of(second)

    def is_positive(self, answer: bytes) -> bool:
        return answer.startswith(b"2")
