"""Drives an E1381 link over one open line: bytes and time in, commits and answers out.

A piece, or a whole message, is on disk before its ACK; what the link calls Ended is quarantined. Pieces
that were left behind when we were killed are quarantined at the next start.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from adapters.lab_analyzers.astm.events import Ended, Event, Message, Noted, Outcome, Piece, Reply, Stray
from adapters.lab_analyzers.astm.link import Link
from adapters.lab_analyzers.astm.outgoing import Outgoing
from adapters.lab_analyzers.astm.policy import Policy
from adapters.lab_analyzers.astm.queries import is_query
from hub.contract import Frame, MalformedFrame, Outlet
from hub.errors import EventTooLarge, NotCommitted
from hub.streams import Connection

READ_BYTES = 64 * 1024
END_SECONDS = 0.5  # cancel ends within a second
COMMIT_SECONDS = 10.0  # the sender waits fifteen for our answer (E1381 6.5.2.3)
ANSWER_SECONDS = 60.0  # GeneXpert gives a query up then; what comes later it did not ask for
MOST_ANSWERS = 8  # of one line at once; E1394 12 allows one query outstanding
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query is told. ``taken`` hears that the device has it; it may raise NotCommitted."""

    records: bytes
    taken: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a line's messages go.

    ``line``: the outlet of the line itself, for pieces and for what is nobody's. ``take`` commits a
    whole message, ``keep`` quarantines; both raise NotCommitted. ``answer`` finds what a query is told, b""
    if nothing can be said; None: it takes back what was asked before. It is cancelled with the line.
    """

    line: Outlet
    take: Callable[[Frame], Awaitable[bytes]]
    keep: Callable[[MalformedFrame], Awaitable[bytes]]
    answer: Callable[[Frame], Awaitable[Answer | None]]


class AstmLine:
    """One connection; ``run`` ends with it."""

    def __init__(self, connection: Connection, policy: Policy, desk: Desk) -> None:
        self.noted: Counter[str] = Counter()
        self._connection = connection
        self._link = Link(policy)
        self._policy = policy
        self._desk = desk
        self._pieces = ""
        self._asked = asyncio.Event()
        self._to_send: list[Outgoing] = []
        self._taken_back: list[object] = []
        self._answers: set[asyncio.Task[None]] = set()
        self._sending: dict[object, asyncio.Future[str]] = {}
        self._closed = False
        self._now = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Until the line ends; a line that is lost ends it too."""
        reading: asyncio.Future[bytes] | None = None
        try:
            while True:
                reading = reading or asyncio.ensure_future(self._connection.reader.read(READ_BYTES))
                if not await self._turn(reading):
                    return
                reading = None if reading.done() else reading
        except OSError as error:
            log.info("connection lost", extra={"peer": self._connection.peer, "reason": type(error).__name__})
        finally:
            if reading:
                reading.cancel()
            await self._end()

    async def send(self, records: bytes, patience_seconds: float | None = None) -> str:
        """Deliver a message to the device: "" when its last frame was acknowledged, else why not.

        Not begun within ``patience_seconds``, or when cancelled before, it is not sent at all.
        """
        if self._closed:
            return "astm.line_closed"
        token = object()
        sent: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._sending[token] = sent
        self._to_send.append(Outgoing(records, token, self._policy))
        self._asked.set()
        try:
            await asyncio.wait({sent}, timeout=patience_seconds)
        finally:
            if not sent.done():
                self._taken_back.append(token)
                self._asked.set()
        return await sent

    async def _end(self) -> None:
        """What is left is kept; it is in its pieces already when there is no time for that."""
        self._closed = True
        for answering in self._answers:
            answering.cancel()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._handle(self._link.close())
        except TimeoutError:
            log.warning("not kept", extra={"peer": self._connection.peer, "reason": "no commit in time"})
        for token in list(self._sending):
            self._settle(token, "astm.line_closed")
        if self.noted:
            log.info("line closed", extra={"peer": self._connection.peer, "noted": dict(self.noted)})

    def _settle(self, token: object, failure: str) -> None:
        if failure:
            self.noted[failure] += 1
        sending = self._sending.pop(token, None)
        if sending and not sending.done():
            sending.set_result(failure)

    async def _turn(self, reading: asyncio.Future[bytes]) -> bool:
        """What comes first: bytes, a message of ours, or a deadline. False at the end of the line."""
        asked = asyncio.ensure_future(self._asked.wait())
        first: set[asyncio.Future[Any]] = {reading, asked}
        deadline = self._link.deadline
        patience = None if deadline is None else max(0.0, deadline - self._now())
        await asyncio.wait(first, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        self._link.open_to_messages = self._desk.line.accepts
        if reading.done():
            data = reading.result()
            if not data:
                return False
            await self._handle(self._link.receive(data, self._now()))
        self._asked.clear()
        while self._to_send:
            await self._handle(self._link.send(self._to_send.pop(0), self._now()))
        while self._taken_back:
            await self._handle(self._link.withdraw(self._taken_back.pop(0)))
        await self._handle(self._link.tick(self._now()))
        return True

    async def _handle(self, events: list[Event]) -> None:
        """In order; a commit gives further events, which come before what follows it."""
        waiting = list(events)
        while waiting:
            event = waiting.pop(0)
            match event:
                case Reply(data):
                    await self._say(data)
                case Piece(text):
                    waiting[:0] = await self._committed(self._keep_piece(text))
                case Message(text, answered):
                    waiting[:0] = await self._committed(self._take(text))
                    if not answered:
                        self._pieces = ""  # also when it was refused: they are told at the next start
                case Ended(text, reason):
                    await self._keep(text, reason, self._pieces)
                    self._pieces = ""
                case Stray(raw, reason):
                    await self._keep(raw, reason)
                case Outcome(token, failure):
                    self._settle(token, failure)
                case Noted(code):
                    self.noted[code] += 1

    async def _say(self, data: bytes) -> None:
        if not self._connection.writer.is_closing():
            self._connection.writer.write(data)
            await self._connection.writer.drain()

    async def _committed(self, commit: Awaitable[object]) -> list[Event]:
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await commit
        except (NotCommitted, TimeoutError) as error:
            log.warning("not committed", extra={"peer": self._connection.peer, "reason": str(error)})
            return self._link.refused(self._now())
        return self._link.committed(self._now())

    async def _keep_piece(self, text: bytes) -> None:
        self._pieces = self._pieces or uuid4().hex
        await self._desk.line.piece(text, self._pieces)

    async def _take(self, text: bytes) -> None:
        asks = is_query(text)
        frame = Frame(text, origin=self._connection.peer, pieces=self._pieces, query=asks)
        try:
            await self._desk.take(frame)
        except EventTooLarge:
            await self._desk.keep(self._malformed(text, "event.too_large", self._pieces))
        self._pieces = ""
        if asks and len(self._answers) < MOST_ANSWERS:
            task = asyncio.create_task(self._answer(frame), name=f"answer[{self._connection.peer}]")
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        elif asks:
            self.noted["astm.too_many_queries"] += 1

    async def _answer(self, query: Frame) -> None:
        """An answer that could not be sent is not sent later: the device asks again."""
        answer = await self._desk.answer(query)
        if answer is None:
            for older in self._answers - {asyncio.current_task()}:
                older.cancel()
            return
        if answer.records and not await self.send(answer.records, ANSWER_SECONDS):
            try:
                await answer.taken()
            except NotCommitted as error:
                log.warning("not noted", extra={"peer": self._connection.peer, "reason": str(error)})

    async def _keep(self, raw: bytes, reason: str, pieces: str = "") -> None:
        """Nobody waits for an answer: what cannot be stored now is in its pieces already."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._desk.keep(self._malformed(raw, reason, pieces))
        except (NotCommitted, TimeoutError) as error:
            log.warning("not kept", extra={"peer": self._connection.peer, "reason": str(error)})

    def _malformed(self, raw: bytes, reason: str, pieces: str) -> MalformedFrame:
        return MalformedFrame(raw, reason, f"byte {len(raw)}", origin=self._connection.peer, pieces=pieces)


async def keep_unfinished(outlet: Outlet, *, attributed: bool) -> None:
    """Before a line is opened: what was acknowledged piece by piece when we were killed is quarantined.

    A store that takes nothing now keeps the pieces for the next start; ENQ is answered NAK meanwhile.
    """
    for name, raw in (await outlet.unfinished()).items():
        left = MalformedFrame(raw, "astm.unfinished", f"byte {len(raw)}", pieces=name)
        try:
            await outlet.quarantine(left, attributed=attributed)
        except NotCommitted as error:
            log.warning("not kept", extra={"reason": str(error)})
            return
