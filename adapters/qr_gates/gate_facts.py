"""What a gate tells of a scan: no more of a person than an age band, a sex and a district. Pure."""

from datetime import UTC, datetime, tzinfo

from adapters.qr_gates.codes.shown_code import Birth, PartOfCode, ShownCode, UnreadableCode, WrongCode
from adapters.qr_gates.decisions.decide import Decision, Outcome
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.gate_judge import Judged
from hub.contract import Fact, Frame, MalformedFrame, Screen
from hub.payloads import AgeBand, GateDecision, Passage, Scan

UNREADABLE, OF_A_PLACE, OF_PARTS = "unreadable", "web-address", "shc"
_OLDEST = 120
_BANDS: tuple[tuple[int, AgeBand], ...] = ((17, "0-17"), (49, "18-49"), (64, "50-64"), (_OLDEST, "65+"))


def age_band(birth: Birth | None, at_ms: int, zone: tzinfo) -> AgeBand | None:
    """On the day of the scan; None: not told, or nobody's age."""
    if birth is None:
        return None
    age = birth.age(datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date())
    return next((band for oldest, band in _BANDS if age <= oldest), None) if age >= 0 else None


def scan_of(judged: Judged, config: GateSettings) -> Scan:
    shown = judged.shown
    if isinstance(shown, UnreadableCode):
        return Scan(judged.scan, None, _kind_of(shown), config.direction)
    return Scan(
        judged.scan,
        judged.visit,
        shown.kind,
        config.direction,
        age_band(shown.birth, judged.time_ms, config.timezone),
        "M" if shown.sex == "M" else "F" if shown.sex == "F" else None,
        shown.district,
    )


def decision_of(decision: Decision, scan: str, config: GateSettings, took_ms: float) -> GateDecision:
    return GateDecision(
        scan,
        decision.outcome.value,
        decision.reason,
        decision.rule,
        round(took_ms, 3),
        decision.remarks,
        config.rules.version,
        config.zone_name,
    )


def decision_from(told: GateDecision) -> Decision:
    """What was decided once, out of what was told of it."""
    return Decision(Outcome(told.decision), told.reason, told.rule, told.remarks)


def facts_of(
    judged: Judged, told: GateDecision, config: GateSettings, *, is_timed: bool, infers: bool
) -> list[Fact]:
    """One transaction: scan, decision, and the passage where no sensor sees it."""
    payloads: list[Scan | GateDecision | Passage] = [scan_of(judged, config), told]
    if judged.decision.opens and infers:
        payloads.append(Passage(judged.scan, config.direction, False, config.zone_name))
    key = f"{judged.time_ms}|{judged.scan}"  # without the visit: a subject is kept for good
    origin = "observation" if is_timed else "received"
    return [Fact(payload, key, judged.time_ms, origin) for payload in payloads]  # type: ignore[arg-type]


def kept_of(judged: Judged, frame: Frame, at_ms: int) -> tuple[Frame | None, list[MalformedFrame]]:
    """The bytes that are kept: of what nobody understood, sealed, to be read again once somebody does."""
    shown = judged.shown
    if not isinstance(shown, UnreadableCode) or isinstance(shown, (WrongCode, PartOfCode)):
        return None, []
    kept = Frame(frame.raw, origin=f"scan {judged.time_ms}")
    return kept, [MalformedFrame(frame.raw, shown.reason, origin=kept.origin)]


def screen_of(judged: Judged, told: GateDecision, device: str, at_ms: int) -> Screen:
    shown = judged.shown if isinstance(judged.shown, ShownCode) else None
    return Screen(
        device,
        at_ms,
        told.decision,
        told.reason,
        told.remarks,
        shown.initials if shown else "",
        shown.birth.year if shown and shown.birth else None,
        told.took_ms,
    )


def _kind_of(refusal: UnreadableCode) -> str:
    if isinstance(refusal, WrongCode):
        return OF_A_PLACE
    return OF_PARTS if isinstance(refusal, PartOfCode) else UNREADABLE
