"""``hl7_mllp`` under the conformance suite of adapters, over real TCP."""

import asyncio
from collections.abc import Sequence
from typing import Any

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from hub.contract import Adapter
from tests.conformance.adapter_contract import AdapterContract, SomebodyListens
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import adapter, connect, framed, oru, read_answer


class TestHl7Mllp(SomebodyListens, AdapterContract):
    good_raw = oru()
    good = framed(good_raw)
    garbage_raw = b"\x00\xff no message at all"
    garbage = framed(garbage_raw)

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
