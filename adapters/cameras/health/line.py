"""Whether a camera is there, why not, and since when: by what sessions with it reached and how they ended."""

from dataclasses import dataclass, field
from typing import Final, Literal

from adapters.cameras.reasons import Phase, Reason
from hub.payloads import CameraMode

LineState = Literal["UNKNOWN", "ONLINE", "OFFLINE"]
_STREAMS: Final[frozenset[Phase]] = frozenset({"first_keyframe", "streaming"})
# By what it counts as there. A stream is one with its first packet: long keyframe intervals are no fault.
REACHED: Final[dict[CameraMode, frozenset[Phase]]] = {
    "continuous": _STREAMS | {"first_packet"},
    "duty": _STREAMS,
    "options": _STREAMS | {"describe", "setup", "play", "first_packet"},
}
# The camera, or the way to it, is gone: what a dead switch looks like. Others answer, if only with a refusal.
OUT_OF_REACH: Final[frozenset[Reason]] = frozenset(
    {"refused", "no_route", "connect_timeout", "mute", "no_packets", "stall", "closed", "reset"}
)


@dataclass(slots=True)
class Line:
    """``since_ms``: when this state began, 0: ever. Retries with another reason change that alone."""

    mode: CameraMode = "continuous"
    state: LineState = "UNKNOWN"
    reason: Reason = "starting"
    since_ms: int = 0
    _last: Reason | None = None  # of the attempt before
    _heard: set[Reason] = field(default_factory=set)  # reasons since it is away

    def reached(self, phase: Phase, at_ms: int) -> None:
        if phase not in REACHED[self.mode]:
            return
        # It sends, and no picture can be made of it: packets alone prove nothing until a keyframe came.
        if phase not in _STREAMS and self.reason == "no_keyframe":
            return
        self._go("ONLINE", "watching", at_ms)
        self._heard.clear()
        self._last = None

    def ended(self, reason: Reason, at_ms: int) -> None:
        if reason == "watching":  # what it was connected for came: duty and options end so each time
            self._go("ONLINE", "watching", at_ms)
        elif reason in ("starting", "disabled"):
            self._go("UNKNOWN", reason, at_ms)
        elif self.state != "OFFLINE":
            self._go("OFFLINE", reason, at_ms)
        elif reason not in self._heard or reason in (self._last, "locked_out"):
            self.reason = reason  # two that alternate with every retry are told once each
        self._heard.add(reason)
        self._last = reason

    @property
    def is_out_of_reach(self) -> bool:
        return self.state == "OFFLINE" and self.reason in OUT_OF_REACH

    def _go(self, state: LineState, reason: Reason, at_ms: int) -> None:
        if state != self.state:
            self.state, self.since_ms = state, at_ms
            self._heard.clear()
        self.reason = reason
