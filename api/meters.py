"""The API's own samples, appended to the hub's in one scrape."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Meters:
    """Requests by route template (never by path: a path can hold what a client made up)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "epihub_api_requests", "Answers by route and status.", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "epihub_api_request_seconds",
            "Time to the answer's end.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._streams = Gauge("epihub_api_streams", "Open event streams.", registry=self.registry)
        self._cut = Counter("epihub_api_streams_cut", "Streams ended by us.", registry=self.registry)
        self._reachable = Gauge(
            "epihub_api_hub_up", "Whether the hub process answers.", registry=self.registry
        )
        Gauge("epihub_api_resident_bytes", "Memory of this process.", registry=self.registry).set_function(
            resident_bytes
        )
        self.open_streams = 0

    @contextmanager
    def stream(self) -> Iterator[None]:
        self.open_streams += 1
        self._streams.set(self.open_streams)
        try:
            yield
        finally:
            self.open_streams -= 1
            self._streams.set(self.open_streams)

    def stream_cut(self) -> None:
        self._cut.inc()

    def answered(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._seconds.observe(seconds)

    def text(self, *, hub_up: bool) -> str:
        self._reachable.set(1 if hub_up else 0)
        return generate_latest(self.registry).decode()


def resident_bytes() -> float:
    """Resident memory of this process in bytes (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


class Metered:
    """Counts answers; the event stream and the console's socket are counted apart."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, watch)
        finally:
            self._meters.answered(_route(scope), status, time.perf_counter() - began)


def _route(scope: Scope) -> str:
    """The template of the matched route, without prefix; everything else is one label."""
    route = scope.get("route")
    return route.path if isinstance(route, APIRoute) else "other"
