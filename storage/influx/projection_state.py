"""How a projection stands, for people and for metrics: numbers and words of ours, nothing of a server's."""

from dataclasses import dataclass, field
from typing import Any, Literal

from hub.events import format_time
from storage.influx.server import Answer, Away, BadLines, Busy, Refused, TooLarge, Written
from storage.projections import ProjectionRow

Phase = Literal["starting", "following", "catching_up", "history", "paused", "busy", "refused", "away"]
# As epihub_projection_state says them.
PHASES: tuple[Phase, ...] = (
    "following", "catching_up", "history", "paused", "busy", "refused", "away", "starting",
)  # fmt: skip


@dataclass(slots=True)
class ProjectionState:
    """``backlog``, ``lag_seconds``: of what no server has answered; ``number`` is settled.

    ``reason``: why it is busy, refused or away, a code.
    """

    name: str
    phase: Phase = "starting"
    reason: str = ""
    number: int = 0
    answered: int = 0
    history_day: int | None = None
    backlog: int = 0
    lag_seconds: float = 0.0
    points: int = 0
    rejected: int = 0
    rewinds: int = 0
    series: int = 0
    series_over_limit: int = 0
    samples_waiting: int = 0
    samples_dropped: int = 0
    last_answer: str = ""
    last_answer_ms: int = 0
    settled_at_ms: int = 0
    paused_by: str = ""
    paused_since_ms: int = 0
    requests: dict[str, int] = field(default_factory=dict)

    def heard(self, answer: Answer, lines: int, now_ms: int) -> None:
        """What the server said to a request of ``lines`` lines."""
        code = _code(answer)
        self.last_answer, self.last_answer_ms = code, now_ms
        outcome = code.partition(":")[0]
        self.requests[outcome] = self.requests.get(outcome, 0) + 1
        if isinstance(answer, Written):
            self.points += lines

    def stands(self, phase: Phase, reason: str = "") -> None:
        """What it does just now."""
        self.phase, self.reason = phase, reason

    def of_row(self, row: ProjectionRow) -> None:
        """What the store says."""
        self.number, self.history_day = row.number, row.history_day
        self.rejected, self.settled_at_ms = row.rejected, row.settled_at_ms
        self.paused_by, self.paused_since_ms = row.paused_by, row.paused_since_ms

    @property
    def shown(self) -> Phase:
        """``phase``, but for one that somebody paused."""
        return "paused" if self.paused_by else self.phase

    def told(self) -> dict[str, Any]:
        """For the local socket: times as RFC 3339, null where there is none."""
        return {
            "name": self.name,
            "state": self.shown,
            "reason": "" if self.paused_by else self.reason,
            "number": self.number,
            "answered": self.answered,
            "history_day": self.history_day,
            "backlog": self.backlog,
            "lag_seconds": round(self.lag_seconds, 3),
            "points": self.points,
            "rejected": self.rejected,
            "rewinds": self.rewinds,
            "series": self.series,
            "series_over_limit": self.series_over_limit,
            "samples_waiting": self.samples_waiting,
            "samples_dropped": self.samples_dropped,
            "last_answer": self.last_answer,
            "last_answer_at": _time(self.last_answer_ms),
            "settled_at": _time(self.settled_at_ms),
            "paused_by": self.paused_by,
            "paused_since": _time(self.paused_since_ms),
        }


def _code(answer: Answer) -> str:
    match answer:
        case Written():
            return "written"
        case BadLines():
            return "bad_lines"
        case TooLarge():
            return "too_large"
        case Refused(reason):
            return f"refused: {reason}"
        case Busy():
            return "busy"
        case Away(reason):
            return f"away: {reason}"
        case _:
            raise AssertionError(f"no such answer: {type(answer).__name__}")


def _time(at_ms: int) -> str | None:
    return format_time(at_ms) if at_ms else None
