"""HTTP for devices that push: a route is a device's door; who owns the port only carries the bytes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from hub.errors import DeviceUnavailable

LARGEST_BODY_BYTES = 1024 * 1024  # WHO E006/DS01: a report is at most 1 MB


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A device's request, size checked; header names in lower case. ``keyed``: it showed a device key."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """2xx only for what is committed (design 8)."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[HttpRequest], Awaitable[HttpAnswer]]


class RouteBook:
    """The routes of one edge while their adapters run."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def find(self, path: str) -> Handler | None:
        return self._handlers.get(path)

    def add(self, path: str, handler: Handler) -> None:
        if path in self._handlers:
            raise DeviceUnavailable(f"{path}: another device has this route")
        self._handlers[path] = handler

    def remove(self, path: str) -> None:
        del self._handlers[path]


async def serve_route(book: RouteBook, path: str, handler: Handler) -> None:
    """Answer requests for ``path`` until cancelled."""
    await serve_routes(book, {path: handler})


async def serve_routes(book: RouteBook, handlers: Mapping[str, Handler]) -> None:
    """Answer requests for all paths until cancelled; raises DeviceUnavailable when one is another's."""
    with ExitStack() as added:
        for path, handler in handlers.items():
            book.add(path, handler)
            added.callback(book.remove, path)
        await asyncio.get_running_loop().create_future()
