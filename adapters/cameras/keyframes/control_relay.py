"""The control line of a camera that libav plays: libav dials us, we the address that was checked.

So libav never resolves a name, connects elsewhere, or sees a redirect; what it is told was looked at first.
A stream that comes through the same line passes with it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from adapters.cameras.keyframes.control_watch import ControlWatch
from adapters.cameras.rtsp.dialling import dial
from adapters.cameras.rtsp.places import CameraPlace
from hub.streams.blocking_calls import BlockingCalls

_PIECE_BYTES = 16 * 1024
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Relay:
    """``port``: where libav finds the camera on this machine."""

    port: int
    watch: ControlWatch


@asynccontextmanager
async def relayed(
    place: CameraPlace,
    seconds: float,
    resolving: BlockingCalls,
    heard: Callable[[], None],
    *,
    carries_stream: bool,
) -> AsyncIterator[Relay]:
    """Connected to the camera; ``heard`` is called after each reading of it. Raises NotReached."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, protocol = await dial(place, lambda: asyncio.StreamReaderProtocol(reader), seconds, resolving)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        peer = str(transport.get_extra_info("peername")[0])
        addresses = frozenset((peer, _LOOPBACK, *_own_address(transport)))
        watch = ControlWatch(addresses, carries_stream=carries_stream)
        line = _Line(reader, writer, watch, heard)
        server = await asyncio.start_server(line.serve, _LOOPBACK, 0)
        async with server:
            try:
                yield Relay(server.sockets[0].getsockname()[1], watch)
            finally:
                line.end()
    finally:
        writer.close()


def _own_address(transport: asyncio.Transport) -> tuple[str, ...]:
    """Cameras tell where they send to: to us."""
    told = transport.get_extra_info("sockname")
    return (str(told[0]),) if told else ()


class _Line:
    """Takes one connection; any other is closed at once."""

    def __init__(
        self,
        camera: asyncio.StreamReader,
        to_camera: asyncio.StreamWriter,
        watch: ControlWatch,
        heard: Callable[[], None],
    ) -> None:
        self._camera = camera
        self._to_camera = to_camera
        self._watch = watch
        self._heard = heard
        self._task: asyncio.Task[None] | None = None

    async def serve(self, asking: asyncio.StreamReader, answering: asyncio.StreamWriter) -> None:
        if self._task is None:
            self._task = asyncio.current_task()
            with suppress(asyncio.CancelledError):  # by ``end``: nobody waits for this task
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._ask(asking), name="asks")
                    tasks.create_task(self._answer(answering), name="answers")
        answering.close()

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _ask(self, asking: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await asking.read(_PIECE_BYTES):
                self._watch.asked(data)
                self._to_camera.write(data)
                await self._to_camera.drain()

    async def _answer(self, answering: asyncio.StreamWriter) -> None:
        """Until the camera goes, or says what libav must not hear."""
        watch = self._watch
        try:
            while watch.failed is None and (data := await self._camera.read(_PIECE_BYTES)):
                answering.write(watch.answered(data))
                self._heard()
                await answering.drain()
                self._to_camera.write(watch.for_camera)
                watch.for_camera.clear()
        except ConnectionResetError:
            watch.was_reset()
        except OSError:
            pass
        answering.close()
