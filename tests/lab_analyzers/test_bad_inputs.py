"""What analyzers, faulty senders and scanners send, through a real TCP listener: each block is answered.

The twelve inputs that MLLP libraries were compared with, and the thirteen bad ones. After each the
same connection must still take a good message.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.conformance.adapter_contract import running
from tests.conformance.memory_outlet import MemoryOutlet
from tests.lab_analyzers.line import MSH, PATIENCE_SECONDS, adapter, connect, framed, msa, oru, read_answer

M1, M2 = oru("M1"), oru("M2", "SP-2")
GOOD = framed(oru("LAST", "SP-9"))
HEAD = MSH.replace("{control}", "M1").encode()


@asynccontextmanager
async def line(
    outlet: MemoryOutlet, **settings: object
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    device = adapter(outlet, **settings)
    async with asyncio.timeout(PATIENCE_SECONDS), running(device):
        reader, writer = await connect(device.config.port)
        yield reader, writer
        writer.close()


async def exchange(outlet: MemoryOutlet, chunks: Sequence[bytes], answers: int) -> list[tuple[str, str]]:
    """The (code, control id) of each of ``answers`` answers, and then of a good message."""
    async with line(outlet) as (reader, writer):
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        found = [msa(await read_answer(reader)) for _ in range(answers)]
        writer.write(GOOD)
        return [*found, msa(await read_answer(reader))]


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


BIG = oru("M1", obx=["OBX|1|ED|PDF||^^^Base64^" + "A" * 85_000 + "||||||F", "OBX|2|ST|T||NEG||||||F"])
LATIN = oru("M1").replace("Ánh".encode(), b"\xc1nh")
HASHED = M1.replace(b"^~\\&", b"\0", 1).translate(bytes.maketrans(b"|^", b"#*")).replace(b"\0", b"*~\\&", 1)

INPUTS = {
    "one block": ([framed(M1)], [("AA", "M1")]),
    "single bytes": (cut(framed(M1), 1), [("AA", "M1")]),
    "crlf segments": ([framed(M1.replace(b"\r", b"\r\n"))], [("AA", "M1")]),
    "declared latin-1": ([framed(LATIN.replace(b"UNICODE UTF-8", b"8859/1"))], [("AA", "M1")]),
    "two blocks in one write": ([framed(M1) + framed(M2)], [("AA", "M1"), ("AA", "M2")]),
    "lf between blocks": ([framed(M1) + b"\n" + framed(M2)], [("AA", "M1"), ("AA", "M2")]),
    "no vt": ([M1 + b"\x1c\r"], [("AA", "M1")]),
    "fs without cr, next vt": ([b"\x0b" + M1 + b"\x1c" + framed(M2)], [("AA", "M1"), ("AA", "M2")]),
    "latin-1 where utf-8 is said": ([framed(LATIN)], [("AA", "M1")]),
    "85 kB obx": ([framed(BIG)], [("AA", "M1")]),
    "empty block, then a good one": ([framed(b"") + framed(M1)], [("AR", ""), ("AA", "M1")]),
    "no msh, then a good one": ([framed(b"PID|1\r") + framed(M1)], [("AR", ""), ("AA", "M1")]),
    "empty frame": ([framed(b"")], [("AR", "")]),
    "no msh": ([framed(b"hello")], [("AR", "")]),
    "msh with four fields": ([framed(b"MSH|^~\\&|A|B\r")], [("AR", "")]),
    "msh-10 missing": ([framed(oru(""))], [("AR", "")]),
    "lf for cr": ([framed(M1.replace(b"\r", b"\n"))], [("AA", "M1")]),
    "nul in a field": ([framed(M1.replace(b"P77", b"P\x0077"))], [("AA", "M1")]),
    "short obx": ([framed(oru("M1", obx=["OBX|1|ST|T||NEG"]))], [("AA", "M1")]),
    "http before vt": ([b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + framed(M1)], [("AA", "M1")]),
    "other separators": (
        [framed(HASHED)],
        [("AA", "M1")],
    ),
    "seven byte writes": (cut(framed(M1), 7), [("AA", "M1")]),
    "fs and nothing more": ([b"\x0b" + M1 + b"\x1c"], [("AA", "M1")]),
    "fs lf": ([b"\x0b" + M1 + b"\x1c\n"], [("AA", "M1")]),
    "sender started anew": ([b"\x0b" + M1[:60] + framed(M1)], [("AA", "M1")]),
    "separators repeated": ([framed(M1.replace(b"^~\\&", b"^^^^", 1))], [("AR", "M1")]),
    "long control id": ([framed(oru("C" * 300))], [("AA", "C" * 199)]),
    "batch": ([framed(b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + M1)], [("AR", "")]),
    "utf-16": ([framed(M1.decode().encode("utf-16-le").replace(b"\x0b", b""))], [("AR", "")]),
    "adt": ([framed(M1.replace(b"ORU^R01^ORU_R01", b"ADT^A01"))], [("AA", "M1")]),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
async def test_every_block_is_answered_and_the_connection_lives(name: str) -> None:
    chunks, expected = INPUTS[name]
    outlet = MemoryOutlet()
    assert await exchange(outlet, chunks, len(expected)) == [*expected, ("AA", "LAST")]
    kept = b"".join(
        (entry.frame or entry.malformed).raw for entry in outlet.committed if entry.frame or entry.malformed  # type: ignore[union-attr]
    )  # fmt: skip
    marks = b"\x0b\x1c\r\n"
    assert kept.translate(None, marks) == (b"".join(chunks) + GOOD).translate(None, marks)


async def test_a_block_without_end_is_answered_when_its_time_is_over() -> None:
    outlet = MemoryOutlet()
    endless = HEAD + b"\rOBX|1|ED|X||" + b"A" * 300_000
    async with line(outlet, frame_seconds=0.5) as (reader, writer):
        writer.write(b"\x0b" + endless)
        assert msa(await read_answer(reader)) == ("AR", "M1")
    assert [(kept.reason, kept.raw) for kept in outlet.quarantined] == [("mllp.incomplete", endless)]


async def test_a_block_without_end_is_kept_when_the_sender_hangs_up() -> None:
    outlet = MemoryOutlet()
    async with line(outlet) as (reader, writer):
        writer.write(b"\x0b" + M1)
        writer.write_eof()
        assert msa(await read_answer(reader)) == ("AR", "M1")
    assert [kept.raw for kept in outlet.quarantined] == [M1]


async def test_a_block_over_the_limit_is_answered_and_the_next_one_read() -> None:
    outlet = MemoryOutlet()
    async with line(outlet, frame_max_bytes=2048) as (reader, writer):
        writer.write(framed(M1 + b"A" * 100_000) + GOOD)
        assert msa(await read_answer(reader)) == ("AR", "M1")
        assert msa(await read_answer(reader)) == ("AA", "LAST")
    assert [(kept.reason, len(kept.raw)) for kept in outlet.quarantined] == [("mllp.too_large", 2048)]


async def test_a_resend_gets_the_stored_answer_and_is_one_event() -> None:
    outlet = MemoryOutlet()
    async with line(outlet) as (reader, writer):
        writer.write(framed(M1))
        first = await read_answer(reader)
        writer.write(framed(M1))
        assert await read_answer(reader) == first
    assert len(outlet.facts) == 1


async def test_frames_of_one_chunk_wait_for_one_commit_together_and_are_answered_in_order() -> None:
    outlet = MemoryOutlet()
    outlet.hold()
    async with line(outlet) as (reader, writer):
        writer.write(b"".join(framed(oru(f"M{number}")) for number in range(5)))
        for _ in range(5):
            await outlet.queued.get()
        outlet.release()
        assert [msa(await read_answer(reader))[1] for _ in range(5)] == ["M0", "M1", "M2", "M3", "M4"]


async def test_what_cannot_be_stored_gets_ae_and_goes_through_later() -> None:
    outlet = MemoryOutlet(refuse=True)
    async with line(outlet) as (reader, writer):
        writer.write(framed(M1) + framed(b"junk"))
        answer = await read_answer(reader)
        assert msa(answer) == ("AE", "M1")
        assert b"\rERR||MSH^1|207^not_committed^HL70357|E" in answer
        assert msa(await read_answer(reader)) == ("AE", "")
        outlet.refuse = False
        writer.write(framed(M1))
        assert msa(await read_answer(reader)) == ("AA", "M1")
    assert len(outlet.facts) == 1


async def test_problems_are_shown_though_the_message_is_answered_aa() -> None:
    outlet = MemoryOutlet()
    async with line(outlet) as (reader, writer):
        writer.write(framed(oru("M1", obx=[])))
        assert msa(await read_answer(reader)) == ("AA", "M1")
    (entry,) = outlet.committed
    assert [(problem.reason, problem.origin) for problem in entry.problems] == [
        ("hl7.no_result", "127.0.0.1")
    ]
