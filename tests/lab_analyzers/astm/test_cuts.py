"""A session cut before each of its bytes, over TCP into a real spool, then sent again: one event each."""

import asyncio
import json
from pathlib import Path

import pytest

from hub.events import number_body
from tests.conformance.adapter_contract import running
from tests.lab_analyzers.astm.device import ACK, ENQ, EOT, Device, adapter, frames, records
from tests.lab_analyzers.astm.edge_process import outlet_on
from tests.spool.parts import every_row, opened

LINES = 16  # at a time


def session_of(specimen: str) -> tuple[list[bytes], bytes]:
    """The records, two to a frame so that frames end inside and behind records, and the bytes of it all."""
    texts = records(specimen)
    pairs = [b"".join(texts[at : at + 2]) for at in range(0, len(texts), 2)]
    return pairs, ENQ + b"".join(frames(pairs)) + EOT


async def cut_and_resent(port: int, at: int) -> None:
    """The first try goes out at once and ends before byte ``at``; the second waits for each ACK."""
    texts, whole = session_of(f"CUT-{at:04d}")
    cut = await Device.dial(port)
    cut.writer.write(whole[:at])
    await cut.hang_up()
    again = await Device.dial(port)
    assert await again.deliver(texts) == ACK * (len(texts) + 1)
    await again.hang_up()


@pytest.mark.slow
async def test_a_session_cut_at_every_byte_and_sent_again_is_one_event_each(tmp_path: Path) -> None:
    offsets = range(len(session_of("CUT-0000")[1]) + 1)
    async with opened(tmp_path / "spool.db") as spool:
        device = adapter(outlet_on(spool))
        limit = asyncio.Semaphore(LINES)

        async def one(at: int) -> None:
            async with limit:
                await cut_and_resent(device.config.port, at)

        async with asyncio.timeout(55), running(device):
            await asyncio.gather(*(one(at) for at in offsets))
        rows = [json.loads(number_body(row.body, "e" * 16, row.seq)) for row in await every_row(spool)]
        unfinished = await spool.unfinished("xpert-1")
    results = [row["data"]["specimen"] for row in rows if row["type"] == "lab.result.v1"]
    assert sorted(results) == [f"CUT-{at:04d}" for at in offsets]
    assert unfinished == {}
