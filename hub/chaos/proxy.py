"""The proxy: listens, dials, and does to the bytes what the line's faults say."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hub.chaos.faults import Moment, Order, parse
from hub.chaos.line import Line
from hub.chaos.tunnel import CHUNK_BYTES, Stream, Tunnel, finish
from hub.errors import OperatorError

MOST_CONNECTIONS = 1000
DIAL_SECONDS = 10.0
log = logging.getLogger(__name__)


class Address(NamedTuple):
    """Where to listen, or whom to dial."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Proxy:
    """``run`` serves until cancelled; ``listening`` then has the address, with the port that was free."""

    def __init__(self, line: Line, listen: Address, to: Address) -> None:
        self.line = line
        self.listen = listen
        self.to = to
        self.listening: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
        self._tunnels: dict[asyncio.Task[None], Tunnel | None] = {}

    @property
    def connections(self) -> int:
        return sum(tunnel is not None for tunnel in self._tunnels.values())

    async def run(self) -> None:
        """Raises OperatorError when the address cannot be listened on."""
        try:
            server = await asyncio.start_server(
                self._accept, self.listen.host, self.listen.port, limit=CHUNK_BYTES
            )
        except OSError as error:
            raise OperatorError(f"{self.listen}: {error.strerror or 'cannot listen'}") from error
        host, port = server.sockets[0].getsockname()[:2]
        self.listening.set_result(Address(host, port))
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for task in self._tunnels:
                task.cancel()
            await asyncio.gather(*self._tunnels, return_exceptions=True)

    def obey(self, order: Order) -> None:
        """Take the new faults; what lives now is ended if the order says so."""
        self.line.set(order.faults)
        if order.end:
            for tunnel in self._tunnels.values():
                if tunnel:
                    tunnel.end(order.end)

    async def follow(self, script: Sequence[Moment], told: Callable[[Moment], None]) -> None:
        """Obey the lines of a script at their times, counted from now."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for moment in script:
            await asyncio.sleep(max(0.0, began + moment.seconds - loop.time()))
            self.obey(parse(moment.words, self.line.faults))
            told(moment)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.line.faults.cut or len(self._tunnels) >= MOST_CONNECTIONS:
            self.line.counters.refused += 1
            finish(writer, "reset")
            return
        self.line.counters.taken += 1
        task = asyncio.create_task(self._serve((reader, writer)), name="tunnel")
        self._tunnels[task] = None
        task.add_done_callback(self._tunnels.pop)

    async def _serve(self, client: Stream) -> None:
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                server = await asyncio.open_connection(*self.to, limit=CHUNK_BYTES)
        except (OSError, TimeoutError) as error:
            log.warning("server not reached", extra={"to": str(self.to), "reason": type(error).__name__})
            finish(client[1], "reset")
            return
        tunnel = Tunnel(self.line, client, server)
        task = asyncio.current_task()
        assert task is not None
        self._tunnels[task] = tunnel
        if self.line.faults.cut:
            tunnel.end("close")
        await tunnel.run()
