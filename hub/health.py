"""Whether the process works, and if not, why: components tell their state, probes ask for the report."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from hub.metrics import Metric, Sample

State = Literal["ok", "degraded", "down"]
ORDER: tuple[State, ...] = ("ok", "degraded", "down")
LONGEST_REASON = 200
PROBE_SECONDS = 0.25
LAG_WARNING_SECONDS = 0.5
LAG_DOWN_SECONDS = 5.0
STARTING_SECONDS = 5.0  # nobody needs a warning that what has just begun is not connected yet

LAG = Metric(
    "epihub_loop_lag_seconds", "gauge", "How late the event loop was last time.", ("process",), fold="max"
)
STALLS = Metric(
    "epihub_loop_stalls_total", "counter", "Times the event loop was over 0.5 s late.", ("process",)
)
HEALTH = Metric(
    "epihub_component_state", "gauge", "0 ok, 1 degraded, 2 down.", ("process", "component"), fold="max"
)

log = logging.getLogger(__name__)


class ComponentReport(TypedDict):
    """``since``: Unix seconds of the last change of state."""

    state: State
    reason: str
    since: float


class Report(TypedDict):
    """Answer of /readyz: ``state`` is the worst of all."""

    state: State
    components: dict[str, ComponentReport]


class Liveness(TypedDict):
    """Answer of /healthz."""

    state: State
    reason: str
    loop_lag_seconds: float


@dataclass(slots=True)
class Component:
    """A part of the process; down until it says otherwise."""

    name: str
    state: State = "down"
    reason: str = "is starting"
    since: float = field(default_factory=time.time)
    clock: Callable[[], float] = time.monotonic
    _told: State | None = None
    _made: float = field(init=False)

    def __post_init__(self) -> None:
        self._made = self.clock()

    def ok(self) -> None:
        """It works."""
        self._tell("ok", "")

    def degraded(self, reason: str) -> None:
        """It works with limits that lose nothing: the bus is away and the spool waits."""
        self._tell("degraded", reason)

    def down(self, reason: str) -> None:
        """It does not work; ``reason`` in words, for people, without data of devices."""
        self._tell("down", reason)

    def _tell(self, state: State, reason: str) -> None:
        if state != self.state:
            self.since = time.time()
        self.state, self.reason = state, reason[:LONGEST_REASON]
        if state == self._told or (state == "degraded" and self._is_starting()):
            return
        self._told = state
        level = logging.INFO if state == "ok" else logging.WARNING
        log.log(level, "component changed", extra={"component": self.name, "state": state, "reason": reason})

    def _is_starting(self) -> bool:
        """It has never said how it is, and is young: told by the next report that finds it older."""
        return self._told is None and self.clock() - self._made < STARTING_SECONDS


class LoopLag:
    """How late the event loop is; ``run`` is a task of the process. The figure may be read by any thread."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._due: float | None = None
        self._last = 0.0
        self.stalls = 0

    async def run(self) -> None:
        """Measure until cancelled; warns when the loop was held up."""
        try:
            while True:
                self._due = self._clock() + PROBE_SECONDS
                await self._sleep(PROBE_SECONDS)
                self._measured(max(0.0, self._clock() - self._due))
        finally:
            self._due = None

    def seconds(self) -> float:
        """The last lag, or the one that lasts just now if that is longer."""
        due = self._due
        return max(self._last, self._clock() - due if due is not None else 0.0)

    def _measured(self, lag: float) -> None:
        self._last = lag
        if lag > LAG_WARNING_SECONDS:
            self.stalls += 1
            log.warning("event loop was held up", extra={"lag_seconds": round(lag, 3)})


class Health:
    """The components of one process. Not ready while one of them is down."""

    def __init__(self, lag: LoopLag | None = None) -> None:
        self.lag = lag or LoopLag()
        self._components: dict[str, Component] = {}

    def component(self, name: str) -> Component:
        """The component of this name, made at the first call: down, "is starting"."""
        return self._components.setdefault(name, Component(name))

    def forget(self, name: str) -> None:
        """It does not belong to the process any more."""
        self._components.pop(name, None)

    def report(self) -> Report:
        """For /readyz: 200 unless ``state`` is down."""
        parts = self._components.values()
        worst: State = max((part.state for part in parts), key=ORDER.index, default="ok")
        told = {p.name: ComponentReport(state=p.state, reason=p.reason, since=p.since) for p in parts}
        return Report(state=worst, components=told)

    def alive(self) -> Liveness:
        """For /healthz: 200 unless ``state`` is down; a process that is only not ready is alive."""
        lag = self.lag.seconds()
        if lag > LAG_DOWN_SECONDS:
            return Liveness(state="down", reason="the event loop is stuck", loop_lag_seconds=lag)
        if lag > LAG_WARNING_SECONDS:
            return Liveness(state="degraded", reason="the event loop is late", loop_lag_seconds=lag)
        return Liveness(state="ok", reason="", loop_lag_seconds=lag)

    def collect(self, process: str) -> Iterator[Sample]:
        """Figures for the registry; ``process`` is "hub", "edge" or "api"."""
        yield LAG.sample(self.lag.seconds(), process)
        yield STALLS.sample(self.lag.stalls, process)
        for part in self._components.values():
            yield HEALTH.sample(ORDER.index(part.state), process, part.name)


def merged(report: dict[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """``report`` of one process with the components of another: {status, components}."""
    parts = {**report["components"], **components}
    states = [report["status"], *(part["state"] for part in components.values())]
    return {"status": max(states, key=ORDER.index), "components": parts}
