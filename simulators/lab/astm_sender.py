"""An E1381 sender as analyzers have it: a session is sent until every frame of it was acknowledged."""

import asyncio
import contextlib
import os
import random
import termios
import tty
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from simulators.lab.faults import Faults
from simulators.lab.host_query import Question, orders_in_records
from simulators.lab.mllp_client import RetryPolicy, SenderCounts, Verdict

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
FRAME_TEXT_BYTES = 240
STALE_BYTES = 64 * 1024
MAX_TRIES = 6  # of one frame (E1381 6.5.1.2)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class SessionLost(Exception):
    """The session is over before its last frame was acknowledged: all of it has to be sent again."""


def frames(records: bytes) -> list[bytes]:
    """Frames of 240 bytes, cut wherever that falls, as GeneXpert cuts them."""
    parts = [records[at : at + FRAME_TEXT_BYTES] for at in range(0, len(records), FRAME_TEXT_BYTES)]
    return [
        _frame(number, part, ETX if number == len(parts) else ETB) for number, part in enumerate(parts, 1)
    ]


def _frame(number: int, text: bytes, end: bytes) -> bytes:
    covered = f"{number % 8}".encode() + text + end
    return STX + covered + f"{sum(covered) & 255:02X}".encode() + b"\r\n"


async def open_tcp(host: str, port: int) -> Streams:
    """A line over TCP; raises OSError."""
    return await asyncio.open_connection(host, port)


async def open_line(path: str) -> Streams:
    """A serial line, 9600 8N1; raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(descriptor)
    settings = termios.tcgetattr(descriptor)
    settings[tty.ISPEED] = settings[tty.OSPEED] = termios.B9600
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    incoming = os.fdopen(descriptor, "rb", buffering=0)
    outgoing = os.fdopen(os.dup(descriptor), "wb", buffering=0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), incoming)
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), outgoing
    )
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


@dataclass(slots=True)
class AstmSender:
    """Sends over one line, opening it when needed; ``line`` names it, ``open`` gives its streams."""

    line: str
    open: Callable[[], Awaitable[Streams]]
    faults: Faults
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    rng: random.Random = field(default_factory=random.Random)
    notice: Callable[[str], None] = lambda text: None
    counts: SenderCounts = field(default_factory=SenderCounts)
    _streams: Streams | None = None
    _reachable: bool = True

    async def send(self, control_id: str, message: bytes) -> Verdict:
        """Send the session until it was taken; cancel it to give up. ``control_id`` is in the records."""
        attempt = 0
        while True:
            self.counts.resent += attempt > 0
            self.counts.sent += attempt == 0
            try:
                await self._session(frames(message))
            except SessionLost:
                self.counts.failed += 1
            except (OSError, TimeoutError, EOFError) as error:
                self._lost(error)
                await self.close()
            else:
                self.counts.accepted += 1
                return "accepted"
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
            attempt += 1

    async def ask(self, question: Question) -> list[str]:
        """The tests that the hub orders for a specimen; asked again until it has told them in a session."""
        attempt = 0
        while True:
            try:
                await self._session(frames(question.message))
                return orders_in_records(await self._host_session())
            except SessionLost:
                pass  # the line is there
            except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
                self._lost(error)
                await self.close()
            self.counts.asked_again += 1
            await asyncio.sleep(self.policy.pause(attempt, self.rng))
            attempt += 1

    async def _host_session(self) -> str:
        """What the host says between its ENQ and EOT, each frame acknowledged; a repeated one counts once."""
        while await self._answer() != ENQ:
            pass
        await self._write(ACK)
        text, last = b"", b""
        while (first := await self._answer()) != EOT:
            if first == STX:
                frame = await self._frame()
                right = f"{sum(frame[:-4]) & 255:02X}".encode() == frame[-4:-2]
                if right and frame != last:
                    text, last = text + frame[1:-5], frame
                await self._write(ACK if right else NAK)
        return text.decode("utf-8", "replace")

    async def _frame(self) -> bytes:
        """The rest of a frame, behind its STX."""
        reader, _ = await self._opened()
        async with asyncio.timeout(self.policy.ack_seconds):
            return await reader.readuntil(b"\r\n")

    async def close(self) -> None:
        """Close the line, if it is open."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with contextlib.suppress(OSError):
                await streams[1].wait_closed()

    async def _session(self, sent: list[bytes]) -> None:
        await self._forget_answers()
        if await self._ask(ENQ) != ACK:
            await self._give_up("turned away")
        for frame in sent:
            await self._deliver(frame)
        await self._write(EOT)

    async def _deliver(self, frame: bytes) -> None:
        answer = await self._first_try(frame)
        for _ in range(MAX_TRIES - 1):
            if answer == ACK:
                return
            answer = await self._ask(frame)
        if answer != ACK:
            await self._give_up("frame refused")

    async def _first_try(self, frame: bytes) -> bytes:
        """Once, with whatever fault is drawn for it; the answer."""
        fault = self.faults.draw()
        if fault in {"cut", "restart"}:
            await self._break_off(frame, hang_up=fault == "cut")
        match fault:
            case "split":
                for piece in self.faults.pieces(frame):
                    await self._write(piece)
                return await self._answer()
            case "delay":
                return await self._late(frame)
            case "truncate":  # and at once again, from the beginning
                return await self._ask(frame[: self.faults.place(frame)] + frame)
            case "corrupt":
                return await self._ask(self.faults.corrupted(frame))
            case "wrong_checksum":
                return await self._ask(frame[:-4] + b"0G\r\n")
            case "swallowed_ack":  # it was there, but not for the sender
                await self._ask(frame)
            case "resent":  # before the answer to the first one came
                await self._write(frame)
                answers = await self._ask(frame), await self._answer()
                return answers[1]
        return await self._ask(frame)

    async def _late(self, frame: bytes) -> bytes:
        at = self.faults.place(frame)
        await self._write(frame[:at])
        await asyncio.sleep(self.faults.pause())
        return await self._ask(frame[at:])

    async def _break_off(self, frame: bytes, *, hang_up: bool) -> None:
        """In the middle of a frame by hanging up, or before it by beginning the session anew."""
        if hang_up:
            await self._write(self.faults.cut(frame))
            await self.close()
        raise SessionLost("cut" if hang_up else "restart")

    async def _give_up(self, why: str) -> None:
        await self._write(EOT)
        raise SessionLost(why)

    async def _ask(self, data: bytes) -> bytes:
        await self._write(data)
        return await self._answer()

    async def _answer(self) -> bytes:
        reader, _ = await self._opened()
        async with asyncio.timeout(self.policy.ack_seconds):
            return await reader.readexactly(1)

    async def _forget_answers(self) -> None:
        """What came too late for the session before is no answer to this one."""
        reader, _ = await self._opened()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await reader.read(STALE_BYTES)

    async def _write(self, data: bytes) -> None:
        _, writer = await self._opened()
        writer.write(data)
        await writer.drain()

    async def _opened(self) -> Streams:
        if self._streams is None:
            async with asyncio.timeout(self.policy.connect_seconds):
                self._streams = await self.open()
            self.counts.connects += 1
            if not self._reachable or self.counts.connects == 1:
                self.notice(f"connected to {self.line}")
            self._reachable = True
        return self._streams

    def _lost(self, error: Exception) -> None:
        self.counts.unanswered += 1
        if self._reachable:
            self.notice(f"no answer from {self.line} ({type(error).__name__}), will try again")
        self._reachable = False
