"""What events say: one struct per event type (design 5). A breaking change is a new type."""

from typing import ClassVar, Final, Literal

import msgspec

from hub.payload import Payload
from hub.reported import REPORTED

__all__ = ("Payload",)  # handed on: adapters see this module alone

Call = Literal["POS", "NEG", "INVALID", "ERROR", "NO_RESULT", "INDETERMINATE", "UNMAPPED"]
ResultStatus = Literal["P", "F", "C", "X", "D"]
Quality = Literal["GOOD", "UNCERTAIN", "BAD"]
Direction = Literal["in", "out"]
AgeBand = Literal["0-17", "18-49", "50-64", "65+"]
DeviceState = Literal["ONLINE", "OFFLINE", "DEGRADED", "MAINTENANCE", "UNKNOWN"]


class Code(msgspec.Struct, frozen=True):
    """A test as the analyzer names it, with its LOINC code where one is known (checked: ASCII, Luhn)."""

    code: str
    text: str | None = None
    loinc: str | None = None


class Target(msgspec.Struct, frozen=True):
    """One target (gene) of a test. ``ct`` in cycles; Ct 0.0 and "Undetermined" are None."""

    code: str
    text: str | None = None
    loinc: str | None = None
    call: Call = "UNMAPPED"
    value: float | None = None
    comparator: Literal["<", "<=", ">", ">="] | None = None
    unit: str | None = None
    ct: float | None = None
    flags: tuple[str, ...] = ()


class Analyzer(msgspec.Struct, frozen=True):
    """The machine: model as its profile names it, serial as it sent it."""

    model: str | None = None
    serial: str | None = None


class LabResult(Payload, frozen=True):
    """One specimen and test. ``specimen``, ``order`` and ``person`` are pseudonymous (design 4)."""

    TYPE: ClassVar[str] = "lab.result.v1"

    specimen: str
    test: Code
    call: Call
    status: ResultStatus
    order: str | None = None
    person: str | None = None
    control: bool = False
    targets: tuple[Target, ...] = ()
    analyzer: Analyzer = Analyzer()


class Reading(Payload, frozen=True):
    """One measurement; ``value`` in ``unit`` (UCUM), None when the probe did not measure (quality BAD)."""

    TYPE: ClassVar[str] = "coldchain.reading.v1"

    metric: str
    value: float | None
    unit: str
    raw_value: float | str | None = None
    raw_unit: str | None = None
    quality: Quality = "GOOD"
    reason: str | None = None
    sequence: int | None = None


class DeviceStatus(Payload, frozen=True):
    """A device's state changed. ``since`` and ``last_message`` are RFC 3339 in UTC; ``gateway`` is its id."""

    TYPE: ClassVar[str] = "device.status.v1"

    state: DeviceState
    reason: str
    since: str
    last_message: str | None = None
    clock_offset_s: float | None = None
    kind: str | None = None
    profile: str | msgspec.UnsetType = msgspec.UNSET
    gateway: str | msgspec.UnsetType = msgspec.UNSET


class Quarantined(Payload, frozen=True):
    """Bytes at the edge that wait for a person; ``capture`` names them, ``bytes`` counts them."""

    TYPE: ClassVar[str] = "quarantine.v1"

    capture: str
    adapter: str
    reason: str
    bytes: int
    state: Literal["WAITING", "REPLAYED", "DISCARDED"]
    place: str = ""


class Skipped(Payload, frozen=True, rename={"from_": "from", "class_": "class"}):
    """Rows from..to of an epoch that will not come, declared (design 3)."""

    TYPE: ClassVar[str] = "spool.skipped.v1"

    from_: int
    to: int
    class_: str
    reason: str
    count: int
    epoch: str = ""


class Alarm(Payload, frozen=True):
    """A change of an incident; ``change``, ``entry`` and ``hash`` where it stands in the hub's ledger."""

    TYPE: ClassVar[str] = "alarm.v1"

    incident: str
    kind: str
    severity: Literal["info", "warning", "critical"]
    state: str
    subject: str
    since: str
    evidence: str = ""
    actor: str = ""
    change: str | msgspec.UnsetType = msgspec.UNSET
    entry: int | msgspec.UnsetType = msgspec.UNSET
    hash: str | msgspec.UnsetType = msgspec.UNSET


CommandOutcome = Literal["done", "refused", "expired", "failed"]


class CommandResult(Payload, frozen=True):
    """How a command ended."""

    TYPE: ClassVar[str] = "command.result.v1"

    command: str
    outcome: CommandOutcome
    reason: str = ""


