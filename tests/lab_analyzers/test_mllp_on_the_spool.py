"""The twelve MLLP inputs that libraries were compared with, against the adapter over TCP with a real spool.

Of each: every block that was sent has its answer, the connection lives, and the spool holds exactly what the
blocks said, bytes and all. (Of the same twelve python-hl7 and hl7apy pass five, simple-hl7 eight.)
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.edge.encoder import Origin
from hub.edge.outlet import DeviceOutlet
from hub.events import number_body
from hub.metrics import Histogram
from hub.spool import Spool
from tests.conformance.adapter_contract import running
from tests.conformance.memory_pseudonyms import MemoryPseudonyms
from tests.lab_analyzers.line import PATIENCE_SECONDS, adapter, connect, framed, msa, oru, read_answer
from tests.lab_analyzers.test_bad_inputs import BIG, LATIN, cut
from tests.spool.parts import every_row, opened

M1, M2, LAST = oru("M1", "SP-1"), oru("M2", "SP-2"), oru("LAST", "SP-9")
CRLF = M1.replace(b"\r", b"\r\n")
DECLARED = LATIN.replace(b"UNICODE UTF-8", b"8859/1")


@dataclass(frozen=True)
class Input:
    """What is written, chunk by chunk; the blocks it holds, each with its answer; an empty one is refused."""

    chunks: Sequence[bytes]
    taken: Sequence[bytes]
    refused: Sequence[bytes] = ()


INPUTS = {
    "one block": Input([framed(M1)], [M1]),
    "1-byte writes": Input(cut(framed(M1), 1), [M1]),
    "CRLF segments": Input([framed(CRLF)], [CRLF]),
    "MSH-18 8859/1": Input([framed(DECLARED)], [DECLARED]),
    "two blocks in one write": Input([framed(M1) + framed(M2)], [M1, M2]),
    "LF between blocks": Input([framed(M1) + b"\n" + framed(M2)], [M1, M2]),
    "no VT": Input([M1 + b"\x1c\r"], [M1]),
    "FS without CR, next VT": Input([b"\x0b" + M1 + b"\x1c" + framed(M2)], [M1, M2]),
    "latin-1 byte while UTF-8 expected": Input([framed(LATIN)], [LATIN]),
    "85 KB OBX": Input([framed(BIG)], [BIG]),
    "empty block then good block": Input([framed(b"") + framed(M1)], [M1], [b""]),
    "no MSH then good block": Input([framed(b"PID|1\r") + framed(M1)], [M1], [b"PID|1\r"]),
}


def outlet_on(spool: Spool) -> DeviceOutlet:
    keys, origin = MemoryPseudonyms(), Origin("bv", "edge-1", "xpert-1")
    return DeviceOutlet(spool, keys, origin, "hl7_mllp", lambda *_: None, lambda _: None, Histogram())


async def answers_to(spool: Spool, chunks: Sequence[bytes], count: int) -> list[tuple[str, str]]:
    """Of ``count`` blocks, and then of a good one on the same connection."""
    device = adapter(outlet_on(spool))
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        reader, writer = await connect(device.config.port)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        found = [msa(await read_answer(reader)) for _ in range(count)]
        writer.write(framed(LAST))
        found.append(msa(await read_answer(reader)))
        writer.close()
    return found


def control_of(message: bytes) -> str:
    return message.split(b"|")[9].decode()


@pytest.mark.parametrize("name", INPUTS)
async def test_every_block_is_answered_and_is_in_the_spool_once(name: str, tmp_path: Path) -> None:
    sent = INPUTS[name]
    taken = [*sent.taken, LAST]
    async with opened(tmp_path / "spool.db") as spool:
        count = len(sent.refused) + len(sent.taken)
        answers = await answers_to(spool, sent.chunks, count)
        rows = [json.loads(number_body(row.body, "e" * 16, row.seq)) for row in await every_row(spool)]
        captures = {row["capture"] for row in rows if row["type"] == "lab.result.v1"}
        kept = [(await spool.load_capture(bytes.fromhex(each))).contents.raw for each in captures]
        quarantined = [
            (await spool.load_capture(bytes.fromhex(entry.capture))).contents.raw
            for entry in await spool.quarantine()
        ]
    assert answers == [*(("AR", "") for _ in sent.refused), *(("AA", control_of(each)) for each in taken)]
    results = [row["data"]["specimen"] for row in rows if row["type"] == "lab.result.v1"]
    specimens = {M2: "SP-2", LAST: "SP-9"}
    assert results == [specimens.get(each, "SP-1") for each in taken]
    assert sorted(kept) == sorted(taken)
    assert quarantined == list(sent.refused)


async def cut_and_resent(port: int, at: int) -> tuple[str, str]:
    """A message of its own is cut before byte ``at``; the answer when it is sent again."""
    whole = framed(oru(f"C{at}", f"CUT-{at}"))
    reader, writer = await connect(port)
    writer.write(whole[:at])
    writer.write_eof()
    await reader.read()
    writer.close()
    reader, writer = await connect(port)
    writer.write(whole)
    answer = msa(await read_answer(reader))
    writer.close()
    return answer


@pytest.mark.slow
async def test_a_message_cut_at_every_byte_and_sent_again_is_one_event_each(tmp_path: Path) -> None:
    """Cut right before FS it has the bytes of the whole one: the refusal of the first is not repeated."""
    offsets = range(len(framed(oru("C100", "CUT-100"))) + 1)
    async with opened(tmp_path / "spool.db") as spool:
        device = adapter(outlet_on(spool))
        limit = asyncio.Semaphore(16)

        async def one(at: int) -> tuple[str, str]:
            async with limit:
                return await cut_and_resent(device.config.port, at)

        async with asyncio.timeout(60), running(device):
            answers = await asyncio.gather(*(one(at) for at in offsets))
        rows = [json.loads(number_body(row.body, "e" * 16, row.seq)) for row in await every_row(spool)]
    assert answers == [("AA", f"C{at}") for at in offsets]
    results = [row["data"]["specimen"] for row in rows if row["type"] == "lab.result.v1"]
    assert sorted(results) == sorted(f"CUT-{at}" for at in offsets)
