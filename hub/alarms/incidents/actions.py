"""What people and the hub do with an incident or a device, and what is refused, each with its code."""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hub.alarms.incidents.entries import Detail
from hub.alarms.incidents.standing import Incident
from hub.alarms.incidents.states import MAY, Kind, State
from hub.errors import OperatorError

MINUTE_MS = 60_000
SHORTEST_SHELF_MS = MINUTE_MS
LONGEST_SHELF_MS = 720 * MINUTE_MS
# What waits for a decision about vaccine is not put away for a night.
LONGEST_SHELF_OF_LATCHING_MS = 60 * MINUTE_MS
# Out of service with an end: what takes longer is no maintenance, and somebody has to put it back.
SHORTEST_WINDOW_MS = MINUTE_MS
LONGEST_WINDOW_MS = 31 * 1440 * MINUTE_MS
LONGEST_NOTE = 1000

Decision = Literal["use", "quarantine", "discard"]
Round = Literal["AM", "PM"]
_LEVEL = re.compile(r"[a-z0-9_-]{1,64}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")


class RefusedAction(OperatorError):
    """Nothing was entered; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Action:
    """By ``actor``, a user's id; empty is the hub itself. ``note`` is a person's own words."""

    KIND: ClassVar[Kind]
    BY_PERSON: ClassVar[bool] = True

    actor: str = ""
    note: str = ""

    def detail(self) -> Detail:
        return {}

    def fault(self) -> str:
        """Why it is nothing that anybody could do, as a code; empty when it is."""
        return ""

    def refusal(self, incident: Incident, now_ms: int) -> str:
        """Why not, as a code; empty when it may be entered."""
        return ""

    def device_refusal(self, now_ms: int) -> str:
        """The same of what is told of a device."""
        return ""


@dataclass(frozen=True, slots=True)
class Acknowledge(Action):
    """Somebody has seen it and does something."""

    KIND = Kind.ACKED


@dataclass(frozen=True, slots=True)
class Shelve(Action):
    """Put away until ``until_ms``, for a reason."""

    KIND = Kind.SHELVED
    until_ms: int = 0

    def detail(self) -> Detail:
        return {"until": self.until_ms}

    def refusal(self, incident: Incident, now_ms: int) -> str:
        if not self.note.strip():
            return "alarm.no_reason"
        shelf_ms = self.until_ms - now_ms
        if shelf_ms < SHORTEST_SHELF_MS:
            return "alarm.shelf_too_short"
        if shelf_ms > LONGEST_SHELF_MS:
            return "alarm.shelf_too_long"
        if incident.latches and shelf_ms > LONGEST_SHELF_OF_LATCHING_MS:
            return "alarm.shelf_too_long_for_latching"
        return ""


@dataclass(frozen=True, slots=True)
class Unshelve(Action):
    """Taken back before its time."""

    KIND = Kind.UNSHELVED

    def refusal(self, incident: Incident, now_ms: int) -> str:
        return "alarm.not_shelved" if incident.shelved_until_ms is None else ""


@dataclass(frozen=True, slots=True)
class Comment(Action):
    """Words for the ledger."""

    KIND = Kind.COMMENTED

    def refusal(self, incident: Incident, now_ms: int) -> str:
        return "" if self.note.strip() else "alarm.no_text"


@dataclass(frozen=True, slots=True)
class Assign(Action):
    """``to`` looks after it: a user's id."""

    KIND = Kind.ASSIGNED
    to: str = ""

    def detail(self) -> Detail:
        return {"to": self.to}

    def refusal(self, incident: Incident, now_ms: int) -> str:
        return "" if _NAME.match(self.to) else "alarm.bad_name"


@dataclass(frozen=True, slots=True)
class Dispose(Action):
    """What becomes of the vaccine. A named person answers for it."""

    KIND = Kind.DISPOSITION
    decision: Decision = "quarantine"

    def detail(self) -> Detail:
        return {"disposition": self.decision}

    def refusal(self, incident: Incident, now_ms: int) -> str:
        if self.decision not in get_args(Decision):
            return "alarm.bad_disposition"
        if self.decision == "use" and incident.active:
            return "alarm.use_while_active"
        return ""


@dataclass(frozen=True, slots=True)
class Escalate(Action):
    """The next of the chain is told: ``level`` 1, 2, 3 …"""

    KIND = Kind.ESCALATED
    BY_PERSON = False
    level: int = 1

    def detail(self) -> Detail:
        return {"level": self.level}


