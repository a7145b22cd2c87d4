"""An outlet whose store is a list: it commits, repeats replies, can be held back and can refuse."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hub.contract import (
    DeviceCommand,
    DeviceState,
    Fact,
    Frame,
    MalformedFrame,
    Order,
    PeopleListName,
    Recalled,
    Screen,
    Snapshot,
)
from hub.edge.command_shelf import CommandShelf
from hub.edge.in_common import InCommon
from hub.errors import NoAnswer, StoreUnavailable
from hub.payloads import CommandResult, Payload
from hub.streams import now_ms
from tests.conformance.memory_pseudonyms import MemoryPseudonyms

S = TypeVar("S")


@dataclass
class Committed:
    """What one transaction stored."""

    facts: tuple[Fact, ...] = ()
    frame: Frame | None = None
    problems: tuple[MalformedFrame, ...] = ()
    malformed: MalformedFrame | None = None
    attributed: bool = True


@dataclass
class MemoryPeople:
    """A list of people; ``said``: by pseudonym."""

    said: dict[str, int] = field(default_factory=dict)
    version: str = "0123456789abcdef"
    received_ms: int = 0

    def find(self, person: str) -> int | None:
        return self.said.get(person) if self.version else None


@dataclass
class MemoryOutlet:
    """``hold()`` keeps every commit waiting until ``release()``; ``refuse`` makes them fail.

    ``waiting``: orders, given until they are handed over (to a query of their specimen also after that).
    ``unreadable``: neither can be looked up.
    ``lis``: what answers a query that is passed on: bytes, None for no forward, or an exception.
    ``shelf`` takes commands, ``answers`` are how they ended. ``in_common``: given to the outlets of one edge.
    ``snapshots`` and ``files``: what it was given to keep.
    """

    refuse: bool = False
    pseudonyms: MemoryPseudonyms = field(default_factory=MemoryPseudonyms)
    committed: list[Committed] = field(default_factory=list)
    states: list[tuple[DeviceState, str]] = field(default_factory=list)
    clock_offsets: list[float] = field(default_factory=list)
    pieces: dict[str, bytes] = field(default_factory=dict)
    queued: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    waiting: list[Order] = field(default_factory=list)
    unreadable: bool = False
    handed: list[Order] = field(default_factory=list)
    refusals: list[Order] = field(default_factory=list)
    asked: list[Frame] = field(default_factory=list)
    answers: list[CommandResult] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    looked_at: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    lis: bytes | NoAnswer | None = None
    in_common: InCommon = field(default_factory=InCommon)
    device: str = "device-01"
    lists: dict[PeopleListName, MemoryPeople] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shelf = CommandShelf(self._answered, now_ms)
        self._open = asyncio.Event()
        self._open.set()
        self._placed = asyncio.Event()
        self._replies: dict[tuple[str, bytes], bytes] = {}

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    @property
    def facts(self) -> list[Fact]:
        return [fact for committed in self.committed for fact in committed.facts]

    @property
    def quarantined(self) -> list[MalformedFrame]:
        return [entry.malformed for entry in self.committed if entry.malformed is not None]

    def emit(
        self,
        *facts: Fact,
        frame: Frame | None = None,
        reply: bytes = b"",
        problems: Sequence[MalformedFrame] = (),
    ) -> Awaitable[bytes]:
        key = (frame.control, frame.raw) if frame is not None else None
        return self._commit(Committed(facts, frame, tuple(problems)), reply, key)

    def quarantine(
        self, malformed: MalformedFrame, reply: bytes = b"", *, attributed: bool = True
    ) -> Awaitable[bytes]:
        return self._commit(Committed(malformed=malformed, attributed=attributed), reply, None)

    def piece(self, raw: bytes, pieces: str) -> Awaitable[None]:
        self.queued.put_nowait(None)
        return asyncio.ensure_future(self._kept(raw, pieces))

    async def unfinished(self) -> dict[str, bytes]:
        return dict(self.pieces)

    def place(self, *orders: Order) -> None:
        self.waiting += orders
        self._placed.set()

    async def orders(self, specimen: str | None) -> Sequence[Order]:
        self._require_readable()
        if specimen is None:
            return [order for order in self.waiting if not order.cancelled][:100]
        known = [*self.handed, *(order for order in self.waiting if order not in self.handed)]
        return [order for order in known if order.specimen == specimen and not order.cancelled]

    def handed_over(self, orders: Sequence[Order]) -> Awaitable[None]:
        self.queued.put_nowait(None)
        return asyncio.ensure_future(self._hand_over(orders))

    def refused(self, orders: Sequence[Order], *, had: bool = False) -> Awaitable[None]:
        self.queued.put_nowait(None)
        return asyncio.ensure_future(self._refuse(orders, had=had))

    def _require_readable(self) -> None:
        if self.unreadable:
            raise StoreUnavailable("unreadable by the test")

    async def next_orders(self) -> Sequence[Order]:
        self._require_readable()
        while not (found := [order for order in self.waiting if order not in self.refusals][:100]):
            self._placed.clear()
            await self._placed.wait()
        return found

    async def ask(self, query: Frame) -> bytes | None:
        self.asked.append(query)
        if isinstance(self.lis, NoAnswer):
            raise self.lis
        return self.lis

    async def _refuse(self, orders: Sequence[Order], *, had: bool) -> None:
        await self._open.wait()
        if self.refuse:
            raise StoreUnavailable("refused by the test")
        self.refusals += orders
        if had:
            self.waiting += [order for order in orders if order in self.handed]
            self.handed = [order for order in self.handed if order not in orders]

    async def _hand_over(self, orders: Sequence[Order]) -> None:
        await self._open.wait()
        if self.refuse:
            raise StoreUnavailable("refused by the test")
        self.handed += [order for order in orders if order not in self.handed]
        self.waiting = [order for order in self.waiting if order not in orders]

    @property
    def accepts(self) -> bool:
        return not self.refuse

    async def _kept(self, raw: bytes, pieces: str) -> None:
        await self._open.wait()
        if self.refuse:
            raise StoreUnavailable("refused by the test")
        self.pieces[pieces] = self.pieces.get(pieces, b"") + raw

    def health(self, state: DeviceState, reason: str = "") -> None:
        self.states.append((state, reason))

    def clock(self, offset_seconds: float) -> None:
        self.clock_offsets.append(offset_seconds)

    def people(self, name: PeopleListName) -> MemoryPeople:
        return self.lists.setdefault(name, MemoryPeople(version=""))

    async def recall(self, types: Sequence[type[Payload]], since_ms: int) -> Sequence[Recalled]:
        self._require_readable()
        told = [Recalled(self.device, fact.payload, fact.time_ms, fact.time_ms) for fact in self.facts]
        return [each for each in told if type(each.payload) in types and each.received_ms >= since_ms]

    def shared(self, make: Callable[[], S]) -> S:
        return self.in_common.of(make)

    def commands(self) -> AsyncIterator[DeviceCommand]:
        return self.shelf.commands()

    async def _answered(self, result: CommandResult) -> None:
        await self._open.wait()
        if self.refuse:
            raise StoreUnavailable("refused by the test")
        self.answers.append(result)

    def show(self, screen: Screen) -> None:
        self.screens.append(screen)

    def snapshot(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    async def keep(self, name: str, data: bytes) -> None:
        await self._open.wait()
        if self.refuse:
            raise StoreUnavailable("refused by the test")
        self.files[name] = data

    async def kept(self, name: str) -> bytes:
        return self.files.get(name, b"")

    def _commit(self, entry: Committed, reply: bytes, key: tuple[str, bytes] | None) -> Awaitable[bytes]:
        self.queued.put_nowait(None)
        return asyncio.ensure_future(self._stored(entry, reply, key))

    async def _stored(self, entry: Committed, reply: bytes, key: tuple[str, bytes] | None) -> bytes:
        await self._open.wait()
        if self.refuse:
            raise StoreUnavailable("refused by the test")
        if key is not None and key in self._replies:
            return self._replies[key]
        self.committed.append(entry)
        whole = entry.frame or entry.malformed
        if whole is not None:
            self.pieces.pop(whole.pieces, None)
        if key is not None:
            self._replies[key] = reply
        return reply
