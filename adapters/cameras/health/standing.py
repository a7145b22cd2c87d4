"""How one camera stands: what its sessions, figures and pictures say, as states, faults and changes.

Whatever the steps in which ``tick`` is called, the changes are the same, each at the time that it is of.
"""

from collections.abc import Mapping
from typing import Final

from adapters.cameras.health.changes import (
    MAINTENANCE,
    SWITCH_OFFLINE,
    SWITCH_ONLINE,
    Change,
    Shown,
    StandingSettings,
    Told,
)
from adapters.cameras.health.known import Known
from adapters.cameras.health.line import Line
from adapters.cameras.health.pictures import UNREADABLE
from adapters.cameras.health.words import health_of, worst_first
from adapters.cameras.reasons import Phase
from adapters.cameras.rtsp.facts import Ended, StreamFigures
from hub.payloads import CameraHealth

# One that flaps has its own fault: it is told as offline only when it stays away.
OFFLINE_WHILE_FLAPPING_MS: Final = 300_000
NEVER: Final = 2**62


class CameraStanding:
    """Tell it what happens, in Unix ms; ask ``tick`` afterwards, and at ``due_ms``, what is to be told."""

    def __init__(self, settings: StandingSettings) -> None:
        self.settings = settings
        self.known = Known(Line(settings.mode), check_seconds=settings.check_seconds)
        self._shown = Shown()
        self._pending: list[Change] = []
        self._now_ms = 0
        self._report_ms = int(settings.report_seconds * 1000)
        self._offline_after_ms = int(settings.offline_seconds * 1000)
        self._repaired_until_ms = 0  # 0: nobody works on it
        self._repaired_ms = 0  # when that was over last
        self._switch_is_off = self._speaks = False

    def reached(self, phase: Phase, at_ms: int) -> None:
        at_ms = self._advance(at_ms)
        was_away = self.is_away
        self.known.line.reached(phase, at_ms)
        self._after_session(was_away, at_ms)

    def ended(self, ended: Ended, at_ms: int) -> None:
        at_ms = self._advance(at_ms)
        was_away = self.is_away
        self.known.line.ended(ended.reason, at_ms)
        self.known.rates.ended()
        self._after_session(was_away, at_ms)

    def figures(self, figures: StreamFigures, at_ms: int) -> None:
        at_ms = self._advance(at_ms)
        self.known.rates.add(figures, at_ms)
        self.known.clock.ran(figures)
        self._note(at_ms)

    def seen(self, scores: Mapping[str, float], night: bool, at_ms: int, *, learning: bool = False) -> None:
        """A picture was judged: a score a fault, 1.0 is the threshold."""
        at_ms = self._advance(at_ms)
        self.known.night, self.known.learning = night, learning
        self.known.rates.is_night(night)
        self.known.pictures.check({UNREADABLE: 0.0, **scores}, may_raise=not self._repaired_until_ms)
        self._note(at_ms)

    def unreadable(self, at_ms: int) -> None:
        """A picture came and could not be judged: of what it shows nothing is known."""
        at_ms = self._advance(at_ms)
        self.known.pictures.check({UNREADABLE: 2.0}, may_raise=not self._repaired_until_ms)
        self._note(at_ms)

    def clock(self, offset_s: float, at_ms: int) -> None:
        """Its clock is so many seconds ahead of ours."""
        at_ms = self._advance(at_ms)
        self.known.clock.told(offset_s)
        self._note(at_ms)

    def maintenance(self, until_ms: int | None, at_ms: int) -> None:
        """Somebody works on it until then; None: no more. Faults that begin are not told meanwhile."""
        at_ms = self._advance(at_ms)
        if not until_ms and not self._repaired_until_ms:
            return
        self._repaired_until_ms = max(until_ms or at_ms, at_ms)
        self._advance(at_ms)
        self._note(at_ms)

    def switch_offline(self, is_off: bool, at_ms: int, *, speaks: bool = False) -> None:
        """Its switch died, and this camera with it; or it is back (``site_outage`` tells).

        ``speaks``: it tells so at once, for all of them; the others when they have been away for long enough.
        """
        at_ms = self._advance(at_ms)
        self._switch_is_off, self._speaks = is_off, is_off and speaks
        self._note(at_ms)

    def checked_every(self, seconds: float | None) -> None:
        """How often its picture is looked at in truth; None: not at all."""
        self.known.check_seconds = seconds

    def accept(self) -> None:
        """How it sends now is how it shall send: what is usual is learnt anew."""
        self.known.rates.forget_usual()

    def tick(self, at_ms: int) -> tuple[Change, ...]:
        """It is now ``at_ms``: what is to be told since the last call, in the order of time."""
        self._advance(at_ms)
        changes, self._pending = tuple(self._pending), []
        return changes

    @property
    def due_ms(self) -> int:
        """When ``tick`` has something to tell though nothing happens."""
        return self._now_ms if self._pending else self._next_ms()

    def payload(self, at_ms: int) -> CameraHealth:
        """How it stands now, whether that is to be told or not."""
        return health_of(self.settings, self.known, self._shown, at_ms)

    @property
    def is_away(self) -> bool:
        return self.known.line.state == "OFFLINE"

    @property
    def is_there(self) -> bool:
        return self.known.line.state == "ONLINE"

    @property
    def went_out_of_reach(self) -> bool:
        """It is away as if its line were cut, and nobody works on it."""
        return self.known.line.is_out_of_reach and not self._repaired_until_ms

    def _advance(self, at_ms: int) -> int:
        """What falls due until ``at_ms``, each at its time."""
        self._now_ms = max(self._now_ms, at_ms)
        if not self._shown.at_ms:
            self._shown.at_ms = self._shown.since_ms = self._now_ms
        while (due_ms := self._next_ms()) <= self._now_ms:
            self._fall_due(due_ms)
        return self._now_ms

    def _next_ms(self) -> int:
        due = [self._shown.at_ms + self._report_ms if self._shown.at_ms else NEVER]
        if (calm_ms := self.known.reconnects.due_ms) is not None:
            due.append(calm_ms)
        if self._repaired_until_ms:
            due.append(self._repaired_until_ms)
        elif self.is_away and not self._shown.is_told_offline:
            due.append(self._offline_ms())
        return min(due)

    def _fall_due(self, at_ms: int) -> None:
        if self._repaired_until_ms and at_ms >= self._repaired_until_ms:
            self._repaired_until_ms, self._repaired_ms = 0, at_ms
            self.known.pictures.begin_anew()
        self.known.reconnects.advance(at_ms)
        self._note(at_ms, report=at_ms >= self._shown.at_ms + self._report_ms)

    def _after_session(self, was_away: bool, at_ms: int) -> None:
        came_back = was_away and self.known.line.state == "ONLINE"
        if came_back and not self._repaired_until_ms:
            self.known.reconnects.came_back(at_ms)
        is_back_with_it = came_back and self._switch_is_off
        if came_back:
            self._switch_is_off = self._speaks = False
        self._note(at_ms, is_back_with_switch=is_back_with_it)

    def _now(self, faults: frozenset[str]) -> Told:
        if self._repaired_until_ms:
            return "MAINTENANCE", MAINTENANCE
        line = self.known.line
        if line.state == "ONLINE" and faults:
            return "DEGRADED", worst_first(faults)[0]
        return line.state, line.reason

    def _telling(self, now: Told, at_ms: int) -> Told | None:
        """What its device status is to say."""
        state, told = now[0], self._shown.told
        if state == "OFFLINE":
            waits = not self._shown.is_told_offline and at_ms < self._offline_ms()
            if waits and not self._speaks:
                return told
            by_switch = state, SWITCH_OFFLINE
            # Once told so it stays: what follows is its return, and no word of ours in the same millisecond.
            return by_switch if self._switch_is_off or told == by_switch else now
        return None if state == "UNKNOWN" and told is None else now

    def _offline_ms(self) -> int:
        flaps = self.known.reconnects.flaps
        wait_ms = max(self._offline_after_ms, OFFLINE_WHILE_FLAPPING_MS if flaps else 0)
        return max(self.known.line.since_ms, self._repaired_ms) + wait_ms

    def _note(self, at_ms: int, *, report: bool = False, is_back_with_switch: bool = False) -> None:
        """Something may be otherwise: tell it if so."""
        shown, faults = self._shown, self.known.faults()
        if self._repaired_until_ms:
            faults &= shown.faults  # what ends is told, what begins is not
        now, before = self._now(faults), (shown.state, shown.reason)
        raised, cleared = worst_first(faults - shown.faults), worst_first(shown.faults - faults)
        if now[0] != shown.state:
            shown.since_ms = at_ms
        shown.state, shown.reason = now
        shown.stand(faults, self.known.clean() - faults, at_ms)
        if is_back_with_switch:
            self._tell(at_ms, ("ONLINE", SWITCH_ONLINE), raised, cleared)
            raised = cleared = ()
        told = self._telling(now, at_ms)
        if now != before or raised or cleared or told != shown.told or report:
            self._tell(at_ms, told if told != shown.told else None, raised, cleared)

    def _tell(self, at_ms: int, told: Told | None, raised: tuple[str, ...], cleared: tuple[str, ...]) -> None:
        self._shown.at_ms = at_ms
        self._shown.told = told or self._shown.told
        self._pending.append(Change(at_ms, self.payload(at_ms), told, raised, cleared))
