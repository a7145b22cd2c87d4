"""The sender against a listener that plays a script: what it does to each block it gets."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from simulators.lab.mllp_client import MllpSender, RetryPolicy, WrongAnswer, parse_acknowledgment

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
QUICK = RetryPolicy(ack_seconds=0.2, connect_seconds=2, first_pause_seconds=0.001, longest_pause_seconds=0.01)
PATIENT = RetryPolicy(ack_seconds=30, first_pause_seconds=0.001, longest_pause_seconds=0.01)
MESSAGE = b"MSH|^~\\&|A|B|C|D|20210805||ORU^R01|M1|P|2.5.1\rPID|1\r"


def ack(code: str, control_id: str) -> bytes:
    return f"\x0bMSH|^~\\&|C|D|A|B|20210805||ACK|9|P|2.5.1\rMSA|{code}|{control_id}\r\x1c\r".encode()


def answer(code: str = "AA", control_id: str = "M1") -> Answer:
    async def write(block: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack(code, control_id))

    return write


async def nothing(block: bytes, writer: asyncio.StreamWriter) -> None:
    """The block is taken and its ACK is lost."""


async def hang_up(block: bytes, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def byte_by_byte(block: bytes, writer: asyncio.StreamWriter) -> None:
    for value in ack("AA", "M1"):
        writer.write(bytes([value]))
        await writer.drain()
        await asyncio.sleep(0)


async def endless(block: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x0b" + b"x" * 300_000)


async def no_msa(block: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x0bMSH|^~\\&|\r\x1c\r")


@dataclass
class Script:
    """``events`` tells connects, blocks and closed connections as the listener saw them."""

    answers: deque[Answer]
    blocks: list[bytes] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events.append("connect")
        try:
            while True:
                block = await reader.readuntil(b"\x1c\r")
                self.blocks.append(block)
                self.events.append("block")
                await self.answers.popleft()(block, writer)
        except (asyncio.IncompleteReadError, OSError):
            self.events.append("closed")
            self.closed.set()
        finally:
            writer.close()


@asynccontextmanager
async def playing(*answers: Answer) -> AsyncIterator[Script]:
    script = Script(deque(answers))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    async with server:
        yield script


def sender(script: Script, policy: RetryPolicy = PATIENT) -> MllpSender:
    return MllpSender("127.0.0.1", script.port, policy, random.Random(1))


async def test_one_block_one_answer() -> None:
    async with playing(answer()) as script:
        client = sender(script)
        assert await client.send("M1", MESSAGE) == "accepted"
        await client.close()
    assert script.blocks == [b"\x0b" + MESSAGE + b"\x1c\r"]


async def test_a_lost_ack_brings_the_same_bytes_again_on_a_new_connection() -> None:
    async with playing(nothing, answer()) as script:
        client = sender(script, QUICK)
        assert await client.send("M1", MESSAGE) == "accepted"
        await client.close()
    assert script.blocks[0] == script.blocks[1]
    assert script.events.count("connect") == 2
    assert (client.counts.sent, client.counts.resent, client.counts.unanswered) == (1, 1, 1)


@pytest.mark.parametrize(
    "first", [answer("AA", "M0"), answer("AA", ""), answer("XX"), no_msa, endless, hang_up]
)
async def test_what_is_no_answer_to_this_message_closes_the_connection_before_the_resend(
    first: Answer,
) -> None:
    async def only_when_the_first_is_closed(block: bytes, writer: asyncio.StreamWriter) -> None:
        await script.closed.wait()
        writer.write(ack("AA", "M1"))

    async with playing(first, only_when_the_first_is_closed) as script:
        client = sender(script)
        assert await client.send("M1", MESSAGE) == "accepted"
        await client.close()
    assert script.events.count("connect") == 2
    assert script.blocks[0] == script.blocks[1]
    assert client.counts.accepted == 1


async def test_an_ack_in_single_bytes_is_one_ack() -> None:
    async with playing(byte_by_byte) as script:
        client = sender(script)
        assert await client.send("M1", MESSAGE) == "accepted"
        await client.close()
    assert len(script.blocks) == 1


async def test_application_error_is_tried_again_on_the_same_connection() -> None:
    async with playing(answer("AE"), answer("AE"), answer("AA")) as script:
        client = sender(script)
        assert await client.send("M1", MESSAGE) == "accepted"
        await client.close()
    assert script.events.count("connect") == 1
    assert client.counts.failed == 2


async def test_a_rejected_message_is_not_sent_again() -> None:
    async with playing(answer("AR"), answer("AA", "M2")) as script:
        client, notices = sender(script), list[str]()
        client.notice = notices.append
        assert await client.send("M1", MESSAGE) == "rejected"
        assert await client.send("M2", MESSAGE) == "accepted"
        await client.close()
    assert len(script.blocks) == 2
    assert [text.split()[0] for text in notices] == ["connected", "rejected:"]


async def test_a_listener_that_comes_late_is_found() -> None:
    async with playing(answer()) as script:
        port = script.port
    absent = asyncio.Event()
    notices: list[str] = []

    def notice(text: str) -> None:
        notices.append(text)
        absent.set()

    client = MllpSender("127.0.0.1", port, PATIENT, random.Random(1), notice)
    sending = asyncio.create_task(client.send("M1", MESSAGE))
    await absent.wait()
    script = Script(deque([answer()]))
    server = await asyncio.start_server(script.serve, "127.0.0.1", port)
    async with server:
        assert await sending == "accepted"
        await client.close()
    assert [text.split()[0] for text in notices] == ["no", "connected"]


async def test_a_cancelled_sender_gives_up() -> None:
    arrived = asyncio.Event()

    async def swallow(block: bytes, writer: asyncio.StreamWriter) -> None:
        arrived.set()

    async with playing(swallow) as script:
        client = sender(script)
        sending = asyncio.create_task(client.send("M1", MESSAGE))
        await arrived.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await client.close()


def test_pauses_grow_up_to_the_longest_and_are_jittered() -> None:
    policy, rng = RetryPolicy(first_pause_seconds=0.1, longest_pause_seconds=2), random.Random(1)
    pauses = [policy.pause(attempt, rng) for attempt in range(2000)]
    assert 0.05 <= pauses[0] <= 0.1
    assert all(1.0 <= pause <= 2.0 for pause in pauses[5:])
    assert len(set(pauses[5:])) > 1000


def test_acknowledgments() -> None:
    assert parse_acknowledgment(b"MSH|^~\\&|\rMSA|AA|M1|text\rERR|\r") == ("AA", "M1")
    assert parse_acknowledgment(b"MSH|\rMSA|CA") == ("CA", "")
    with pytest.raises(WrongAnswer):
        parse_acknowledgment(b"MSH|^~\\&|\r")
