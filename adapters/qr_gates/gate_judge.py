"""From the bytes of a code to what is decided about it: read, named, looked up. Pure but for its memories."""

from dataclasses import dataclass
from hashlib import sha256

from adapters.qr_gates.codes.code_reader import CodeReader
from adapters.qr_gates.codes.shown_code import ShownCode, UnreadableCode
from adapters.qr_gates.decisions.daily_reset import DailyReset
from adapters.qr_gates.decisions.decide import Decision, decide
from adapters.qr_gates.decisions.gate_knowledge import Known, Moment
from adapters.qr_gates.decisions.gate_rules import AntiPassback
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.gate_memory import ZoneMemory
from adapters.qr_gates.gate_people import GatePeople
from hub.contract import VisitPseudonyms


@dataclass(frozen=True, slots=True)
class Judged:
    """One scan: what was shown, whose visit it is (None: nobody's), what was decided."""

    scan: str
    time_ms: int
    shown: ShownCode | UnreadableCode
    visit: str | None
    decision: Decision


class GateJudge:
    """Of one gate."""

    def __init__(
        self,
        config: GateSettings,
        pseudonyms: VisitPseudonyms,
        reader: CodeReader,
        people: GatePeople,
        zone: ZoneMemory,
    ) -> None:
        self._config = config
        self._pseudonyms = pseudonyms
        self._reader = reader
        self._people = people
        self._zone = zone
        passback = config.rules.anti_passback or AntiPassback()
        self._reset = DailyReset(passback.reset_at, config.timezone)

    def judge(
        self, raw: bytes, time_ms: int, clock_offset_s: float, refusal: UnreadableCode | None = None
    ) -> Judged:
        """``refusal``: it did not come whole, and is not read."""
        shown = refusal or self._reader.read(raw, time_ms)
        known, visit = Known(occupancy=self._zone.count), None
        if isinstance(shown, ShownCode) and shown.identity:
            known, visit = self._known(shown.identity.kind, shown.identity.value, time_ms)
        moment = Moment(time_ms, self._config.direction, self._reset.day_began_ms(time_ms), clock_offset_s)
        decision = decide(shown, known, self._config.rules, moment)
        return Judged(
            scan_id(self._pseudonyms, self._config.id, raw, time_ms), time_ms, shown, visit, decision
        )

    def _known(self, kind: str, value: str, time_ms: int) -> tuple[Known, str | None]:
        """Both pseudonyms (design 4): one for the lists, in memory only, one for what this edge saw."""
        listed = self._people.find(self._pseudonyms.person(kind, value))
        names = self._pseudonyms.visits(kind, value, time_ms)
        went = self._zone.went(names)
        known = Known(
            seen_at_ms=self._zone.seen_at_ms(self._config.id, names),
            went=went.direction if went else None,
            went_at_ms=went.at_ms if went else None,
            occupancy=self._zone.count,
            **listed._asdict(),
        )
        return known, self._pseudonyms.visit(kind, value, time_ms)


def interpreted(
    config: GateSettings, pseudonyms: VisitPseudonyms, reader: CodeReader, raw: bytes, time_ms: int
) -> Judged:
    """What a code says when it is read again: nothing is decided, and nobody looked up."""
    shown, visit = reader.read(raw, time_ms), None
    if isinstance(shown, ShownCode) and shown.identity:
        visit = pseudonyms.visit(shown.identity.kind, shown.identity.value, time_ms)
    decision = decide(shown, Known(), config.rules, Moment(time_ms, config.direction, time_ms))
    return Judged(scan_id(pseudonyms, config.id, raw, time_ms), time_ms, shown, visit, decision)


def scan_id(pseudonyms: VisitPseudonyms, device: str, raw: bytes, time_ms: int) -> str:
    """Of device, time and code, under the week's key; of a week without one of device and time alone."""
    told = f"{device}|{time_ms}|{sha256(raw).hexdigest()}"
    return pseudonyms.visit("scan", told, time_ms) or f"t-{device}-{time_ms}"
