"""Every end of a server's process is noticed; an end of a connection that was announced is none."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.mqtt.tls import trusting
from storage.influx import watch as watching
from storage.influx.server import ServerAddress
from storage.influx.watch import RestartWatch
from tests.background import background
from tests.fire.patience import until
from tests.influx.servers import influxd, victoria_metrics

SOON = 0.01


class PingServer:
    """Answers each ping by ``answer``; counts connections and pings."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.connections: list[StreamWriter] = []
        self.pings: list[bytes] = []

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.pings.append(head)
                writer.write(self.answer.encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def watched(answer: str, path: str = "") -> AsyncIterator[tuple[PingServer, RestartWatch]]:
    pings = PingServer(answer)
    server = await asyncio.start_server(pings.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    watch = RestartWatch(ServerAddress(f"http://127.0.0.1:{port}{path}"), ping_seconds=SOON)
    async with server, background(watch.run()):
        yield pings, watch


OK = "HTTP/1.1 204 No Content\r\n\r\n"


async def test_one_connection_is_pinged_again_and_again() -> None:
    async with watched(OK, path="/insert/0/influx") as (pings, watch):
        await until(lambda: len(pings.pings) > 5, "pings")
        assert (len(pings.connections), watch.breaks) == (1, 0)
        assert watch.since is not None
        assert pings.pings[0].startswith(b"HEAD /insert/0/influx/ping HTTP/1.1\r\nHost: 127.0.0.1:")


async def test_a_ca_file_that_is_none_ends_nothing(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("no certificate")
    watch = RestartWatch(ServerAddress("https://127.0.0.1:9", ca_file), ping_seconds=SOON)
    asked = 0

    def counted(address: ServerAddress) -> None:
        nonlocal asked
        asked += 1
        trusting(address.ca_file)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ServerAddress, "tls", counted)
        async with background(watch.run()):
            await until(lambda: asked > 1, "a second look at the file")
    assert (watch.since, watch.breaks) == (None, 0)


async def test_what_was_seen_grows_while_it_answers() -> None:
    async with watched(OK) as (_, watch):
        await until(lambda: watch.seen_at is not None, "an answer")
        first, since = watch.seen_at, watch.since
        assert first is not None
        await until(lambda: watch.seen_at is not None and watch.seen_at > first, "a later answer")
        assert watch.since == since


@pytest.mark.parametrize(
    "close", [lambda w: w.close(), lambda w: w.transport.abort()], ids=["close", "reset"]
)
async def test_an_end_without_a_word_may_be_a_restart(close: Callable[[StreamWriter], None]) -> None:
    async with watched(OK) as (pings, watch):
        await until(lambda: watch.since is not None, "a connection")
        since = watch.since
        close(pings.connections[0])
        await until(lambda: watch.breaks == 1, "the end is noticed")
        await until(lambda: watch.since is not None and watch.since != since, "another connection")


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nconnection: Close\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
    ],
)
async def test_an_end_that_is_announced_is_no_restart(answer: str) -> None:
    async with watched(answer) as (pings, watch):
        await until(lambda: len(pings.connections) > 5, "connections")
        assert watch.breaks == 0
        assert watch.since is not None


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 204 No Content\r\n\r\nsurplus",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
        "HTTP/1.1 204 " + "x" * 40_000 + "\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
async def test_what_is_no_answer_of_a_server_is_not_trusted(answer: str) -> None:
    async with watched(answer) as (pings, watch):
        await until(lambda: len(pings.connections) > 2, "it tries again")
        assert watch.since is None or watch.breaks > 0


async def test_a_server_that_is_silent_from_one_ping_on_may_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine was switched off: nothing ends the connection."""
    monkeypatch.setattr(watching, "ANSWER_SECONDS", 0.2)
    async with watched(OK) as (pings, watch):
        await until(lambda: watch.since is not None, "a connection")
        pings.answer = ""
        await until(lambda: watch.breaks > 0 and watch.since is None, "the silence is noticed")
        pings.answer = OK
        await until(lambda: watch.since is not None, "it is there again")


async def test_interim_answers_are_passed_over() -> None:
    async with watched("HTTP/1.1 103 Early Hints\r\n\r\n" + OK) as (pings, watch):
        await until(lambda: len(pings.pings) > 3, "pings")
        assert watch.breaks == 0


async def test_a_server_that_keeps_idle_connections_for_a_moment_is_pinged_more_often() -> None:
    pings = PingServer("HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=1\r\n\r\n")
    server = await asyncio.start_server(pings.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    watch = RestartWatch(ServerAddress(f"http://127.0.0.1:{port}"), ping_seconds=3600)
    async with server, background(watch.run()):
        await until(lambda: len(pings.pings) > 1, "a second ping")


@pytest.mark.slow
@pytest.mark.parametrize("server", [victoria_metrics, influxd])
async def test_a_real_server_that_is_killed_and_back_at_once(server: Callable) -> None:  # type: ignore[type-arg]
    with server() as running:
        watch = RestartWatch(running.address, ping_seconds=0.05)
        async with background(watch.run()):
            for kill in (running.kill, running.stop):
                await until(lambda: watch.since is not None, "it is watched")
                before = watch.breaks
                kill()
                running.start()
                await until(lambda: watch.breaks > before, "the restart is seen")  # noqa: B023
