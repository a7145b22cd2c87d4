"""TCP in both roles: devices that dial us, and devices (serial servers, scanners) that we dial."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from hub.errors import DeviceUnavailable
from hub.streams.pump import Connection
from hub.streams.socket_line import SocketLine

BACKLOG = 256
KEEPALIVE_IDLE_SECONDS = 60  # a cable pulled at the device leaves a half-open line; found within two minutes
Session = Callable[[Connection], Awaitable[None]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TcpEndpoint:
    """``peers``: the networks (CIDR) that may dial in; empty = anyone who reaches ``host``."""

    host: str
    port: int
    peers: tuple[str, ...] = ()
    max_connections: int = 64


async def listen_tcp(endpoint: TcpEndpoint, session: Session) -> None:
    """Serve until cancelled: each connection is a task of one group, ended with it.

    Raises DeviceUnavailable when the port cannot be had.
    """
    listener = _Listener(endpoint, session)
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: SocketLine(listener.accept),
            endpoint.host,
            endpoint.port,
            backlog=BACKLOG,
            start_serving=False,
        )
    except OSError as error:
        raise DeviceUnavailable(f"{endpoint.host}:{endpoint.port}: {error.strerror}") from error
    try:
        async with asyncio.TaskGroup() as sessions:
            listener.sessions = sessions
            await server.start_serving()
            # Not serve_forever: from Python 3.12 on its cancel waits for the connections first.
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                listener.sessions = None  # sessions that are there may take a moment to end: no further ones
                server.close()
    except* OSError as errors:  # a port can be bound twice; only one may listen
        raise DeviceUnavailable(f"{endpoint.host}:{endpoint.port}: {errors.exceptions[0]}") from None
    finally:
        server.close()


async def dial_tcp(endpoint: TcpEndpoint, session: Session, *, connect_seconds: float = 10) -> None:
    """Hold one connection until it ends; raises DeviceUnavailable when it cannot be made or was lost."""
    name = f"{endpoint.host}:{endpoint.port}"
    try:
        async with asyncio.timeout(connect_seconds):
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: SocketLine(_tune), endpoint.host, endpoint.port
            )
    except (OSError, TimeoutError) as error:
        raise DeviceUnavailable(f"{name}: {getattr(error, 'strerror', None) or 'no answer'}") from error
    connection = Connection(line, line, endpoint.host)
    try:
        await session(connection)
    finally:
        await connection.close()
    raise DeviceUnavailable(f"{name}: connection closed by the device")


class _Listener:
    def __init__(self, endpoint: TcpEndpoint, session: Session) -> None:
        self.endpoint = endpoint
        self.session = session
        self.sessions: asyncio.TaskGroup | None = None
        self.networks = tuple(ip_network(peer, strict=False) for peer in endpoint.peers)
        self.open = 0

    def accept(self, line: SocketLine) -> None:
        peer = str((line.get_extra_info("peername") or ("?",))[0])  # None: gone already
        refusal = self._refusal(peer)
        if refusal:
            log.warning("connection refused", extra={"peer": peer, "reason": refusal})
            line.transport.abort()
            return
        if self.sessions is None:  # it was on its way when the listener ended
            line.transport.abort()
            return
        _tune(line)
        self.open += 1
        connection = Connection(line, line, peer)
        self.sessions.create_task(self._serve(connection), name=f"session[{self.endpoint.port}]")

    def _refusal(self, peer: str) -> str:
        if self.open >= self.endpoint.max_connections:
            return "too many connections"
        if self.networks and not self._is_listed(peer):
            return "peer not listed"
        return ""

    def _is_listed(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    async def _serve(self, connection: Connection) -> None:
        try:
            await self.session(connection)
        except Exception:  # a fault of ours in one session must not end its neighbours
            log.exception("session ended by a fault", extra={"peer": connection.peer})
        finally:
            self.open -= 1
            await connection.close()


def _tune(connected: SocketLine) -> None:
    line: socket.socket | None = connected.get_extra_info("socket")
    if line is None:
        return
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
