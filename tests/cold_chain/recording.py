"""An outlet in memory: what it was given, in order, and a switch that makes commits fail."""

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
    PeopleList,
    PeopleListName,
    Recalled,
    Screen,
    Snapshot,
    VisitPseudonyms,
)
from hub.errors import NotCommitted
from hub.payloads import Payload

S = TypeVar("S")


@dataclass
class RecordingOutlet:
    """``journal``: emit with its frame, quarantine with its reason, health with its state, as committed."""

    journal: list[tuple[object, ...]] = field(default_factory=list)
    queued: list[tuple[Fact, ...]] = field(default_factory=list)
    full: bool = False

    @property
    def pseudonyms(self) -> VisitPseudonyms:
        raise NotImplementedError("sensors name no people")

    def emit(
        self,
        *facts: Fact,
        frame: Frame | None = None,
        reply: bytes = b"",
        problems: Sequence[MalformedFrame] = (),
    ) -> Awaitable[bytes]:
        self.queued.append(facts)
        return self._commit("emit", frame, facts)

    def quarantine(
        self, malformed: MalformedFrame, reply: bytes = b"", *, attributed: bool = True
    ) -> Awaitable[bytes]:
        return self._commit("quarantine", malformed.reason, attributed)

    async def piece(self, raw: bytes, pieces: str) -> None:
        raise NotImplementedError("a sensor's message comes whole")

    async def unfinished(self) -> dict[str, bytes]:
        return {}

    async def orders(self, specimen: str | None) -> Sequence[Order]:
        raise NotImplementedError("nobody orders a temperature")

    async def handed_over(self, orders: Sequence[Order]) -> None:
        raise NotImplementedError("nobody orders a temperature")

    async def refused(self, orders: Sequence[Order], *, had: bool = False) -> None:
        raise NotImplementedError("nobody orders a temperature")

    async def next_orders(self) -> Sequence[Order]:
        raise NotImplementedError("nobody orders a temperature")

    async def ask(self, query: Frame) -> bytes | None:
        raise NotImplementedError("a sensor asks nothing")

    def people(self, name: PeopleListName) -> PeopleList:
        raise NotImplementedError("sensors name no people")

    def commands(self) -> AsyncIterator[DeviceCommand]:
        raise NotImplementedError("nobody commands a sensor")

    def show(self, screen: Screen) -> None:
        raise NotImplementedError("sensors have no screens")

    def snapshot(self, snapshot: Snapshot) -> None:
        raise NotImplementedError("sensors take no pictures")

    @property
    def looked_at(self) -> bool:
        return False

    async def keep(self, name: str, data: bytes) -> None:
        raise NotImplementedError("sensors keep no files")

    async def kept(self, name: str) -> bytes:
        raise NotImplementedError("sensors keep no files")

    async def recall(self, types: Sequence[type[Payload]], since_ms: int) -> Sequence[Recalled]:
        raise NotImplementedError("sensors look at nothing again")

    def shared(self, make: Callable[[], S]) -> S:
        raise NotImplementedError("sensors have nothing in common")

    @property
    def accepts(self) -> bool:
        return not self.full

    def health(self, state: DeviceState, reason: str = "") -> None:
        self.journal.append(("health", state, reason))

    def clock(self, offset_seconds: float) -> None:
        raise NotImplementedError("a sensor's clock is judged by what it measures")

    async def _commit(self, *what: object) -> bytes:
        if self.full:
            raise NotCommitted("full")
        self.journal.append(what)
        return b""
