"""The contract between epihub and an adapter: all that an adapter may rely on.

An adapter turns a device's bytes into facts. It never retries, sleeps, restarts or answers a
device before ``emit`` returned: the hub restarts it, and the reply that ``emit`` returns is on
disk together with everything it vouches for.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from hub.device_command import DeviceCommand
from hub.errors import NotTaken
from hub.facts import (
    DeviceConfig,
    Fact,
    Frame,
    Interpretation,
    MalformedFrame,
    Order,
    Picture,
    Recalled,
    Screen,
    Snapshot,
    SnapshotKind,
    TimeSource,
)
from hub.payloads import DeviceState, Payload
from hub.people.records import Doses, PeopleListName, doses_of
from hub.people_named import PeopleList, Pseudonyms, VisitPseudonyms
from hub.secret import Secret
from hub.sending import Answered, Dropped, Offered, Sender, Settled, Step, Transmit

__all__ = [
    "Adapter", "Answered", "Codec", "DeviceCommand", "DeviceConfig", "DeviceState", "Doses", "Dropped",
    "Fact", "Frame", "Interpretation", "MalformedFrame", "Offered", "Order", "Outlet", "PeopleList",
    "PeopleListName", "Picture", "Pseudonyms", "Recalled", "Screen", "Secret", "Sender", "Settled",
    "Snapshot", "SnapshotKind", "Step", "TimeSource", "Transmit", "VisitPseudonyms", "doses_of",
]  # fmt: skip

S = TypeVar("S")


class Codec(Protocol):
    """Link framing without I/O: any cut of the same bytes gives the same frames."""

    def feed(self, data: bytes) -> Iterator[Frame | MalformedFrame]: ...

    def flush(self) -> Iterator[Frame | MalformedFrame]:
        """The line fell silent (``idle_seconds``) or closed: give what the silence completes."""
        ...

    def close(self) -> Iterator[Frame | MalformedFrame]:
        """The line closed or a frame took too long: give every byte that is left."""
        ...

    def reply(self, frame: Frame | MalformedFrame, *, accepted: bool) -> bytes:
        """The answer to ``frame``; ``accepted`` means committed, for a malformed one kept as it came."""
        ...

    @property
    def pending(self) -> bool:
        """Whether a frame has begun and not ended."""
        ...


class Outlet(Protocol):
    """Where an adapter puts what it has; awaiting means: on disk, in one transaction."""

    @property
    def pseudonyms(self) -> VisitPseudonyms: ...

    def emit(
        self,
        *facts: Fact,
        frame: Frame | None = None,
        reply: bytes = b"",
        problems: Sequence[MalformedFrame] = (),
    ) -> Awaitable[bytes]:
        """Commit the capture of ``frame``, all facts, all problems and ``reply``; give the reply to send.

        A frame that was committed before (same control id and bytes) gives the stored reply and
        nothing else. Raises NotCommitted: nothing was stored. Calls queue at once, in order.
        """
        ...

    def quarantine(
        self, malformed: MalformedFrame, reply: bytes = b"", *, attributed: bool = True
    ) -> Awaitable[bytes]:
        """Commit bytes nobody understands; not ``attributed`` when it is unknown whose they are."""
        ...

    def piece(self, raw: bytes, pieces: str) -> Awaitable[None]:
        """Commit a piece of a message that is not whole yet, under a name that no other message has.

        The frame of the whole message, or the malformed one that is left of it, names its ``pieces``.
        """
        ...

    def unfinished(self) -> Awaitable[dict[str, bytes]]:
        """Pieces of messages that never became whole (we were killed), joined, by their names."""
        ...

    def orders(self, specimen: str | None) -> Awaitable[Sequence[Order]]:
        """What this device is to measure on ``specimen``, None: all that waits; 100 at most, oldest first.

        A specimen's orders are given again at each query, without the tests that have a final result.
        Raises NotCommitted: they cannot be read.
        """
        ...

    def handed_over(self, orders: Sequence[Order]) -> Awaitable[None]:
        """Commit that the device has taken them; a failure leaves them waiting. Raises NotCommitted."""
        ...

    def refused(self, orders: Sequence[Order], *, had: bool = False) -> Awaitable[None]:
        """Commit that the device will not take them: they wait on, and it gets them only if it asks for them.

        ``had``: it had taken them before, and gives them back. Placed anew with other content, an order is
        another one. Raises NotCommitted.
        """
        ...

    async def next_orders(self) -> Sequence[Order]:
        """Wait for orders that are to be sent unasked, cancelled ones included; at most 100.

        What is neither ``handed_over`` nor ``refused`` is given again at once. Raises NotCommitted: they
        cannot be read.
        """
        ...

    def ask(self, query: Frame) -> Awaitable[bytes | None]:
        """Pass a host query to the hospital's own system: its answer as it came, without framing.

        None: no forward of this device takes queries. Raises NoAnswer: none came in time, or the line
        is down; the caller then answers from ``orders``.
        """
        ...

    def people(self, name: PeopleListName) -> PeopleList:
        """A list of the province's; from the first call on this edge follows it on the bus and keeps it."""
        ...

    def commands(self) -> AsyncIterator[DeviceCommand]:
        """What people want this device to do, one by one, each to be answered once; it never ends.

        What is too late is answered here. A device whose adapter never asked refuses them all.
        """
        ...

    def show(self, screen: Screen) -> None:
        """Tell the screens beside this gate what to show now; in memory only, forgotten within seconds."""
        ...

    def snapshot(self, snapshot: Snapshot) -> None:
        """Keep a picture at the edge, for those who may look; never waits. Raises ValueError: it is none."""
        ...

    @property
    def looked_at(self) -> bool:
        """Whether somebody follows its pictures just now: then one a second is worth its price."""
        ...

    def keep(self, name: str, data: bytes) -> Awaitable[None]:
        """Keep a small sealed file of this device under ``name`` ([a-z0-9_-]{1,64}): the one before goes.

        At most 256 KiB, else ValueError; a few a device. Raises NotCommitted: it is as it was.
        """
        ...

    def kept(self, name: str) -> Awaitable[bytes]:
        """What was kept under ``name``; empty: nothing, or it cannot be opened any more."""
        ...

    def recall(self, types: Sequence[type[Payload]], since_ms: int) -> Awaitable[Sequence[Recalled]]:
        """What this edge itself told since then (Unix ms of receipt), as far as its spool has it still.

        Events of all its devices, in their order. Raises NotCommitted: they cannot be read.
        """
        ...

    def shared(self, make: Callable[[], S]) -> S:
        """What this edge's devices have in common: made once for each ``make``, the same for all who ask."""
        ...

    @property
    def accepts(self) -> bool:
        """False while the disk or its quota is used up: a sender may be asked to wait."""
        ...

    def health(self, state: DeviceState, reason: str = "") -> None:
        """Tell the state of the device; ``reason`` is a short code or phrase without device data."""
        ...

    def clock(self, offset_seconds: float) -> None:
        """Tell how far the device's clock is ahead of ours (behind: < 0), as several messages agree on it."""
        ...


