"""What passes between an adapter and epihub: frames in, facts out. ``hub.contract`` hands all of it on."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.payloads import Payload

OrderState = Literal["PLACED", "SENT", "RESULTED", "CANCELLED", "EXPIRED"]
TimeSource = Literal["observation", "message", "received"]
SnapshotKind = Literal["latest", "reference", "event"]
ID_PATTERN = r"^[a-z0-9_-]{1,64}$"


class DeviceConfig(BaseModel):
    """What every ``[[device]]`` has; an adapter's own settings extend it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=ID_PATTERN, description="Unique in a hub; part of topics and reports.")
    site: str = Field(default="", description="The site it stands at; may be left out with one site.")
    kind: str = Field(description="Which adapter speaks to it.")

    def hangs_on(self, edge: str) -> str:
        """Id of the bridge or gateway that it is heard through at ``edge``; empty: none."""
        return ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it came, without link framing."""

    raw: bytes
    control: str = ""  # the sender's control id: with the bytes it tells which stored reply to repeat
    origin: str = ""  # peer, topic or file it came by; kept sealed with the capture, for routing and replay
    pieces: str = ""  # the name its pieces were committed under; they go in the commit of the whole
    query: bool = False  # asks for orders: a forward that takes queries is asked, not owed it
    answer: bool = False  # answers a message of ours: no forward is owed it


@dataclass(frozen=True, slots=True)
class MalformedFrame:
    """Bytes that cannot be understood, or a part of a message that cannot."""

    raw: bytes
    reason: str  # a code, [a-z0-9_.]+: "mllp.no_msh"
    place: str = ""  # "MSH-10", "byte 17": never a snippet of the bytes
    control: str = ""
    origin: str = ""
    pieces: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside a message. It may be personal data: never in a fact, a log or a metric."""

    place: str  # "segment 5"
    kind: str  # media type by its first bytes
    sha256: str  # of ``content``: the same picture has the same name
    content: bytes


@dataclass(frozen=True, slots=True)
class Screen:
    """What a screen beside a gate shows now. It names a person in part: in memory only, never in a fact.

    ``decision``, ``reason`` and ``remarks`` are those of gate.decision.v1.
    """

    device: str
    at_ms: int  # Unix ms, UTC: of the decision
    decision: str
    reason: str
    remarks: tuple[str, ...] = ()
    initials: str = ""  # "NVA"
    birth_year: int | None = None
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture of a camera, its masks burnt in. At the edge only: never in a fact, a log or a metric.

    ``latest`` takes the place of the one before, so does ``reference``; ``event`` (a fault was raised) stays
    as long as ``[edge] event_picture_keep_hours``.
    """

    device: str
    at_ms: int  # Unix ms, UTC: when it was taken
    jpeg: bytes = field(repr=False)  # at most hub.edge.snapshots.LARGEST_JPEG_BYTES
    width: int
    height: int
    kind: SnapshotKind = "latest"
    reason: str = ""  # of an event: the fault, [a-z0-9_]+
    wall: bytes = field(default=b"", repr=False)  # the same, 160 px wide: what a wall of cameras shows


@dataclass(frozen=True, slots=True)
class Order:
    """What a laboratory wants measured on one specimen; it names no person."""

    order: str  # the placer's number, unique at the edge
    specimen: str
    tests: tuple[str, ...]  # test.code or test.loinc of lab.result.v1; those without a final result yet
    priority: Literal["ROUTINE", "STAT"] = "ROUTINE"
    specimen_type: str = ""  # HL7 table 0487: NP, BLD; "" unknown
    collected_ms: int | None = None  # Unix ms, UTC
    cancelled: bool = False  # a device that may have it is to be told


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: becomes one event."""

    payload: Payload
    key: str  # names the fact within its device; no transport facts in it (design 4)
    time_ms: int  # Unix ms, UTC
    timesource: TimeSource = "observation"


@dataclass(frozen=True, slots=True)
class Recalled:
    """An event that this edge told: of which device, when it happened, when we heard of it (Unix ms)."""

    device: str
    payload: Payload
    time_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a frame means: facts, and the parts that could not be understood."""

    facts: tuple[Fact, ...] = ()
    problems: tuple[MalformedFrame, ...] = ()
