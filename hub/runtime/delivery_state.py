"""How a destination stands, as its deliverer tells it."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from hub.events import format_time
from hub.feeds.contract import Answer
from hub.feeds.course import Course
from storage.destinations import DestinationRow

# In the order of their codes in metrics.
PHASES = ("following", "catching_up", "paused", "disabled", "away", "starting")
CATCHING_UP_EVENTS = 1000


@dataclass(slots=True)
class DeliveryState:
    """``state`` is one of PHASES; ``answers`` counts what the receiver said, by outcome."""

    name: str
    kind: str
    state: str = "starting"
    reason: str = ""
    number: int = 0
    backlog: int = 0
    lag_seconds: float = 0.0
    waiting: int = 0
    last_answer: str = ""
    last_answer_ms: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    def look(self, row: DestinationRow, course: Course) -> None:
        self.number, self.waiting = row.number, course.waiting
        self.state, self.reason = self._standing(row, course)

    def heard(self, answer: Answer, at_ms: int) -> None:
        self.last_answer, self.last_answer_ms = answer.code, at_ms
        self.answers[answer.outcome] += 1

    def told(self) -> dict[str, Any]:
        """For the local socket."""
        at = format_time(self.last_answer_ms) if self.last_answer_ms else None
        rest = {key: value for key, value in asdict(self).items() if key != "last_answer_ms"}
        return {**rest, "answers": dict(self.answers), "last_answer_at": at}

    def _standing(self, row: DestinationRow, course: Course) -> tuple[str, str]:
        if row.paused_by:
            return "paused", ""
        if course.disabled:
            return "disabled", course.disabled
        if course.breaker.open:
            return "away", self.last_answer
        return ("catching_up" if self.backlog > CATCHING_UP_EVENTS else "following"), ""
