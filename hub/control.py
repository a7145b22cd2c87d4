"""The local socket of a running epihub: API, console and commands ask here; nobody off this machine can.

One JSON object a line each way: {"call", "arguments"} and {"answer"} or {"error"}. The socket is
mode 0600 in the data directory.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from hub.errors import NotCommitted, OperatorError

SOCKET = "control.sock"
LARGEST_LINE_BYTES = 4 * 1024 * 1024
CONNECTIONS = 64
NO_SUCH_CALL = "no such call"
LONGEST_UNIX_PATH = 100  # sun_path holds 108 bytes

Answer = dict[str, Any]
Handler = Callable[..., Awaitable[Answer]]
log = logging.getLogger(__name__)


class ControlUnavailable(ConnectionError):
    """No epihub runs on this data directory, or it does not answer."""


class _Call(msgspec.Struct):
    call: str
    arguments: dict[str, Any] = {}


class _Told(msgspec.Struct, omit_defaults=True):
    answer: Answer | None = None
    error: str = ""


_decode_call = msgspec.json.Decoder(_Call).decode
_decode_told = msgspec.json.Decoder(_Told).decode
_encode = msgspec.json.Encoder().encode


async def serve_control(path: Path, handlers: Mapping[str, Handler]) -> None:
    """Answer until cancelled; raises OperatorError when the socket cannot be made."""
    server = _Server(handlers)
    _remove(path)
    try:
        with _short(path) as name:
            listener = await asyncio.start_unix_server(
                server.accept, name, limit=LARGEST_LINE_BYTES, start_serving=False
            )
        await asyncio.to_thread(path.chmod, 0o600)
        await listener.start_serving()  # private before anybody can be let in
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror or error}") from error
    try:
        # Not serve_forever: from Python 3.12 on its cancel waits for the connections first.
        await asyncio.get_running_loop().create_future()
    finally:
        listener.close()
        _remove(path)
        await server.end()


class _Server:
    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self.handlers = handlers
        self.open: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """In a task of its own, which nobody waits for: ``end`` cancels it, and it ends as any other."""
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        try:
            if len(self.open) <= CONNECTIONS:
                await self._serve(reader, writer)
        except (OSError, ValueError) as error:  # the caller went, or sent a line without end
            log.info("control connection ended", extra={"reason": type(error).__name__})
        except asyncio.CancelledError:
            log.debug("control connection ended by us")
        finally:
            self.open.discard(task)
            writer.close()

    async def end(self) -> None:
        """A question may be kept until there is news: whoever waits is told that there is nobody any more."""
        waiting = set(self.open)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(_encode(await self._answer(line)) + b"\n")
            await writer.drain()

    async def _answer(self, line: bytes) -> _Told:
        try:
            call = _decode_call(line)
            handler = self.handlers.get(call.call)
            if handler is None:
                return _Told(error=NO_SUCH_CALL)
            return _Told(answer=await handler(**call.arguments))
        except (OperatorError, NotCommitted) as error:
            return _Told(error=str(error))
        except (msgspec.DecodeError, TypeError):
            return _Told(error="bad call")


class ControlClient:
    """Calls by name; each on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def call(self, name: str, /, **arguments: Any) -> Answer:
        """Raises ControlUnavailable, or OperatorError with the refusal."""
        try:
            with _short(self.path) as path:
                reader, writer = await asyncio.open_unix_connection(path, limit=LARGEST_LINE_BYTES)
        except OSError as error:
            raise ControlUnavailable("no epihub runs with this data directory") from error
        try:
            writer.write(_encode(_Call(name, arguments)) + b"\n")
            line = await reader.readline()
        except (OSError, ValueError) as error:
            raise ControlUnavailable("epihub does not answer") from error
        finally:
            writer.close()
        if not line:
            raise ControlUnavailable("epihub ended while answering")
        try:
            told = _decode_told(line)
        except msgspec.DecodeError as error:  # it was killed in the middle of its answer
            raise ControlUnavailable("epihub ended while answering") from error
        if told.answer is None:
            raise OperatorError(told.error)
        return told.answer


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Unix socket paths are short: a long one goes by the descriptor of its folder."""
    if len(os.fsencode(path)) <= LONGEST_UNIX_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