@dataclass(frozen=True, slots=True)
class Notify(Action):
    """What became of a notice ``to`` a user (their id; empty: the channel itself): codes of ours."""

    KIND = Kind.NOTIFIED
    BY_PERSON = False
    channel: str = ""
    outcome: str = ""
    to: str = ""

    def detail(self) -> Detail:
        told = {"channel": self.channel, "outcome": self.outcome}
        return told | {"to": self.to} if self.to else told

    def refusal(self, incident: Incident, now_ms: int) -> str:
        names = (self.channel, self.outcome, *((self.to,) if self.to else ()))
        return "" if all(map(_NAME.match, names)) else "alarm.bad_name"


def is_evidence(incident: Incident) -> bool:
    """Grave, and a value was measured: that a fridge is warm stays true while its gateway is away."""
    measured = incident.known.worst is not None
    return measured and (incident.latches or incident.known.severity == "critical")


@dataclass(frozen=True, slots=True)
class Suppress(Action):
    """``parent``, an incident further up (no line, no power), explains it; never what is evidence. Another
    parent takes the place of the one before."""

    KIND = Kind.SUPPRESSED
    BY_PERSON = False
    parent: str = ""

    def detail(self) -> Detail:
        return {"parent": self.parent}

    def refusal(self, incident: Incident, now_ms: int) -> str:
        if is_evidence(incident):
            return "alarm.has_evidence"
        return "alarm.already_suppressed" if incident.suppressed_by == self.parent else ""


@dataclass(frozen=True, slots=True)
class Release(Action):
    """Its parent is over."""

    KIND = Kind.RELEASED
    BY_PERSON = False

    def refusal(self, incident: Incident, now_ms: int) -> str:
        return "" if incident.suppressed_by else "alarm.not_suppressed"


@dataclass(frozen=True, slots=True)
class TakeOut(Action):
    """A device is out of service: repair, defrosting, stored away; None: until somebody puts it back."""

    KIND = Kind.OUT_OF_SERVICE
    until_ms: int | None = None

    def detail(self) -> Detail:
        return {} if self.until_ms is None else {"until": self.until_ms}

    def device_refusal(self, now_ms: int) -> str:
        if self.until_ms is None:
            return ""
        window_ms = self.until_ms - now_ms
        if window_ms < SHORTEST_WINDOW_MS:
            return "alarm.window_too_short"
        return "alarm.window_too_long" if window_ms > LONGEST_WINDOW_MS else ""


@dataclass(frozen=True, slots=True)
class PutBack(Action):
    """A device is in service again."""

    KIND = Kind.IN_SERVICE


@dataclass(frozen=True, slots=True)
class Check(Action):
    """The twice-daily look at a device."""

    KIND = Kind.CHECKED
    round: Round = "AM"

    def detail(self) -> Detail:
        return {"round": self.round}

    def fault(self) -> str:
        return "" if self.round in get_args(Round) else "alarm.bad_round"


@dataclass(frozen=True, slots=True)
class Place(Action):
    """What was told of a vaccine lot: row ``placement`` of the store; ``chain``: what all come to with it."""

    KIND = Kind.PLACED
    placement: int = 0
    chain: bytes = b""

    def detail(self) -> Detail:
        return {"placement": self.placement, "chain": self.chain.hex()}


def require_device(site: str, device: str) -> None:
    """Raise RefusedAction for what is no name of a site or device."""
    if not (_LEVEL.match(site) and _LEVEL.match(device)):
        raise RefusedAction("alarm.bad_name")


def examined(action: Action) -> str:
    """The action's note in NFC; raises RefusedAction for what no action may be."""
    if action.actor and not _NAME.match(action.actor):
        raise RefusedAction("alarm.bad_actor")
    if action.BY_PERSON and not action.actor:
        raise RefusedAction("alarm.no_actor")
    if fault := action.fault():
        raise RefusedAction(fault)
    note = unicodedata.normalize("NFC", action.note)
    if len(note) > LONGEST_NOTE:
        raise RefusedAction("alarm.text_too_long")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter != "\n" for letter in note):
        raise RefusedAction("alarm.bad_text")
    return note


def refuse_unless_fit(action: Action, incident: Incident, now_ms: int) -> None:
    """Raise RefusedAction when the incident is not in a state for it."""
    state = incident.uncovered
    if state not in MAY[action.KIND]:
        raise RefusedAction("alarm.closed" if state is State.CLOSED else "alarm.already_acknowledged")
    refusal = action.refusal(incident, now_ms)
    if refusal:
        raise RefusedAction(refusal)
