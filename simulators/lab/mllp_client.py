"""An MLLP sender as analyzers have it: one message at a time, resent as it is until it is answered."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from simulators.lab.faults import ON_MLLP, Fault, Faults, replaced
from simulators.lab.host_query import Question, orders_in_hl7, taken

START_BLOCK, END_BLOCK = b"\x0b", b"\x1c\r"
MAX_ACK_BYTES = 64 * 1024
ACCEPTED, FAILED, REJECTED = ("AA", "CA"), ("AE", "CE"), ("AR", "CR")

# Bytes of a block without which it cannot be taken for another message: VT, MSH, its first separator, FS.
ENVELOPE = (0, 1, 2, 3, 4, -2)

Verdict = Literal["accepted", "rejected"]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds. The pause before try n is between half and all of min(longest, first * 2**n)."""

    ack_seconds: float = 10.0
    connect_seconds: float = 5.0
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 2.0

    def pause(self, attempt: int, rng: random.Random) -> float:
        """Seconds before the next try, jittered so that many analyzers do not come back at once."""
        longest = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(attempt, 20))
        return longest * rng.uniform(0.5, 1.0)


@dataclass(slots=True)
class SenderCounts:
    """What a sender did so far; ``resent`` counts every sending after the first of a message."""

    sent: int = 0
    resent: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    unanswered: int = 0
    connects: int = 0
    asked: int = 0
    asked_again: int = 0


