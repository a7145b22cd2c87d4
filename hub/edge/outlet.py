"""hub.contract.Outlet for one device: facts become events, frames become sealed captures, one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

from hub.contract import (
    DeviceCommand,
    DeviceState,
    Fact,
    Frame,
    MalformedFrame,
    Order,
    PeopleList,
    PeopleListName,
    Recalled,
    Screen,
    Snapshot,
    VisitPseudonyms,
)
from hub.edge.command_shelf import CommandShelf
from hub.edge.counters import MessageCounters
from hub.edge.device_pictures import DevicePictures, EdgePictures
from hub.edge.encoder import Made, Origin, encode, new_capture_id, note
from hub.edge.frame_identity import FrameIdentity
from hub.edge.in_common import InCommon
from hub.edge.people_kept import no_list
from hub.edge.recalled import recalled
from hub.entropy import Entropy
from hub.errors import NoAnswer, NotCommitted
from hub.events import UNATTRIBUTED
from hub.metrics import Histogram
from hub.payloads import (
    CameraHealth,
    CommandResult,
    GateDecision,
    Passage,
    Payload,
    Quarantined,
    ZoneCount,
)
from hub.spool import CaptureRecord, Committed, Contents, Emitted, EventRecord, ProblemRecord, Spool
from hub.streams.clock import now_ms

Ask = Callable[[Frame], Awaitable[bytes | None]]
StateHeard = Callable[[DeviceState, str], None]
S = TypeVar("S")
# What a gate decides, sees pass and counts is no word of its scanner; nor is what we find out about a camera.
_OF_OURS = frozenset(
    payload.TYPE for payload in (CameraHealth, CommandResult, GateDecision, Passage, ZoneCount)
)


@dataclass(slots=True)
class Draft:
    """What one transaction will write."""

    events: list[EventRecord]
    emitted: list[Emitted]
    problems: tuple[ProblemRecord, ...] = ()


class DeviceOutlet:
    """``told`` hears every state the adapter reports; ``spoke`` that the device sent something usable.

    ``forwards``: ids of those that every whole message is owed to, understood or not.
    ``ask``: passes a host query on to the hospital's own system; None: no forward takes queries.
    ``asked``: the forward that does it, so that queries are not owed to it.
    ``timed`` hears how far the device's clock is ahead, in seconds; ``shown`` what its screens are to show.
    """

    def __init__(
        self,
        spool: Spool,
        pseudonyms: VisitPseudonyms,
        origin: Origin,
        adapter: str,
        told: StateHeard,
        spoke: Callable[[int], None],
        durations: Histogram,
        forwards: tuple[str, ...] = (),
        ask: Ask | None = None,
        asked: str = "",
        timed: Callable[[float], None] = lambda _: None,
        shown: Callable[[Screen], None] = lambda _: None,
        in_common: InCommon | None = None,
        lists: Callable[[PeopleListName], PeopleList] = no_list,
        pictures: DevicePictures | None = None,
    ) -> None:
        self.spool = spool
        self.origin = origin
        self.adapter = adapter
        self.counters = MessageCounters()
        self.shelf = CommandShelf(self._ended, now_ms)
        self._pseudonyms = pseudonyms
        self._told = told
        self._timed = timed
        self._in_common = in_common or InCommon()
        self._lists = lists
        self._shown = shown
        self._pictures = pictures or _beside(spool, origin.device)
        self._spoke = spoke
        self._durations = durations
        self._forwards = forwards
        self._ask = ask
        self._owed_queries = tuple(each for each in forwards if each != asked)
        self._entropy = Entropy()
        self._identity = FrameIdentity(spool.sealer.identity_key, self.counters)

    @property
    def pseudonyms(self) -> VisitPseudonyms:
        return self._pseudonyms

    def emit(
        self,
        *facts: Fact,
        frame: Frame | None = None,
        reply: bytes = b"",
        problems: Sequence[MalformedFrame] = (),
    ) -> Awaitable[bytes]:
        if problems and frame is None:
            raise ValueError("problems are parts of a frame: without it their bytes would be lost")
        received_ms = now_ms()
        capture = new_capture_id(self._entropy, received_ms)
        draft = self._draft(self.origin, facts, problems, capture if frame else b"", received_ms)
        record = None
        if frame:
            owed = () if frame.answer else self._owed_queries if frame.query else self._forwards
            record = self._capture(self.origin, frame, reply, capture, received_ms, draft, owed)
        return self._commit(draft, record, reply, received_ms)

    def quarantine(
        self, malformed: MalformedFrame, reply: bytes = b"", *, attributed: bool = True
    ) -> Awaitable[bytes]:
        origin = self.origin if attributed else replace(self.origin, device=UNATTRIBUTED)
        received_ms = now_ms()
        capture = new_capture_id(self._entropy, received_ms)
        draft = self._draft(origin, (), (malformed,), capture, received_ms)
        frame = Frame(malformed.raw, malformed.control, malformed.origin, malformed.pieces)
        record = self._capture(origin, frame, reply, capture, received_ms, draft, reason=malformed.reason)
        return self._commit(draft, record, reply, received_ms)

    def piece(self, raw: bytes, pieces: str) -> Awaitable[None]:
        return self.spool.keep_piece(pieces, self.origin.device, raw, now_ms())

    def unfinished(self) -> Awaitable[dict[str, bytes]]:
        return self.spool.unfinished(self.origin.device)

    async def orders(self, specimen: str | None) -> Sequence[Order]:
        found = await self.spool.orders.to_measure(self.origin.site, self.origin.device, specimen)
        self.counters.queries_found += bool(found)
        self.counters.queries_empty += not found
        return found

    async def handed_over(self, orders: Sequence[Order]) -> None:
        await self.spool.orders.hand_over(orders, self.origin.device, now_ms())

    async def refused(self, orders: Sequence[Order], *, had: bool = False) -> None:
        await self.spool.orders.refuse(orders, self.origin.device, now_ms(), had=had)
        self.counters.orders_refused += len(orders)

    async def next_orders(self) -> Sequence[Order]:
        return await self.spool.orders.next_of(self.origin.site, self.origin.device)

    async def ask(self, query: Frame) -> bytes | None:
        if self._ask is None:
            return None
        try:
            answer = await self._ask(query)
        except NoAnswer:
            self.counters.queries_unanswered += 1
            raise
        self.counters.queries_passed += answer is not None
        return answer

    def commands(self) -> AsyncIterator[DeviceCommand]:
        return self.shelf.commands()

    async def _ended(self, result: CommandResult) -> None:
        await self.spool.commit([note(self.origin, result, result.command, now_ms())])

    def people(self, name: PeopleListName) -> PeopleList:
        return self._lists(name)

    async def recall(self, types: Sequence[type[Payload]], since_ms: int) -> Sequence[Recalled]:
        return await recalled(self.spool, types, since_ms)

    def shared(self, make: Callable[[], S]) -> S:
        return self._in_common.of(make)

    @property
    def accepts(self) -> bool:
        return not self.spool.books.full

    def health(self, state: DeviceState, reason: str = "") -> None:
        self._told(state, reason)

    def clock(self, offset_seconds: float) -> None:
        self._timed(offset_seconds)

    def show(self, screen: Screen) -> None:
        self._shown(screen)

    def snapshot(self, snapshot: Snapshot) -> None:
        self._pictures.take(snapshot)

    @property
    def looked_at(self) -> bool:
        return self._pictures.looked_at

    def keep(self, name: str, data: bytes) -> Awaitable[None]:
        return self._pictures.keep(name, data)

    def kept(self, name: str) -> Awaitable[bytes]:
        return self._pictures.kept(name)

    def _draft(
        self,
        origin: Origin,
        facts: Sequence[Fact],
        problems: Sequence[MalformedFrame],
        capture: bytes,
        received_ms: int,
    ) -> Draft:
        draft = Draft([], [])
        name = capture.hex()
        for part, fact in enumerate(facts):
            record, emitted = encode(origin, fact, Made(received_ms, name, part))
            draft.events.append(record)
            draft.emitted.append(emitted)
        if problems:
            draft.problems = tuple(ProblemRecord(part, p.reason, p.place) for part, p in enumerate(problems))
            draft.events += self.quarantine_notes(origin, name, problems, received_ms)
        return draft

    def quarantine_notes(
        self, origin: Origin, capture: str, problems: Sequence[MalformedFrame], received_ms: int
    ) -> list[EventRecord]:
        """One quarantine.v1 a problem: a code and a place, never the bytes."""
        made = Made(received_ms, capture)
        return [
            encode(
                origin,
                Fact(
                    Quarantined(
                        capture, self.adapter, problem.reason, len(problem.raw), "WAITING", problem.place
                    ),
                    f"{capture}/{part}",
                    received_ms,
                    "received",
                ),
                made,
            )[0]
            for part, problem in enumerate(problems)
        ]

    def _capture(
        self,
        origin: Origin,
        frame: Frame,
        reply: bytes,
        capture: bytes,
        received_ms: int,
        draft: Draft,
        forwards: tuple[str, ...] = (),
        reason: str = "",
    ) -> CaptureRecord:
        contents = Contents(frame.raw, frame.control, frame.origin, reply, draft.emitted)
        identity = self._identity.of(origin.device, frame, reason)
        return CaptureRecord(
            capture, origin.device, self.adapter, received_ms, identity, contents, frame.pieces, forwards
        )

    def _commit(
        self, draft: Draft, capture: CaptureRecord | None, reply: bytes, received_ms: int
    ) -> Awaitable[bytes]:
        self.counters.received += 1
        began = perf_counter()

        def settled(committed: Committed | None) -> None:
            self._count(committed, draft, received_ms, began)

        try:
            return self.spool.exchange(draft.events, capture, draft.problems, reply, settled)
        except NotCommitted:
            self.counters.refused += 1
            raise

    def _count(self, committed: Committed | None, draft: Draft, received_ms: int, began: float) -> None:
        if committed is None:
            self.counters.refused += 1
            return
        self.counters.committed += 1
        self._durations.observe(perf_counter() - began)
        self.counters.repeated += committed.repeated
        self.counters.identical += committed.identical
        self.counters.quarantined += 0 if committed.repeated else len(draft.problems)
        self.counters.facts += len(draft.emitted)
        if any(emitted.type not in _OF_OURS for emitted in draft.emitted):
            self._spoke(received_ms)


def _beside(spool: Spool, device: str) -> DevicePictures:
    """For a device without an edge around it."""
    return EdgePictures(spool.path.parent, lambda: spool.sealer).of(device, kept=True)
