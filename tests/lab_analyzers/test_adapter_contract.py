"""``hl7_mllp`` under the conformance suite of adapters, over real TCP."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from hub.contract import Adapter
from tests.conformance.adapter_contract import AdapterContract
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import adapter, connect, framed, oru, read_answer


class TestHl7Mllp(AdapterContract):
    good_raw = oru()
    good = framed(good_raw)
    garbage_raw = b"\x00\xff no message at all"
    garbage = framed(garbage_raw)

    @pytest.fixture(autouse=True)
    def occupied(self) -> Iterator[None]:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.taken_port = taken.getsockname()[1]
            yield

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return adapter(outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return adapter(outlet, port=self.taken_port)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        assert isinstance(adapter, Hl7Mllp)
        reader, writer = await connect(adapter.config.port)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)  # so that short chunks arrive one by one
        answer = await read_answer(reader)
        writer.close()
        return answer

    def is_positive(self, answer: bytes) -> bool:
        return b"\rMSA|AA|" in answer