@dataclass(slots=True)
class MllpSender:
    """Sends to one listener, connecting when needed; ``notice`` hears of connects and losses, once each.

    ``address``: what it dials from, "" for any.
    """

    host: str
    port: int
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rng: random.Random = field(default_factory=random.Random)
    notice: Callable[[str], None] = lambda text: None
    counts: SenderCounts = field(default_factory=SenderCounts)
    faults: Faults = field(default_factory=Faults)
    address: str = ""
    _streams: Streams | None = None
    _reachable: bool = True

    async def send(self, control_id: str, message: bytes) -> Verdict:
        """Send the same bytes until they are accepted or refused for good; cancel it to give up.

        AE is tried again on the same connection; no, a late or a foreign answer closes the connection
        first, so that its late ACK can never be taken for the next message's.
        """
        attempt = 0
        while True:
            code = await self._try(control_id, message, again=attempt > 0)
            if code in ACCEPTED:
                self.counts.accepted += 1
                return "accepted"
            if code in REJECTED:
                if not self.counts.rejected:
                    self.notice("rejected: is this machine in the hub's configuration? (--devices shows it)")
                self.counts.rejected += 1
                return "rejected"
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
            attempt += 1

    async def ask(self, question: Question) -> list[str]:
        """The tests that the hub orders for a specimen; asked again until it is answered."""
        attempt = 0
        while True:
            try:
                async with asyncio.timeout(self.policy.ack_seconds):
                    return await self._answer(question)
            except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError, NoAnswer) as error:
                self._lost(error)
                await self.close()
            self.counts.asked_again += 1
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
            attempt += 1

    async def _answer(self, question: Question) -> list[str]:
        reader, writer = await self._connection()
        writer.write(START_BLOCK + question.message + END_BLOCK)
        await writer.drain()
        answer = await _read_block(reader)
        code, asked = parse_acknowledgment(answer)
        if asked != question.control_id or code != "AA":
            raise WrongAnswer
        if question.law:
            answer = await _read_block(reader)
            ours = taken(answer.decode(), datetime.now(UTC), self.counts.asked_again)
            writer.write(START_BLOCK + ours + END_BLOCK)
            await writer.drain()
        return [test for _, test in orders_in_hl7(answer.decode())]

    async def close(self) -> None:
        """Close the connection, if there is one."""
        streams, self._streams = self._streams, None
        if streams is not None:
            await _hang_up(streams)

    async def _try(self, control_id: str, message: bytes, *, again: bool) -> str | None:
        """One sending; the acknowledgment code, or None when there was no answer to this message."""
        try:
            await self._connection()
        except (OSError, TimeoutError) as error:
            self._lost(error)
            return None
        self.counts.resent += again
        self.counts.sent += not again
        try:
            async with asyncio.timeout(self.policy.ack_seconds):
                code = await self._exchange(control_id, START_BLOCK + message + END_BLOCK)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError, NoAnswer) as error:
            self.counts.unanswered += 1
            self._lost(error)
            await self.close()
            return None
        self.counts.failed += code in FAILED
        return code

    async def _exchange(self, control_id: str, block: bytes) -> str:
        """Send a block with whatever fault is drawn for it; the code of its answer."""
        fault = self.faults.draw(ON_MLLP)
        if fault == "restart":
            return await self._restarted(control_id, block)
        reader, writer = await self._connection()
        await self._write(writer, block, fault)
        code = await _read_answer(reader, control_id)
        if fault == "swallowed_ack":  # it was there, but not for the sender
            raise NoAnswer("swallowed")
        return await _read_answer(reader, control_id) if fault == "resent" else code

    async def _write(self, writer: asyncio.StreamWriter, block: bytes, fault: Fault | None) -> None:
        match fault:
            case "split":
                for piece in self.faults.pieces(block):
                    writer.write(piece)
                    await writer.drain()
            case "delay":
                at = self.faults.place(block)
                writer.write(block[:at])
                await asyncio.sleep(self.faults.pause())
                writer.write(block[at:])
            case "truncate":  # and at once again, from the beginning
                writer.write(block[: self.faults.place(block)] + block)
            case "corrupt":
                writer.write(replaced(block, self.faults.rng.choice(ENVELOPE) % len(block)))
            case "cut":
                writer.write(self.faults.cut(block))
                await writer.drain()
                raise NoAnswer("cut")
            case "resent":  # before the answer to the first one came
                writer.write(block + block)
            case _:
                writer.write(block)
        await writer.drain()

    async def _restarted(self, control_id: str, block: bytes) -> str:
        """It dies in the middle and comes back on a new connection; nobody has closed the old one."""
        left, self._streams = await self._connection(), None
        try:
            left[1].write(block[: self.faults.place(block)])
            await left[1].drain()
            reader, writer = await self._connection()
            writer.write(block)
            await writer.drain()
            return await _read_answer(reader, control_id)
        finally:
            await _hang_up(left)

    async def _connection(self) -> Streams:
        if self._streams is None:
            local = (self.address, 0) if self.address else None
            async with asyncio.timeout(self.policy.connect_seconds):
                self._streams = await asyncio.open_connection(
                    self.host, self.port, limit=MAX_ACK_BYTES, local_addr=local
                )
            self.counts.connects += 1
            if not self._reachable or self.counts.connects == 1:
                self.notice(f"connected to {self.host}:{self.port}")
            self._reachable = True
        return self._streams

    def _lost(self, error: Exception) -> None:
        if isinstance(error, NoAnswer) and not isinstance(error, WrongAnswer):
            return  # a fault of ours: the listener is there
        if self._reachable:
            self.notice(f"no answer from {self.host}:{self.port} ({type(error).__name__}), will try again")
        self._reachable = False


async def _hang_up(streams: Streams) -> None:
    streams[1].close()
    with contextlib.suppress(OSError):
        await streams[1].wait_closed()


class NoAnswer(Exception):
    """Nothing came that the sender could take for an answer."""


class WrongAnswer(NoAnswer):
    """The listener answered something that is no acknowledgment of the message sent."""


async def _read_answer(reader: asyncio.StreamReader, control_id: str) -> str:
    """MSA-1 of the acknowledgment of ``control_id``; raises WrongAnswer for anything else."""
    code, acknowledged = parse_acknowledgment(await _read_block(reader))
    if acknowledged != control_id or code not in ACCEPTED + FAILED + REJECTED:
        raise WrongAnswer
    return code


async def _read_block(reader: asyncio.StreamReader) -> bytes:
    await reader.readuntil(START_BLOCK)
    block = await reader.readuntil(END_BLOCK)
    return block[: -len(END_BLOCK)]


def parse_acknowledgment(block: bytes) -> tuple[str, str]:
    """MSA-1 and MSA-2 of an ACK; raises WrongAnswer when there is no MSA."""
    for text in block.decode("utf-8", "replace").split("\r"):
        if text.startswith("MSA|"):
            fields = [*text.split("|"), "", ""]
            return fields[1], fields[2]
    raise WrongAnswer
