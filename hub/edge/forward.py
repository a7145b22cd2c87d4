"""One ``[[forward]]``: captures of a device, as they came, to the hospital's own system, in commit order.

Its queue is in the spool (hub.spool.forwards), so nothing here is durable: killed in the middle, the one
message that was outstanding goes out once more. It never delays an answer to the analyzer, and nothing of
a message goes to the bus, the store or the log.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from hub.contract import Sender, Settled
from hub.edge.courier import Line, Unanswered, dialled, folder
from hub.errors import ConfigError, DeviceUnavailable, NotCommitted, OperatorError
from hub.mqtt.tls import trusting
from hub.spool import ForwardBook, Owed, Spool
from hub.streams.clock import now_ms
from hub.supervisor import Backoff, keep_running

STALLED_SECONDS = 900.0
Alarm = Callable[[str, Literal["info", "warning", "critical"], str], None]
Opener = Callable[[Callable[[str], None]], AbstractAsyncContextManager[Line]]
"""Opens a line, given who hears of answers that settle nothing."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """``to``: a URL. ``tries``: how often one message is sent in vain before it is given up, 0: for ever."""

    id: str
    device: str
    to: str
    ca_file: Path | None = None
    answer_seconds: float = 30.0
    retry_seconds: float = 5.0
    retry_longest_seconds: float = 300.0
    tries: int = 20


@dataclass(slots=True)
class ForwardCounters:
    """Since the start; ``trouble``: why nothing is delivered just now, "" when it is."""

    delivered: int = 0
    repeated: int = 0
    dead: int = 0
    dropped: int = 0
    connected: bool = False
    trouble: str = ""
    delivered_ms: int = 0


@dataclass(slots=True)
class Forward:
    """``run`` serves until cancelled."""

    settings: ForwardSettings
    spool: Spool
    open_line: Opener
    alarm: Alarm
    counters: ForwardCounters = field(default_factory=ForwardCounters)
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _decided: asyncio.Event = field(default_factory=asyncio.Event)
    _failing_since: float | None = None
    _stalled: bool = False

    def __post_init__(self) -> None:
        self.spool.forwards.listen(self.settings.id, self._heard)

    @property
    def book(self) -> ForwardBook:
        return self.spool.forwards.book(self.settings.id)

    async def run(self) -> None:
        await keep_running(
            self._serve,
            name=f"forward[{self.settings.id}]",
            retried=(DeviceUnavailable, NotCommitted),
            backoff=self._backoff,
            failed=self._failed,
        )

    @property
    def _backoff(self) -> Backoff:
        settings = self.settings
        return Backoff(settings.retry_seconds, settings.retry_longest_seconds)

    async def _serve(self) -> None:
        """One line after the other; none stands before something waits."""
        while True:
            await self._until_owed()
            async with self.open_line(self._dropped) as line:
                self.counters.connected = True
                try:
                    while await self._goes_on(line):
                        await self._deliver(line)
                finally:
                    self.counters.connected = False

    async def _until_owed(self) -> None:
        while not self.book.waiting:
            self._well()
            self._more.clear()
            await self._more.wait()

    async def _goes_on(self, line: Line) -> bool:
        """Something waits, and the line stands; False when it ended in peace."""
        if self.book.waiting:
            return True
        owed = asyncio.ensure_future(self._until_owed())
        ended = asyncio.ensure_future(line.ended())
        try:
            await asyncio.wait({owed, ended}, return_when=asyncio.FIRST_COMPLETED)
            return owed.done()
        finally:
            for task in (owed, ended):
                task.cancel()
            await asyncio.wait({owed, ended})
            if not ended.cancelled():
                ended.exception()  # a line that was reset while nothing was outstanding is no failure

    async def _deliver(self, line: Line) -> None:
        """The head of the queue, once."""
        owed = await self.spool.forwards.head(self.settings.id)
        if owed is None:
            await self.spool.forwards.load()  # the books say otherwise: read them anew
            return
        try:
            capture = await self.spool.load_capture(owed.capture)
        except OperatorError:
            await self._give_up(owed, "capture.unreadable")
            return
        await line.ready()
        self.counters.repeated += owed.tries > 0
        try:
            settled = await line.deliver(capture.contents.raw, capture.id.hex())
        except Unanswered as error:
            await self._again(owed, str(error))
            raise
        await self._settle(owed, settled)

    async def _settle(self, owed: Owed, settled: Settled) -> None:
        match settled.outcome:
            case "DELIVERED":
                await self.spool.forwards.settle(
                    self.settings.id, owed.n, "DELIVERED", settled.code, now_ms()
                )
                self.counters.delivered += 1
                self.counters.delivered_ms = now_ms()
                self._well()
            case "REFUSED":
                await self._give_up(owed, settled.code)
                self._well()
            case "AGAIN":
                kept = await self._again(owed, settled.code)
                self._failed(settled.code)
                if settled.hang_up:
                    raise DeviceUnavailable(settled.code)
                if kept:
                    await self._pause(self._backoff.delay(owed.tries))

    async def _again(self, owed: Owed, code: str) -> bool:
        """Whether it stays at the head of the queue."""
        if self.settings.tries and owed.tries + 1 >= self.settings.tries:
            await self._give_up(owed, code)
            return False
        return await self.spool.forwards.settle(self.settings.id, owed.n, "WAITING", code, now_ms())

    async def _give_up(self, owed: Owed, code: str) -> None:
        if await self.spool.forwards.settle(self.settings.id, owed.n, "DEAD", code, now_ms()):
            self.counters.dead += 1
            if self.book.dead == 1:  # one alarm for all until somebody has dealt with them
                self.alarm(
                    "forward.dead_letter", "warning", f"{self.settings.id}: a message was given up ({code})"
                )

    async def _pause(self, seconds: float) -> None:
        """Until the time is over or somebody changed the queue."""
        self._decided.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._decided.wait()
        except TimeoutError:
            pass

    def _heard(self, by_hand: bool) -> None:
        self._more.set()
        if by_hand:
            self._decided.set()

    def _dropped(self, code: str) -> None:
        self.counters.dropped += 1
        log.warning("answer dropped", extra={"forward": self.settings.id, "reason": code})

    def _failed(self, reason: str) -> None:
        now = asyncio.get_running_loop().time()
        self.counters.trouble = reason
        self._failing_since = now if self._failing_since is None else self._failing_since
        if not self._stalled and now - self._failing_since >= STALLED_SECONDS:
            self._stalled = True
            waiting = self.book.waiting
            self.alarm(
                "forward.stalled", "critical", f"{self.settings.id}: {reason}; {waiting} messages wait"
            )

    def _well(self) -> None:
        self.counters.trouble, self._failing_since, self._stalled = "", None, False


def opener(settings: ForwardSettings, senders: Mapping[str, Callable[[float], Sender]]) -> Opener:
    """How lines to ``to`` are opened, each with a sender of its own; raises ConfigError."""
    url = urlsplit(settings.to)
    if url.scheme == "file":
        return lambda _: folder(Path(unquote(url.path)))
    make, host, port = senders.get(url.scheme), url.hostname, url.port
    if make is None or not host or not port:
        raise ConfigError(f"forward {settings.id}: what this device sends cannot go to {url.scheme}://")
    tls = trusting(settings.ca_file) if url.scheme.endswith("s") else None
    return lambda dropped: dialled(host, port, tls, make(settings.answer_seconds), dropped)
