"""Analyzers under load: several MLLP connections that send every message until it is acknowledged.

Each message has a control id and a specimen of its own and two tests; it is sent again, byte by byte
the same, after a lost line, a silence or a negative answer. The ledger is what the store is held to.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from tests.fire.patience import until

TESTS = ("94500-6", "92142-9")  # LOINC: SARS-CoV-2 RNA, influenza A RNA
ANSWER_SECONDS = 5.0
RECONNECT_SECONDS = 0.05
LARGEST_ANSWER_BYTES = 65536
START, END = b"\x0b", b"\x1c\r"
Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""How to reach the listener: another way than by loopback, for an edge that is on a host of its own."""


@dataclass(slots=True)
class Ledger:
    """``sent`` and ``acknowledged``: control id -> specimen.

    ``answer_seconds``: from send to ACK, of messages that were acknowledged at the first try.
    """

    sent: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    answer_seconds: list[float] = field(default_factory=list)
    resends: int = 0

    def facts(self, control_ids: dict[str, str]) -> set[tuple[str, str]]:
        """(specimen, test) of these messages."""
        return {(specimen, test) for specimen in control_ids.values() for test in TESTS}

    def p99_ms(self) -> float:
        ordered = sorted(self.answer_seconds)
        return ordered[int(len(ordered) * 0.99)] * 1000 if ordered else 0.0


class Analyzers:
    """``tag`` makes ids unique; ``pace_seconds`` is each connection's pause between messages; ``clock``
    gives the time of each result."""

    def __init__(
        self,
        port: int,
        tag: str,
        *,
        connections: int = 6,
        pace_seconds: float = 0.02,
        dial: Dial | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.port = port
        self.tag = tag
        self.dial = dial or self._by_loopback
        self.clock = clock
        self.connections = connections
        self.pace_seconds = pace_seconds
        self.ledger = Ledger()
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = count(1)
        self._bytes: dict[str, bytes] = {}

    def start(self) -> None:
        """Start, or start again after ``finish``."""
        self._ending.clear()
        self._tasks = [
            asyncio.create_task(self._analyzer(), name=f"analyzer[{number}]")
            for number in range(self.connections)
        ]

    async def more(self, further: int, seconds: float = 120) -> None:
        """Return after ``further`` more acknowledgements."""
        goal = len(self.ledger.acknowledged) + further
        await until(lambda: self._count() >= goal, f"{further} more acknowledgements", seconds)

    async def finish(self, seconds: float = 120) -> None:
        """Make no new message; return when every message that was sent is acknowledged."""
        self._ending.set()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*self._tasks)

    async def repeat(self, messages: int) -> None:
        """Send the oldest messages again, byte by byte the same, as an analyzer that missed the ACK."""
        line = _Line(self.dial)
        try:
            for control in list(self.ledger.acknowledged)[:messages]:
                assert await line.ask(self._bytes[control], control) == "AA"
        finally:
            line.hang_up()

    async def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _by_loopback(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=LARGEST_ANSWER_BYTES)

    def _count(self) -> int:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error
        return len(self.ledger.acknowledged)

    async def _analyzer(self) -> None:
        line = _Line(self.dial)
        try:
            while not self._ending.is_set():
                number = next(self._numbers)
                await self._deliver(line, f"C{self.tag}-{number}", f"S{self.tag}-{number}")
                await asyncio.sleep(self.pace_seconds)
        finally:
            line.hang_up()

    async def _deliver(self, line: "_Line", control: str, specimen: str) -> None:
        message = self._bytes[control] = oru(control, specimen, self.clock())
        ledger = self.ledger
        ledger.sent[control] = specimen
        tries = 0
        while True:
            began = time.perf_counter()
            answer = await line.ask(message, control)
            ledger.answers[answer] += 1
            if answer == "AA":
                ledger.acknowledged[control] = specimen
                if not tries:
                    ledger.answer_seconds.append(time.perf_counter() - began)
                return
            tries += 1
            ledger.resends += 1
            await asyncio.sleep(RECONNECT_SECONDS)


class _Line:
    """One connection; dialled when it is needed, hung up after anything but an answer."""

    def __init__(self, dial: Dial) -> None:
        self.dial = dial
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, message: bytes, control: str) -> str:
        """MSA-1 of the answer, or what happened instead of one."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await self._dial()
                writer.write(START + message + END)
                await writer.drain()
                answer = await reader.readuntil(END)
        except TimeoutError:
            self.hang_up()
            return "no answer"
        except (OSError, asyncio.IncompleteReadError):
            self.hang_up()
            return "line lost"
        return _msa(answer, control)

    def hang_up(self) -> None:
        if self._open:
            self._open[1].close()
        self._open = None

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._open is None:
            self._open = await self.dial()
        return self._open


def oru(control: str, specimen: str, at: datetime) -> bytes:
    """One ORU^R01 with a detected and a not detected result, unframed."""
    stamp = at.strftime("%Y%m%d%H%M%S+0000")
    segments = [
        f"MSH|^~\\&|FIRE|LAB|EPIHUB|DN|{stamp}||ORU^R01^ORU_R01|{control}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||P{specimen}^^^BV^MR||Nguyễn^Thử Lửa||19800101|F",
    ]
    for number, (test, call) in enumerate(zip(TESTS, ("260373001", "260415000"), strict=True), 1):
        segments.append(f"OBR|{number}|O{specimen}|{specimen}|{test}^PCR^LN")
        segments.append(f"OBX|1|CWE|{test}^PCR^LN||{call}^PCR^SCT||||||F|||{stamp}")
    return ("\r".join(segments) + "\r").encode()


def _msa(answer: bytes, control: str) -> str:
    """MSA-1; AssertionError when the answer is to another message."""
    msa = next(segment for segment in answer.split(b"\r") if segment.startswith(b"MSA|")).split(b"|")
    assert msa[2].decode() == control, f"answer to {msa[2]!r} instead of {control}"
    return msa[1].decode()
