"""The contract between epihub and an adapter: all that an adapter may rely on.

An adapter turns a device's bytes into facts. It never retries, sleeps, restarts or answers a
device before ``emit`` returned: the hub restarts it, and the reply that ``emit`` returns is on
disk together with everything it vouches for.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hub.payloads import Payload

DeviceState = Literal["ONLINE", "OFFLINE", "DEGRADED", "MAINTENANCE", "UNKNOWN"]
TimeSource = Literal["observation", "message", "received"]
ID_PATTERN = r"^[a-z0-9_-]{1,64}$"


class DeviceConfig(BaseModel):
    """What every ``[[device]]`` has; an adapter's own settings extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=ID_PATTERN, description="Unique in a hub; part of topics and reports.")
    site: str = Field(default="", description="The site it stands at; may be left out with one site.")
    kind: str = Field(description="Which adapter speaks to it.")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it came, without link framing."""

    raw: bytes
    control: str = ""  # the sender's control id: with the bytes it tells which stored reply to repeat
    origin: str = ""  # peer, topic or file it came by; kept sealed with the capture, for routing and replay


@dataclass(frozen=True, slots=True)
class MalformedFrame:
    """Bytes that cannot be understood, or a part of a message that cannot."""

    raw: bytes
    reason: str  # a code, [a-z0-9_.]+: "mllp.no_msh"
    place: str = ""  # "MSH-10", "byte 17": never a snippet of the bytes
    control: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: becomes one event."""

    payload: Payload
    key: str  # names the fact within its device; no transport facts in it (design 4)
    time_ms: int  # Unix ms, UTC
    timesource: TimeSource = "observation"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a frame means: facts, and the parts that could not be understood."""

    facts: tuple[Fact, ...] = ()
    problems: tuple[MalformedFrame, ...] = ()


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


class Pseudonyms(Protocol):
    """Keyed, one-way names (design 4); pure functions of the edge's keys."""

    def person(self, kind: str, value: str) -> str:
        """Pseudonym under the province key of a canonical id: ("vnid", "075…")."""
        ...

    def patient(self, site: str, number: str) -> str:
        """Weak pseudonym of a hospital's own patient number; never joined across sites."""
        ...

    def label(self, text: str, pattern: str = "") -> str:
        """A specimen or order id as it is if it fits ``pattern`` (default of design 4), else ``h:…``."""
        ...


class Outlet(Protocol):
    """Where an adapter puts what it has; awaiting means: on disk, in one transaction."""

    @property
    def pseudonyms(self) -> Pseudonyms: ...

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

    def health(self, state: DeviceState, reason: str = "") -> None:
        """Tell the state of the device; ``reason`` is a short code or phrase without device data."""
        ...


C = TypeVar("C", bound=DeviceConfig)


class Adapter(ABC, Generic[C]):
    """One device. The constructor remembers, nothing else."""

    Config: ClassVar[type[DeviceConfig]]

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

    def link(self) -> Hashable | None:
        """What its traffic arrives on; devices of one kind with equal links share one ``run_shared``."""
        return None

    @classmethod
    async def run_shared(cls, members: Sequence[Self]) -> None:
        """Serve several devices behind one link; traffic that fits none or several is quarantined."""
        raise NotImplementedError
