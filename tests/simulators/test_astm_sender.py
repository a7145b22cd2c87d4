"""The ASTM sender against a listener that plays a script."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from simulators.lab.astm_sender import ACK, ENQ, EOT, AstmSender, frames, open_tcp
from simulators.lab.faults import Faults
from simulators.lab.mllp_client import RetryPolicy

NAK = b"\x15"
QUICK = RetryPolicy(ack_seconds=0.3, first_pause_seconds=0.001, longest_pause_seconds=0.01)
RECORDS = b"H|\\^&\rR|1|" + b"x" * 300 + b"\rL|1|N\r"
FRAMES = frames(RECORDS)


@dataclass
class Script:
    """Each connection plays one line: its answers in turn, then it is cut; the last one says ACK to all."""

    lines: deque[list[bytes]]
    sessions: list[list[bytes]] = field(default_factory=list)
    ended: list[asyncio.Event] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard: list[bytes] = []
        self.sessions.append(heard)
        ended = asyncio.Event()
        self.ended.append(ended)
        answers = self.lines.popleft() if self.lines else None
        try:
            while True:
                first = await reader.readexactly(1)
                heard.append(first if first in (ENQ, EOT) else first + await reader.readuntil(b"\r\n"))
                if answers is not None and not answers:
                    writer.transport.abort()
                    return
                if first != EOT:
                    writer.write(ACK if answers is None else answers.pop(0))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            ended.set()


@asynccontextmanager
async def playing(*lines: list[bytes]) -> AsyncIterator[Script]:
    script = Script(deque(lines))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    async with server:
        yield script


async def deliver(script: Script) -> AstmSender:
    sender = AstmSender(
        "line", partial(open_tcp, "127.0.0.1", script.port), Faults(), QUICK, random.Random(1)
    )
    async with asyncio.timeout(60):
        assert await sender.send("C1", RECORDS) == "accepted"
        await sender.close()
        for ended in script.ended:
            await ended.wait()
    return sender


async def test_a_session_is_its_frames_between_enq_and_eot() -> None:
    async with playing() as script:
        await deliver(script)
    assert script.sessions == [[ENQ, *FRAMES, EOT]]


@pytest.mark.parametrize(
    "answers",
    [[], [ACK], [ACK, ACK], [NAK * 5], [ACK + NAK * 40, NAK]],
    ids=["enq", "first", "second", "turned-away", "late-refusals"],
)
async def test_a_line_that_is_cut_is_opened_again_and_the_whole_session_sent(answers: list[bytes]) -> None:
    async with playing(list(answers)) as script:
        await deliver(script)
    assert len(script.sessions) == 2
    assert script.sessions[-1][-len(FRAMES) - 2 :] == [ENQ, *FRAMES, EOT]


async def test_a_refused_frame_is_sent_again_and_nothing_else() -> None:
    async with playing([ACK, NAK, NAK, ACK, ACK, ACK]) as script:
        sender = await deliver(script)
    assert script.sessions == [[ENQ, FRAMES[0], FRAMES[0], FRAMES[0], FRAMES[1], EOT]]
    assert sender.counts.resent == 0


async def test_a_frame_that_is_refused_six_times_ends_the_session() -> None:
    async with playing([ACK, *[NAK] * 6, *[ACK] * 9]) as script:
        sender = await deliver(script)
    assert script.sessions == [[ENQ, *[FRAMES[0]] * 6, EOT, ENQ, *FRAMES, EOT]]
    assert (sender.counts.resent, sender.counts.failed) == (1, 1)