C = TypeVar("C", bound=DeviceConfig)


class Adapter(ABC, Generic[C]):
    """One device. The constructor remembers, nothing else."""

    Config: ClassVar[type[DeviceConfig]]
    CAPTURE_HOURS: ClassVar[int | None] = None
    """How long its captures stay at most, decided about or not; None: as the edge is set up."""

    def __init__(self, config: C, outlet: Outlet) -> None:
        self.config = config
        self.outlet = outlet

    @abstractmethod
    async def run(self) -> None:
        """Talk to the device until cancelled; raise DeviceUnavailable to be retried."""

    @abstractmethod
    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        """What a frame means: pure, the same for a live frame and for its replay."""

    def understand(self, frame: Frame, received_ms: int) -> Interpretation:
        """``interpret``; a fault of ours becomes a problem of the frame: kept, and the device goes on."""
        try:
            return self.interpret(frame, received_ms)
        except Exception as error:  # noqa: BLE001 - the one bulkhead: a poison message must not stop a device
            problem = MalformedFrame(frame.raw, "adapter.fault", type(error).__name__)
            return Interpretation(problems=(problem,))

    def pictures(self, frame: Frame) -> Sequence[Picture]:
        """Pictures inside a frame, bounded, for a person who may look at it; pure, and called in a thread."""
        return ()

    def link(self) -> Hashable | None:
        """What its traffic arrives on; devices of one kind with equal links share one ``run_shared``."""
        return None

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Serve several devices behind one link; traffic that fits none or several is quarantined."""
        raise NotImplementedError

    def read_rules_anew(self) -> None:
        """Files that its configuration names have changed: go by them now.

        Raises ConfigError: they cannot be used, and it goes on by those of before.
        """

    def label_patterns(self) -> tuple[str, str] | None:
        """Patterns of specimen and order ids that its results carry unchanged ("": the default of design 4).

        None: it is no analyzer, nobody orders anything of it.
        """
        return None

    def known_tests(self) -> Mapping[str, str]:
        """What its profile names of the tests that it can be ordered: codes as results have them, with texts.

        A text may be "". It may measure more: a laboratory defines tests at the machine.
        """
        return {}

    @property
    def takes_passed_orders(self) -> bool:
        """Whether orders that the hospital's own system sends by itself may be passed on to it."""
        return False

    async def pass_on(self, raw: bytes) -> bytes:
        """Hand such an order to the device, as it came; what the device answers, as it came, may be b"".

        It is kept nowhere. Cancelled when the sender has no more time; raises NotTaken.
        """
        raise NotTaken("orders.not_taken", ever=False)

    @classmethod
    def senders(cls) -> Mapping[str, Callable[[float], Sender]]:
        """How its captures can be forwarded: by the scheme of the address, given ``answer_seconds``."""
        return {}
