"""The load: MLLP senders with one message in flight each, in a process of their own.

It makes every message and connects first, prints ``ready``, waits for a line on standard input, and
prints one JSON object (``Outcome``). Latency counts from the send; with ``--rate`` from the moment the
message was due, so that a server that stands still cannot hide it.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.bench.parts.message import END, START, Sample, answer_of, samples
from tests.bench.parts.panel import panels

PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Outcome:
    """Seconds of wall clock from the first send to the last answer; latencies in ms."""

    acked: int = 0
    refused: int = 0
    wrong_id: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0

    @property
    def faults(self) -> int:
        """Whatever was not a positive answer to its own message."""
        return self.refused + self.wrong_id + self.unanswered


@dataclass(slots=True)
class Work:
    """What waits to be sent, who is free to send it, and what came back."""

    total: int
    outcome: Outcome = field(default_factory=Outcome)
    waiting: deque[tuple[Sample, float | None]] = field(default_factory=deque)
    idle: deque["Line"] = field(default_factory=deque)
    latencies: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, sample: Sample, due: float | None) -> None:
        if self.idle:
            self.idle.popleft().send(sample, due)
        else:
            self.waiting.append((sample, due))

    def answered(self, line: "Line", block: bytes) -> None:
        assert line.sample is not None
        self.latencies.append(time.perf_counter() - line.since)
        code, name = answer_of(block)
        if name != line.sample.control_id:
            self.outcome.wrong_id += 1
        elif code == "AA":
            self.outcome.acked += 1
        else:
            self.outcome.refused += 1
        if self.waiting:
            line.send(*self.waiting.popleft())
        else:
            self.idle.append(line)
        if len(self.latencies) == self.total:
            self.done.set()

    def finish(self, began: float) -> Outcome:
        outcome, latencies = self.outcome, sorted(self.latencies)
        outcome.seconds = time.perf_counter() - began
        outcome.unanswered = self.total - len(latencies)
        if latencies:
            outcome.p50_ms = 1000 * latencies[len(latencies) // 2]
            outcome.p99_ms = 1000 * latencies[int(len(latencies) * 0.99)]
            outcome.max_ms = 1000 * latencies[-1]
        return outcome


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.sample: Sample | None = None
        self.since = 0.0
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.work.done.set()  # what is not answered by now will not be

    def send(self, sample: Sample, due: float | None) -> None:
        assert self._transport is not None
        self.sample = sample
        self.since = time.perf_counter() if due is None else due
        self._transport.write(sample.block)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._buffer.endswith(END):
            block, self._buffer = self._buffer.removeprefix(START).removesuffix(END), b""
            self.work.answered(self, block)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def generate(port: int, connections: int, load: Sequence[Sample], rate: float) -> Outcome:
    """Send ``load`` in a closed loop, or ``rate`` messages a second in all."""
    work = Work(len(load))
    loop = asyncio.get_running_loop()
    lines = [
        (await loop.create_connection(lambda: Line(work), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    work.idle.extend(lines)
    sending = asyncio.create_task(_offer(work, load, rate, began))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS + (len(load) / rate if rate else 0)):
            await work.done.wait()
    except TimeoutError:
        print("the server does not answer", file=sys.stderr)
    sending.cancel()
    outcome = work.finish(began)
    for line in lines:
        line.close()
    return outcome


async def _offer(work: Work, load: Sequence[Sample], rate: float, began: float) -> None:
    for number, sample in enumerate(load):
        due = began + number / rate if rate else None
        if due is not None and (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        work.offer(sample, due)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second; 0: a closed loop")
    parser.add_argument("--rows", type=int, choices=(3, 8), default=3, help="OBX of a message")
    asked = parser.parse_args()
    load = (samples if asked.rows == 3 else panels)(asked.prefix, asked.count)
    print(json.dumps(asdict(asyncio.run(generate(asked.port, asked.connections, load, asked.rate)))))


if __name__ == "__main__":
    main()
