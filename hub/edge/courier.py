"""How a forwarded message leaves this machine: a line driven by a ``Sender``, or a folder."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext
from typing import Protocol

from hub.contract import Answered, Dropped, Offered, Sender, Settled, Step, Transmit
from hub.errors import DeviceUnavailable, NotTaken
from hub.mqtt.tls import why_not_opened
from hub.streams import Connection

READ_BYTES = 64 * 1024
CONNECT_SECONDS = 10.0
MOST_OFFERED = 16  # orders of the other side that wait for the device
PassOn = Callable[[bytes], Awaitable[bytes]]
"""Hands an order to the device and gives its answer; raises NotTaken."""


class Unanswered(DeviceUnavailable):
    """The line ended behind the message and before its answer."""


class Line(Protocol):
    """Where messages go one by one."""

    async def ready(self) -> None:
        """Before each message; raises DeviceUnavailable when the line has ended."""
        ...

    async def deliver(self, raw: bytes, name: str) -> Settled:
        """``name`` is the same for the same message; raises Unanswered or DeviceUnavailable."""
        ...

    async def ask(self, raw: bytes) -> Answered | Settled:
        """What a query is told, or why nothing; raises Unanswered or DeviceUnavailable."""
        ...

    async def ended(self) -> None:
        """Waits, while nothing is outstanding, for the end of the line."""
        ...


class SenderLine:
    """One connection. ``dropped`` hears the code of each answer that settles nothing.

    ``pass_on`` gets the orders that the other side sends by itself, one at a time; None: they are refused.
    """

    def __init__(
        self,
        connection: Connection,
        sender: Sender,
        dropped: Callable[[str], None],
        pass_on: PassOn | None = None,
    ) -> None:
        self._connection = connection
        self._sender = sender
        self._dropped = dropped
        self._pass_on = pass_on
        self._offered: deque[Offered] = deque()
        self._passing: asyncio.Task[None] | None = None
        self._now = asyncio.get_running_loop().time
        if pass_on:
            sender.open()

    async def close(self) -> None:
        """Nobody waits any more for what is being passed on."""
        if self._passing:
            self._passing.cancel()
            await asyncio.wait({self._passing})

    async def ready(self) -> None:
        """What came since the last answer belongs to no message that goes out from now on."""
        try:
            async with asyncio.timeout(0):
                data = await self._read()
        except TimeoutError:
            return
        if not data:
            raise DeviceUnavailable("line.closed")
        self._do(self._sender.receive(data, self._now()))

    async def deliver(self, raw: bytes, name: str) -> Settled:
        settled = await self._end_of(self._sender.send(raw, self._now()))
        assert isinstance(settled, Settled)
        return settled

    async def ask(self, raw: bytes) -> Answered | Settled:
        return await self._end_of(self._sender.ask(raw, self._now()))

    async def ended(self) -> None:
        while True:
            try:
                async with asyncio.timeout_at(self._sender.deadline):
                    data = await self._read()
            except TimeoutError:
                self._do(self._sender.tick(self._now()))
                continue
            if not data:
                return
            self._do(self._sender.receive(data, self._now()))

    async def _end_of(self, steps: list[Step]) -> Answered | Settled:
        while True:
            end = self._do(steps)
            if end is not None:
                return end
            steps = await self._wait()

    def _do(self, steps: list[Step]) -> Answered | Settled | None:
        end: Answered | Settled | None = None
        for step in steps:
            match step:
                case Transmit():
                    self._connection.writer.write(step.data)
                case Dropped():
                    self._dropped(step.code)
                case Offered():
                    self._offer(step)
                case _:
                    end = step
        return end

    def _offer(self, offered: Offered) -> None:
        if self._pass_on is None or len(self._offered) >= MOST_OFFERED:
            self._do(self._sender.reply(offered, None, ever=self._pass_on is not None, now=self._now()))
            return
        self._offered.append(offered)
        if self._passing is None or self._passing.done():
            self._passing = asyncio.create_task(
                self._pass_all(self._pass_on), name="orders of the other side"
            )

    async def _pass_all(self, pass_on: PassOn) -> None:
        while self._offered:
            offered, answer, ever = self._offered.popleft(), None, True
            try:
                async with asyncio.timeout(offered.seconds):
                    answer = await pass_on(offered.raw)
            except NotTaken as error:
                ever = error.ever
            except TimeoutError:
                pass  # it may come again
            if self._do(self._sender.reply(offered, answer, ever=ever, now=self._now())):
                self._connection.writer.close()  # an end that nobody waits for here: both begin anew

    async def _wait(self) -> list[Step]:
        """For bytes or the sender's deadline; who does not read does not answer either."""
        try:
            async with asyncio.timeout_at(self._sender.deadline):
                await self._drain()
                data = await self._read()
        except TimeoutError:
            return self._sender.tick(self._now())
        except DeviceUnavailable as error:
            raise Unanswered(str(error)) from error
        if not data:
            raise Unanswered("line.closed")
        return self._sender.receive(data, self._now())

    async def _drain(self) -> None:
        try:
            await self._connection.writer.drain()
        except OSError as error:
            raise DeviceUnavailable("line.lost") from error

    async def _read(self) -> bytes:
        try:
            return await self._connection.reader.read(READ_BYTES)
        except OSError as error:
            raise DeviceUnavailable("line.lost") from error


@asynccontextmanager
async def dialled(
    host: str,
    port: int,
    tls: SSLContext | None,
    sender: Sender,
    dropped: Callable[[str], None],
    pass_on: PassOn | None = None,
) -> AsyncIterator[Line]:
    """A connection of one's own; raises DeviceUnavailable when it cannot be made."""
    name = f"{host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=READ_BYTES)
    except TimeoutError as error:
        raise DeviceUnavailable(f"{name}: no answer") from error
    except OSError as error:
        raise DeviceUnavailable(f"{name}: {why_not_opened(error)}") from error
    connection = Connection(reader, writer, host)
    line = SenderLine(connection, sender, dropped, pass_on)
    try:
        yield line
    finally:
        await line.close()
        await connection.close()


class Folder:
    """A folder on this machine or mounted here: a message is a file, whole under its name or not there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def ready(self) -> None:
        if not self._path.is_dir():
            raise DeviceUnavailable(f"{self._path}: no such folder")

    async def deliver(self, raw: bytes, name: str) -> Settled:
        try:
            await asyncio.to_thread(_write, self._path, raw, name)
        except OSError as error:
            raise DeviceUnavailable(f"{self._path}: {error.strerror}") from error
        return Settled("DELIVERED", "written")

    async def ask(self, raw: bytes) -> Answered | Settled:
        return Settled("REFUSED", "folder")

    async def ended(self) -> None:
        await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def folder(path: Path) -> AsyncIterator[Line]:
    """Nothing to open: a folder that is away is found at the first message."""
    yield Folder(path)


def _write(path: Path, raw: bytes, name: str) -> None:
    suffix = ".hl7" if raw.lstrip().startswith(b"MSH") else ".txt"
    temporary = path / f".{name}.part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path / f"{name}{suffix}")
    folder_descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder_descriptor)
    finally:
        os.close(folder_descriptor)
