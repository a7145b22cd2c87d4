"""An MLLP sender as analyzers have it: one message at a time, resent as it is until it is answered."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

START_BLOCK, END_BLOCK = b"\x0b", b"\x1c\r"
MAX_ACK_BYTES = 64 * 1024
ACCEPTED, FAILED, REJECTED = ("AA", "CA"), ("AE", "CE"), ("AR", "CR")

Verdict = Literal["accepted", "rejected"]


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


@dataclass(slots=True)
class MllpSender:
    """Sends to one listener, connecting when needed; ``notice`` hears of connects and losses, once each."""

    host: str
    port: int
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rng: random.Random = field(default_factory=random.Random)
    notice: Callable[[str], None] = lambda text: None
    counts: SenderCounts = field(default_factory=SenderCounts)
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
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
                self.counts.rejected += 1
                return "rejected"
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
            attempt += 1

    async def close(self) -> None:
        """Close the connection, if there is one."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _try(self, control_id: str, message: bytes, *, again: bool) -> str | None:
        """One sending; the acknowledgment code, or None when there was no answer to this message."""
        try:
            reader, writer = await self._connection()
        except (OSError, TimeoutError) as error:
            self._lost(error)
            return None
        self.counts.resent += again
        self.counts.sent += not again
        try:
            async with asyncio.timeout(self.policy.ack_seconds):
                writer.write(START_BLOCK + message + END_BLOCK)
                await writer.drain()
                code = await _read_answer(reader, control_id)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError, WrongAnswer) as error:
            self.counts.unanswered += 1
            self._lost(error)
            await self.close()
            return None
        self.counts.failed += code in FAILED
        return code

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None:
            async with asyncio.timeout(self.policy.connect_seconds):
                streams = await asyncio.open_connection(self.host, self.port, limit=MAX_ACK_BYTES)
            self._reader, self._writer = streams
            self.counts.connects += 1
            if not self._reachable or self.counts.connects == 1:
                self.notice(f"connected to {self.host}:{self.port}")
            self._reachable = True
        return self._reader, self._writer

    def _lost(self, error: Exception) -> None:
        if self._reachable:
            self.notice(f"no answer from {self.host}:{self.port} ({type(error).__name__}), will try again")
        self._reachable = False


class WrongAnswer(Exception):
    """The listener answered something that is no acknowledgment of the message sent."""


async def _read_answer(reader: asyncio.StreamReader, control_id: str) -> str:
    """MSA-1 of the acknowledgment of ``control_id``; raises WrongAnswer for anything else."""
    await reader.readuntil(START_BLOCK)
    block = await reader.readuntil(END_BLOCK)
    code, acknowledged = parse_acknowledgment(block[: -len(END_BLOCK)])
    if acknowledged != control_id or code not in ACCEPTED + FAILED + REJECTED:
        raise WrongAnswer
    return code


def parse_acknowledgment(block: bytes) -> tuple[str, str]:
    """MSA-1 and MSA-2 of an ACK; raises WrongAnswer when there is no MSA."""
    for text in block.decode("utf-8", "replace").split("\r"):
        if text.startswith("MSA|"):
            fields = [*text.split("|"), "", ""]
            return fields[1], fields[2]
    raise WrongAnswer