class Audited(Payload, frozen=True):
    """Somebody is about to do what must be accounted for; why, stands in the audit file of the hub alone.

    ``command``: whose command.result.v1 says how it ended.
    """

    TYPE: ClassVar[str] = "audit.v1"

    actor: str
    action: str
    subject: str
    command: str


class ReportRevised(Payload, frozen=True):
    """A day's report of the whole province says something new: what the log up to ``up_to`` gives.

    ``date``: the local day; ``sha256`` of its canonical JSON, in hex; ``facts``: how many were read.
    """

    TYPE: ClassVar[str] = "report.revised.v1"

    report: str
    date: str
    revision: int
    up_to: int
    sha256: str
    facts: int = 0


class Scan(Payload, frozen=True):
    """A code was shown at a gate. ``scan`` and ``visit`` are under the week's key (design 4); None: nobody's.

    ``district`` is a code of the province's table, None where the code does not tell or names another place.
    """

    TYPE: ClassVar[str] = "gate.scan.v1"

    scan: str
    visit: str | None
    payload_kind: str
    direction: Direction
    age_band: AgeBand | None = None
    sex: Literal["M", "F"] | None = None
    district: str | None = None


class GateDecision(Payload, frozen=True):
    """What the gate decided about a scan; ``reason`` and ``remarks`` are codes (docs/gates.md)."""

    TYPE: ClassVar[str] = "gate.decision.v1"

    scan: str
    decision: Literal["allow", "deny", "hold", "alert", "retry", "duplicate", "manual"]
    reason: str
    rule: str
    took_ms: float
    remarks: tuple[str, ...] = ()
    rules_version: int = 1
    zone: str = ""


class Passage(Payload, frozen=True):
    """Somebody went through. ``scan`` None: nobody's (forced, or opened by hand).

    ``confirmed`` False: inferred from the decision, no sensor saw it.
    """

    TYPE: ClassVar[str] = "gate.passage.v1"

    scan: str | None
    direction: Direction
    confirmed: bool
    zone: str = ""


class ZoneCount(Payload, frozen=True):
    """How many are in a zone as its edge counts; ``entered`` and ``left`` since the last such event."""

    TYPE: ClassVar[str] = "gate.occupancy.v1"

    zone: str
    count: int
    entered: int
    left: int
    cause: Literal["hourly", "set"] = "hourly"
    actor: str = ""


CameraMode = Literal["continuous", "duty", "options"]
PICTURE_FAULTS: Final = (
    "black", "over_exposed", "no_signal", "blur", "covered", "moved", "colour_cast", "stripes",
    "frozen", "frozen_suspected", "unreadable",
)  # fmt: skip
STREAM_FAULTS: Final = ("flapping", "fps", "bitrate", "loss", "clock")


class CameraHealth(Payload, frozen=True):
    """How a camera and its picture stand: at each change, and now and then without one (docs/cameras.md).

    ``bitrate`` in bit/s, ``loss`` 0 to 1, ``reconnects`` of the last hour; None: not known, or not in
    this mode. ``picture``: fault -> score, 1.0 is the threshold. ``faults``: those that stand, of
    ``PICTURE_FAULTS`` and ``STREAM_FAULTS``; ``cleared``: found not to stand any more, or for the first time,
    within the last quarter of an hour. ``since`` and ``last_frame`` are RFC 3339 in UTC.
    """

    TYPE: ClassVar[str] = "camera.health.v1"

    state: DeviceState
    reason: str
    since: str
    fps: float | None = None
    bitrate: float | None = None
    loss: float | None = None
    reconnects: int = 0
    clock_offset_s: float | None = None
    clock_drift_ppm: float | None = None
    picture: dict[str, float] = msgspec.field(default_factory=dict)
    faults: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    keyframe_interval_s: float | None = None
    night: bool | None = None
    last_frame: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    mode: CameraMode = "continuous"
    check_seconds: float | None = None
    learning: bool = False
    switch: str = ""
    link: str = ""
    snapshot: bool = True


_ALL: tuple[type[Payload], ...] = (
    LabResult, Reading, DeviceStatus, Quarantined, Skipped, Alarm, CommandResult, Audited, ReportRevised,
    Scan, GateDecision, Passage, ZoneCount, CameraHealth, *REPORTED,
)  # fmt: skip
BY_TYPE: dict[str, type[Payload]] = {payload.TYPE: payload for payload in _ALL}
