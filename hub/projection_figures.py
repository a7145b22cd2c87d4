"""What the projector tells of its projections: their metrics."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from hub.metrics import Metric, Sample

_BY_NAME = ("projection",)
STATE = Metric(
    "epihub_projection_state",
    "gauge",
    "0 following, 1 catching up, 2 history, 3 paused, 4 busy, 5 refused, 6 away, 7 starting.",
    _BY_NAME,
    fold="max",
)
BACKLOG = Metric(
    "epihub_projection_backlog_events", "gauge", "Events of the log that the server has not taken.", _BY_NAME
)
LAG = Metric(
    "epihub_projection_lag_seconds",
    "gauge",
    "Age of the oldest event that the server has not taken.",
    _BY_NAME,
    fold="max",
)
UNSETTLED = Metric(
    "epihub_projection_unsettled_events",
    "gauge",
    "Events that the server has taken less than 30 s ago, or before it last restarted.",
    _BY_NAME,
)
POINTS = Metric(
    "epihub_projection_points_total", "counter", "Lines that the server took, repeated ones too.", _BY_NAME
)
REJECTED = Metric(
    "epihub_projection_rejected_total", "counter", "Lines that the server refused for good.", _BY_NAME
)
REWINDS = Metric(
    "epihub_projection_rewinds_total",
    "counter",
    "Times that what was not settled was sent again.",
    _BY_NAME,
)
REQUESTS = Metric(
    "epihub_projection_requests_total",
    "counter",
    "Requests to the server, by what it answered.",
    ("projection", "answer"),
)
SERIES = Metric("epihub_projection_series", "gauge", "Series that are written.", _BY_NAME)
SERIES_OVER = Metric(
    "epihub_projection_series_over_limit", "gauge", "Series that are not written: over series_most.", _BY_NAME
)
SAMPLES_WAITING = Metric(
    "epihub_projection_samples_waiting", "gauge", "Samples of the hub's own figures that wait.", _BY_NAME
)
SAMPLES_DROPPED = Metric(
    "epihub_projection_samples_dropped_total",
    "counter",
    "Samples of the hub's own figures that made room for newer ones.",
    _BY_NAME,
)


class Projected(Protocol):
    """The state of a projection."""

    name: str
    number: int
    answered: int
    backlog: int
    lag_seconds: float
    points: int
    rejected: int
    rewinds: int
    series: int
    series_over_limit: int
    samples_waiting: int
    samples_dropped: int

    @property
    def requests(self) -> Mapping[str, int]: ...
    @property
    def shown(self) -> str: ...


def of_projection(state: Projected, phases: Sequence[str]) -> Iterator[Sample]:
    """Figures of one; ``phases`` in the order of their codes."""
    name = state.name
    yield STATE.sample(phases.index(state.shown), name)
    yield BACKLOG.sample(state.backlog, name)
    yield LAG.sample(state.lag_seconds, name)
    yield UNSETTLED.sample(max(0, state.answered - state.number), name)
    yield POINTS.sample(state.points, name)
    yield REJECTED.sample(state.rejected, name)
    yield REWINDS.sample(state.rewinds, name)
    for answer, count in state.requests.items():
        yield REQUESTS.sample(count, name, answer)
    yield SERIES.sample(state.series, name)
    yield SERIES_OVER.sample(state.series_over_limit, name)
    yield SAMPLES_WAITING.sample(state.samples_waiting, name)
    yield SAMPLES_DROPPED.sample(state.samples_dropped, name)
