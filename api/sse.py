"""Server-sent events (WHATWG HTML 9.2): the log as a stream that resumes by number."""

import asyncio
from abc import abstractmethod
from contextlib import AbstractContextManager, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.meters import Meters
from api.tail import Tail
from hub.errors import StoreUnavailable
from storage.contract import CursorGone, LoggedEvent

HEARTBEAT_SECONDS = 15.0
SEND_SECONDS = 10.0  # a client whose socket takes nothing for so long is cut; it resumes by its number
_LEAST_PAUSE_SECONDS = 0.25  # at most four pieces a second, each with all that came


def format_event(event: LoggedEvent) -> bytes:
    """One event; ``data`` is the body as it was stored, a line each of its lines."""
    lines = event.body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    data = b"".join(b"data: %b\n" % line for line in lines)
    return b"id: %d\nevent: %b\n%b\n" % (event.number, event_name(event).encode(), data)


def event_name(event: LoggedEvent) -> str:
    """The event's type; a body of another make must not break out of its line."""
    return event.type if event.type.isprintable() else "unknown"


class OpenStream(Response):
    """Ends when the client goes, stalls, or the server stops."""

    def __init__(self, meters: Meters, stopping: asyncio.Event) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._meters = meters
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with self._counted():
            feeding = asyncio.create_task(self._feed(send), name="api.sse.feed")
            others = [
                asyncio.create_task(_gone(receive), name="api.sse.gone"),
                asyncio.create_task(self._stopping.wait(), name="api.sse.stop"),
            ]
            try:
                await asyncio.wait([feeding, *others], return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _end(feeding, *others)
            if not feeding.cancelled():
                feeding.result()
            with suppress(OSError, TimeoutError):
                await self._put(send, b"", more=False)

    def _counted(self) -> AbstractContextManager[None]:
        """While it is open."""
        return self._meters.stream()

    @abstractmethod
    async def _feed(self, send: Send) -> None:
        """Put parts until there are no more; whoever goes away cancels it."""

    async def _put(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": more})


class ServerSentEvents(OpenStream):
    """An open stream of events."""

    media_type = "text/event-stream"


class EventStream(ServerSentEvents):
    """Follows the log from ``after``."""

    def __init__(self, tail: Tail, after: int, meters: Meters, stopping: asyncio.Event) -> None:
        super().__init__(meters, stopping)
        self._tail = tail
        self._after = after

    async def _feed(self, send: Send) -> None:
        await self._put(send, b"retry: 1000\n\n")
        try:
            async with self._tail.following():
                while True:
                    await self._put(send, await self._piece())
                    await asyncio.sleep(_LEAST_PAUSE_SECONDS)
        except (OSError, TimeoutError, CursorGone, StoreUnavailable):
            self._meters.stream_cut()  # the client comes again with its number and is told what is wrong

    async def _piece(self) -> bytes:
        events = await self._tail.next(self._after, HEARTBEAT_SECONDS)
        if not events:
            return b": quiet\n\n"
        self._after = events[-1].number
        return b"".join(format_event(event) for event in events if self._tail.tells(event)) or b": quiet\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
