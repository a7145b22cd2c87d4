"""The routes of one terminal: its requests become scans, and its answer comes after the last commit."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from adapters.qr_gates import gate_http_answers as answers
from adapters.qr_gates.decisions.decide import Decision
from adapters.qr_gates.dialects import hikvision, plain, zkteco, zkteco_access
from adapters.qr_gates.dialects.form_parts import without_pictures
from adapters.qr_gates.dialects.terminal_clock import TerminalClock
from adapters.qr_gates.dialects.told_scan import NoScan, Told, ToldScan, Unintelligible
from adapters.qr_gates.gate import Gate
from adapters.qr_gates.gate_http_config import GateHttpConfig
from adapters.qr_gates.pictures.code_pictures import KINDS, UnreadablePicture, code_in
from hub.contract import Frame, MalformedFrame, Outlet
from hub.errors import NotCommitted
from hub.streams import HttpAnswer, HttpRequest, Silence, now_ms

MOST_WAITING = 16
AT_ONCE = 32  # scans of one message whose commits wait together
ANSWER_SECONDS = 15.0  # who carries the request waits for 20 s


class Terminal(Protocol):
    """What the door needs of an adapter."""

    config: GateHttpConfig
    outlet: Outlet
    gate: Gate


class GateDoor:
    """One gate's. A picture is decoded in a thread, one at a time."""

    def __init__(self, terminal: Terminal) -> None:
        self.config = terminal.config
        self.outlet = terminal.outlet
        self.gate = terminal.gate
        self.clock = TerminalClock()
        self.silence = Silence(self.config.silence_seconds, self.gate.condition.line)
        self.waiting = 0
        self.turn = asyncio.Lock()

    async def take(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request: success when all of it is on disk."""
        if not request.keyed and not self.config.knows(request.peer):
            return answers.stranger()
        self.silence.heard()
        if self.waiting >= MOST_WAITING:
            return answers.later(429, "gate.busy", answers.BUSY_SECONDS)
        self.waiting += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._take(request)
        except NotCommitted:
            return answers.later(503, "gate.not_committed", answers.DISK_SECONDS)
        except TimeoutError:
            return answers.later(503, "gate.unfinished", answers.UNFINISHED_SECONDS)
        finally:
            self.waiting -= 1

    async def _take(self, request: HttpRequest) -> HttpAnswer:
        kind = request.headers.get("content-type", "")
        if request.path != self.config.path:
            is_zkteco = self.config.dialect == "zkteco"
            return await (self._zkteco(request) if is_zkteco else self._hikvision(request.body, kind))
        is_picture = kind.partition(";")[0].strip().lower() in KINDS
        return await (self._picture(request.body) if is_picture else self._plain(request.body))

    async def _hikvision(self, body: bytes, kind: str) -> HttpAnswer:
        read = partial(hikvision.told, body, kind, self.config.timezone)
        await self._pushed(read, without_pictures(body))
        return answers.ok()

    async def _zkteco(self, request: HttpRequest) -> HttpAnswer:
        what = request.path.rpartition("/")[2]
        match zkteco.wanted(request.method, what, request.query):
            case "greeting":
                return answers.ok(zkteco.greeting(self.config.serial, self._zone_hours()))
            case "access greeting":
                return answers.ok(zkteco_access.greeting(self.config.serial))
            case "registration":
                return answers.ok(zkteco_access.registered(self.config.serial))
            case "scans":
                read = partial(zkteco.told, request.body, self.config.serial, self.config.timezone)
                count = await self._pushed(read, request.body)
                return answers.ok() if count is None else answers.ok(zkteco.accepted(count))
            case "access scans":
                read = partial(zkteco_access.told, request.body, self.config.serial, self.config.timezone)
                await self._pushed(read, request.body)
            case "unknown":
                await self._keep(NoScan(without_pictures(request.body), "zkteco.unknown_table", "table"))
        return answers.ok()

    async def _pushed(self, read: Callable[[], list[Told]], body: bytes) -> int | None:
        """How many scans a terminal told; None: nobody understands it, and it is kept.

        Refused, the terminal would send it for ever.
        """
        try:
            told = read()
        except Unintelligible as error:
            await self._keep(NoScan(body, error.reason, error.place))
            return None
        await self._all(told)
        return len(told)

    def _zone_hours(self) -> int:
        """Ahead of UTC, now; the protocol knows whole hours only."""
        here = datetime.fromtimestamp(now_ms() / 1000, UTC).astimezone(self.config.timezone)
        return round((here.utcoffset() or timedelta()).total_seconds() / 3600)

    async def _plain(self, body: bytes) -> HttpAnswer:
        try:
            scan = plain.told(body, self.config.timezone)
        except Unintelligible as error:
            await self._keep(NoScan(body, error.reason, error.place))
            return answers.refused(error.reason, error.place)
        (decision,) = await self._all([scan])
        return answers.decided(decision)

    async def _picture(self, picture: bytes) -> HttpAnswer:
        try:
            async with self.turn:
                code = await asyncio.to_thread(code_in, picture)
        except UnreadablePicture as error:
            return answers.refused(error.reason)
        except ImportError:
            return answers.no_extra()
        (decision,) = await self._all([ToldScan(code)])
        return answers.decided(decision)

    async def _all(self, told: Sequence[Told]) -> list[Decision]:
        """In their order, all committed; raises NotCommitted when one was not."""
        timed = [each.device_ms for each in told if isinstance(each, ToldScan) and each.device_ms]
        if timed and (offset := self.clock.hear(timed[-1], now_ms())) is not None:
            self.gate.clock(offset)
        decisions: list[Decision] = []
        for first in range(0, len(told), AT_ONCE):
            some = told[first : first + AT_ONCE]
            ends = await asyncio.gather(*(self._one(each) for each in some), return_exceptions=True)
            for end in ends:
                if isinstance(end, BaseException):
                    raise end
            decisions += [end for end in ends if isinstance(end, Decision)]
        return decisions

    async def _one(self, told: Told) -> Decision | None:
        if isinstance(told, NoScan):
            await self._keep(told)
            return None
        return await self.gate.scanned(Frame(told.code), now_ms(), told.device_ms)

    async def _keep(self, part: NoScan) -> None:
        origin = f"{self.config.dialect} {now_ms()}"
        await self.outlet.quarantine(MalformedFrame(part.raw, part.reason, part.place, origin=origin))
