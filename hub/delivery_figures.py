"""What the deliverer tells of its destinations: their metrics."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from hub.metrics import Metric, Sample

_BY_NAME = ("destination",)
STATE = Metric(
    "epihub_destination_state",
    "gauge",
    "0 following, 1 catching up, 2 paused, 3 disabled, 4 away, 5 starting.",
    _BY_NAME,
    fold="max",
)
BACKLOG = Metric(
    "epihub_destination_backlog_events",
    "gauge",
    "Events of the log that are not settled, wanted or not.",
    _BY_NAME,
)
LAG = Metric("epihub_destination_lag_seconds", "gauge", "Age of the oldest of them.", _BY_NAME, fold="max")
WAITING = Metric(
    "epihub_destination_waiting_events",
    "gauge",
    "Events that are on their way, or wait for another attempt.",
    _BY_NAME,
)
ANSWERS = Metric(
    "epihub_destination_answers_total",
    "counter",
    "What the receiver answered: taken, again, dead, gone.",
    ("destination", "answer"),
)


class Delivered(Protocol):
    """The state of a destination."""

    name: str
    state: str
    backlog: int
    lag_seconds: float
    waiting: int

    @property
    def answers(self) -> Mapping[str, int]: ...


def of_destination(state: Delivered, phases: Sequence[str]) -> Iterator[Sample]:
    """Figures of one; ``phases`` in the order of their codes."""
    yield STATE.sample(phases.index(state.state), state.name)
    yield BACKLOG.sample(state.backlog, state.name)
    yield LAG.sample(state.lag_seconds, state.name)
    yield WAITING.sample(state.waiting, state.name)
    for answer, count in state.answers.items():
        yield ANSWERS.sample(count, state.name, answer)
