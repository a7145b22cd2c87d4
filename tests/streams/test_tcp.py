"""TCP in both roles."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hub.errors import DeviceUnavailable
from hub.streams import Connection, TcpEndpoint, dial_tcp, listen_tcp
from hub.streams.tcp import Session, _Listener
from tests.background import background
from tests.ports import free_port
from tests.streams.lines import read_line, read_rest

HOST = "127.0.0.1"


async def echo(connection: Connection) -> None:
    while line := await read_line(connection):
        connection.writer.write(connection.peer.encode() + b" " + line)


@asynccontextmanager
async def listening(endpoint: TcpEndpoint, session: Session = echo) -> AsyncIterator["asyncio.Task[None]"]:
    async with asyncio.timeout(60), background(listen_tcp(endpoint, session)) as task:
        while True:
            try:
                _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
            except ConnectionRefusedError:
                assert not task.done(), task.exception()
                await asyncio.sleep(0)
            else:
                writer.close()
                await writer.wait_closed()
                break
        yield task


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"hi\n")
    try:
        return await reader.readline()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_sessions_are_served_side_by_side() -> None:
    endpoint = TcpEndpoint(HOST, free_port())
    async with listening(endpoint):
        reader, writer = await asyncio.open_connection(HOST, endpoint.port)
        assert await ask(endpoint.port) == b"127.0.0.1 hi\n"
        writer.write(b"first\n")
        assert await reader.readline() == b"127.0.0.1 first\n"
        writer.close()


@pytest.mark.parametrize(
    ("peers", "served"),
    [
        ((), True),
        (("127.0.0.0/8",), True),
        (("10.1.0.0/16", "127.0.0.1"), True),
        (("10.1.0.0/16",), False),
        (("::1/128",), False),
    ],
)
async def test_only_listed_peers_are_served(peers: tuple[str, ...], served: bool) -> None:
    endpoint = TcpEndpoint(HOST, free_port(), peers=peers)
    async with listening(endpoint):
        assert bool(await ask(endpoint.port)) == served


@pytest.mark.parametrize("peername", [None, ("", 0), ("/run/x", 1)])
def test_peer_without_an_address_is_not_listed(peername: object) -> None:
    listener = _Listener(TcpEndpoint(HOST, 1, peers=("0.0.0.0/0",)), echo)
    peer = str((peername or ("?",))[0])  # type: ignore[index]
    assert listener._refusal(peer) == "peer not listed"


async def test_connections_are_counted_and_freed() -> None:
    endpoint = TcpEndpoint(HOST, free_port(), max_connections=2)
    async with listening(endpoint):
        lines = [await asyncio.open_connection(HOST, endpoint.port) for _ in range(2)]
        for reader, writer in lines:
            writer.write(b"hi\n")
            await reader.readline()
        assert await ask(endpoint.port) == b"", "one too many"
        lines[0][1].close()
        async with asyncio.timeout(60):
            while not await ask(endpoint.port):
                pass
        lines[1][1].close()


async def test_fault_of_one_session_leaves_the_others() -> None:
    async def session(connection: Connection) -> None:
        if await read_line(connection) == b"bad\n":
            raise ZeroDivisionError
        connection.writer.write(b"good\n")

    endpoint = TcpEndpoint(HOST, free_port())
    async with listening(endpoint, session) as task:
        reader, writer = await asyncio.open_connection(HOST, endpoint.port)
        writer.write(b"bad\n")
        assert await reader.read() == b""
        assert await ask(endpoint.port) == b"good\n"
        assert not task.done()
        writer.close()


async def test_cancel_ends_it_within_a_second_with_lines_open() -> None:
    started = asyncio.Event()

    async def flood(connection: Connection) -> None:
        connection.writer.write(bytes(10_000_000))  # nobody reads it
        started.set()
        await read_rest(connection)

    endpoint = TcpEndpoint(HOST, free_port())
    async with listening(endpoint, flood) as task:
        _, writer = await asyncio.open_connection(HOST, endpoint.port)
        await started.wait()
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)
        assert done == {task}
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, endpoint.port)


async def test_who_dials_while_it_ends_is_turned_away_without_a_word_in_the_log() -> None:
    begun, ending, release = asyncio.Event(), asyncio.Event(), asyncio.Event()
    faults: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))

    async def slow_to_end(connection: Connection) -> None:
        if not await read_line(connection):
            return  # it was only asked whether somebody listens
        begun.set()
        try:
            await read_rest(connection)
        finally:
            ending.set()
            await release.wait()

    endpoint = TcpEndpoint(HOST, free_port())
    async with listening(endpoint, slow_to_end) as task:
        _, first = await asyncio.open_connection(HOST, endpoint.port)
        first.write(b"here I am\n")
        await begun.wait()
        task.cancel()
        await ending.wait()
        try:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(HOST, endpoint.port)
            assert not task.done()
        finally:
            release.set()
        first.close()
        await asyncio.wait([task])
    assert faults == []


async def test_port_that_is_taken_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(DeviceUnavailable, match=f"{HOST}:"):
            await listen_tcp(TcpEndpoint(HOST, taken.getsockname()[1]), echo)
    with pytest.raises(DeviceUnavailable):
        await listen_tcp(TcpEndpoint("192.0.2.1", free_port()), echo)


async def test_port_that_somebody_else_got_first_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def too_late(_server: asyncio.Server) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(asyncio.Server, "start_serving", too_late)
    with pytest.raises(DeviceUnavailable, match="already in use"):
        await listen_tcp(TcpEndpoint(HOST, free_port()), echo)


async def test_dialled_line_is_held_until_the_device_closes_it() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"reading\n")
        await reader.readline()
        writer.close()

    heard: list[bytes] = []

    async def session(connection: Connection) -> None:
        heard.append(await read_line(connection))
        connection.writer.write(b"thanks\n")
        heard.append(await read_rest(connection))

    server = await asyncio.start_server(serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(60):
        with pytest.raises(DeviceUnavailable, match="closed by the device"):
            await dial_tcp(TcpEndpoint(HOST, port), session)
    assert heard == [b"reading\n", b""]


async def test_device_that_is_away_is_unavailable() -> None:
    with pytest.raises(DeviceUnavailable, match="Connect call failed"):
        await dial_tcp(TcpEndpoint(HOST, free_port()), echo)


async def test_device_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    with pytest.raises(DeviceUnavailable, match="no answer"):
        await dial_tcp(TcpEndpoint(HOST, 1), echo, connect_seconds=0.01)
