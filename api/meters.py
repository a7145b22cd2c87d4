"""The API's own figures, appended to the hub's in one scrape."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.metrics import Histogram, Metric, Registry, Sample, render

_SECONDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
LEFT = 499  # who asked had gone before there was an answer: no fault of ours (the number is nginx's)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
ANSWERS = Metric(
    "epihub_api_answers_total",
    "counter",
    "Answers by route and status; 499: who asked left before.",
    ("route", "status"),
)
SECONDS = Metric("epihub_api_answer_seconds", "histogram", "Time to the answer's end, event streams aside.")
STREAMS = Metric("epihub_api_streams", "gauge", "Open streams: of events, and looks at cameras.")
STREAMS_CUT = Metric(
    "epihub_api_streams_cut_total",
    "counter",
    "Streams that we ended: stalled clients, store or edge away.",
)
HUB_UP = Metric("epihub_api_hub_up", "gauge", "1 while the hub process answers the API.")
RESIDENT = Metric("epihub_api_resident_bytes", "gauge", "Memory of the API process.")


class Meters:
    """Answers by route template (never by path: a path can hold what a client made up)."""

    def __init__(self) -> None:
        self.open_streams = 0
        self.open_looks = 0
        self.hub_up = False
        self._cut = 0
        self._answers: Counter[tuple[str, int]] = Counter()
        self._seconds = Histogram(_SECONDS)
        self._registry = Registry()
        self._registry.add(self._collect)

    @contextmanager
    def stream(self) -> Iterator[None]:
        """One more open event stream while the block runs."""
        self.open_streams += 1
        try:
            yield
        finally:
            self.open_streams -= 1

    @contextmanager
    def look(self) -> Iterator[None]:
        """One more open look at a camera, which is an open stream, while the block runs."""
        self.open_looks += 1
        try:
            with self.stream():
                yield
        finally:
            self.open_looks -= 1

    def stream_cut(self) -> None:
        self._cut += 1

    def answered(self, route: str, status: int, seconds: float | None) -> None:
        self._answers[route, status] += 1
        if seconds is not None:
            self._seconds.observe(seconds)

    def text(self, *, hub_up: bool) -> str:
        """Prometheus' text form."""
        self.hub_up = hub_up
        return render(self._registry.snapshot())

    def _collect(self) -> Iterator[Sample]:
        for (route, status), count in self._answers.items():
            yield ANSWERS.sample(count, route, str(status))
        yield SECONDS.sample(self._seconds.distribution())
        yield STREAMS.sample(self.open_streams)
        yield STREAMS_CUT.sample(self._cut)
        yield HUB_UP.sample(int(self.hub_up))
        yield RESIDENT.sample(resident_bytes())


def resident_bytes() -> int:
    """Resident memory of this process in bytes (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


class Metered:
    """Counts answers of routes; the console's socket is none."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, gone = 0, False

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        async def listen() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        began = time.perf_counter()
        try:
            await self._app(scope, listen, watch)
        finally:
            route = _route(scope)
            seconds = None if route == "/stream" else time.perf_counter() - began
            self._meters.answered(route, status or (LEFT if gone else 500), seconds)


def _route(scope: Scope) -> str:
    """The template of the matched route, without prefix; everything else is one label."""
    route = scope.get("route")
    return route.path if isinstance(route, APIRoute) else "other"
