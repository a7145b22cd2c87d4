"""One that means harm, or is another than was thought: bounded, not followed, nothing of ours shown."""

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Semaphore, Thread

import pytest
from urllib3 import Timeout

from hub.errors import ConfigError
from storage.influx import connections, exchange
from storage.influx.reading.influxql import InfluxqlReadBack
from storage.influx.reading.promql import PromqlReadBack
from storage.influx.reading.read_back import ReadBack, ReadBackFailed
from storage.influx.server import Answer, Away, BadLines, Credentials, Refused, ServerAddress, Written
from storage.influx.writing import Writer, WriterV1, WriterV2

LINE = ["m,site=h value=1 1700000000000"]
NOBODY = Credentials()
TOKEN, PASSWORD = "token-of-nobody", "mat-khau-cua-ai"


class Listener:
    """Gives each connection ``said``, then ``more`` while somebody reads; keeps what it heard."""

    def __init__(self, said: bytes, more: bytes, pause_seconds: float) -> None:
        self.said, self.more, self.pause_seconds = said, more, pause_seconds
        self.ends = Event()
        self.heard: list[bytes] = []
        self.closed = Semaphore(0)  # one for each connection that has ended
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                self._answer(self.socket.accept()[0])

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.heard.append(_request(connection))
            connection.sendall(self.said)
            while self.more:
                connection.sendall(self.more)
                self.ends.wait(self.pause_seconds)
        self.closed.release()


def _request(connection: socket.socket) -> bytes:
    """All of it: what is left unread when a connection is closed takes the answer with it."""
    heard = b""
    while not (head := heard.partition(b"\r\n\r\n"))[1] or len(head[2]) < _length(head[0]):
        if not (more := connection.recv(1 << 16)):
            break
        heard += more
    return heard


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
    return int(found[1]) if found else 0


@contextmanager
def listener(said: bytes, more: bytes = b"", pause_seconds: float = 0) -> Iterator[Listener]:
    server = Listener(said, more, pause_seconds)
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        thread.join()


def writers(url: str, credentials: Credentials = NOBODY) -> list[Writer]:
    address = ServerAddress(url, credentials=credentials)
    return [WriterV2(address, org="o", bucket="b"), WriterV1(address, database="d")]


def readers(url: str) -> list[ReadBack]:
    return [PromqlReadBack(ServerAddress(url)), InfluxqlReadBack(ServerAddress(url), database="d")]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", Away("broken_answer")),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", Away("broken_answer")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Away("broken_answer")),
        (b"HTTP/1.1 204 \xff\xfe\r\nContent-Length: -1\r\n\r\n", None),
        (b"HTTP/1.1 204 No Content\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", Away("broken_answer")),
        (
            b"HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\n\xff\xfe\xfd\xff\xfe\xfd\xff\xfe\xfd",
            Refused("not_understood"),
        ),
        (b"HTTP/1.1 400 Bad\r\nContent-Length: 5000\r\n\r\n{", Away("broken_answer")),
    ],
)
def test_what_is_no_answer(said: bytes, answer: Answer | None) -> None:
    with listener(said) as server:
        for writer in writers(server.address):
            found = writer.write(LINE)
            assert found == answer or answer is None
            assert isinstance(found, Answer)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as elsewhere:
        said = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.address}/write\r\nContent-Length: 0\r\n\r\n"
        with listener(said.encode()) as server:
            for writer in writers(server.address, Credentials(TOKEN)):
                assert writer.write(LINE) == Refused("redirected")
            for reader in readers(server.address):
                with pytest.raises(ReadBackFailed, match=f"http_{status}"):
                    reader.days("m", "value", ("site",), 1, 2)
        assert elsewhere.heard == []


def test_an_answer_without_end_is_cut() -> None:
    begin = b'HTTP/1.1 400 Bad Request\r\n\r\n{"error":"unable to parse'
    with listener(begin, b" it" * 10_000) as server:
        for writer in writers(server.address):
            found = writer.write(LINE)
            assert isinstance(found, BadLines)
            assert len(found.reason) <= 200


def test_a_long_answer_to_a_question_about_one_day_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.influx.reading.asking.MOST_ANSWER_BYTES", 100_000)
    with listener(b'HTTP/1.1 200 OK\r\n\r\n{"status":"', b"x" * 10_000) as server:
        for reader in readers(server.address):
            with pytest.raises(ReadBackFailed, match="too_long"):
                reader.days("m", "value", ("site",), 0, 30)
        asked = b"".join(server.heard)
        assert len(server.heard) == 6  # 7 days, 3, 1: of each language
        assert asked.count(b"POST ") == 6


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 204 No Content\r\nX-Endless: ", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
def test_an_answer_that_comes_a_byte_at_a_time_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    """Whatever its first line says: a head that ends in its middle looks like a whole one."""
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.1)
    with listener(begin, b"x", pause_seconds=0.01) as server:
        for writer in writers(server.address):
            assert writer.write(LINE) == Away("timed_out")


def test_a_server_that_hangs_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # it accepts, and nothing more
        address = ServerAddress(f"http://127.0.0.1:{hanging.getsockname()[1]}")
        monkeypatch.setattr(exchange.Exchange, "_patience", lambda _: Timeout(connect=10, read=0.05))
        for writer in writers(address.url):
            assert writer.write(LINE) == Away("timed_out")
        for reader in readers(address.url):
            with pytest.raises(ReadBackFailed, match="timed_out"):
                reader.days("m", "value", ("site",), 1, 2)


def test_a_connection_that_was_closed_while_nobody_used_it_is_no_failure() -> None:
    """Else every pause would look like a restart of the server."""
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        for writer in writers(server.address):
            for _ in range(3):
                assert writer.write(LINE) == Written()
                server.closed.acquire()
        assert len(server.heard) == 6


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"status":"success","results":[{"series":[{"values":[["a",1,2]]}]}]}',
        b'{"status":"success","data":{"result":[{"metric":{},"values":[[1,"NaN"]]}]},"results":7}',
    ],
    ids=["nothing", "null", "list", "deep", "time", "value"],
)
def test_an_answer_to_a_question_that_is_none(body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with listener(head + body) as server:
        for reader in readers(server.address):
            with pytest.raises(ReadBackFailed, match="unreadable"):
                reader.days("m", "value", ("site",), 1, 2)


def test_a_cluster_that_answers_without_some_nodes_is_not_believed() -> None:
    body = b'{"status":"success","isPartial":true,"data":{"result":[]}}'
    with (
        listener(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as server,
        pytest.raises(ReadBackFailed, match="partial"),
    ):
        PromqlReadBack(ServerAddress(server.address)).days("m", "value", ("site",), 1, 2)


def test_an_answer_that_influxdb_cut_at_its_own_limit_is_not_believed() -> None:
    body = b'{"results":[{"series":[{"values":[[0,1,1]],"partial":true}]}]}'
    with (
        listener(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as server,
        pytest.raises(ReadBackFailed, match="too_long"),
    ):
        InfluxqlReadBack(ServerAddress(server.address), database="d").days("m", "value", ("site",), 1, 2)


@pytest.mark.parametrize(
    "credentials", [Credentials(TOKEN), Credentials(username="epihub", password=PASSWORD)]
)
def test_no_secret_and_no_answer_is_shown(
    credentials: Credentials, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said = (
        b"HTTP/1.1 401 Unauthorized\r\nX-Secret: of-the-server\r\nContent-Length: 17\r\n\r\nanswer-of-a-thing"
    )
    with listener(said) as server:
        for writer in writers(server.address, credentials):
            assert writer.write(LINE) == Refused("unauthorized")
            shown = repr(
                (writer, vars(writer), credentials, ServerAddress(server.address, None, credentials))
            )
            assert TOKEN not in shown
            assert PASSWORD not in shown
        heard = b"".join(server.heard).decode()
    assert ("Authorization: Token " + TOKEN in heard) or "Authorization: Basic " in heard
    said_by_us = caplog.text + "".join(capsys.readouterr())
    for secret in (TOKEN, PASSWORD, "of-the-server", "answer-of-a-thing", LINE[0]):
        assert secret not in said_by_us
    assert TOKEN not in "".join(line for line in heard.splitlines() if "HTTP/1.1" in line)


@pytest.mark.parametrize("token", ["a\r\nX-Injected: b", "mật-khẩu", "a\x00b"])
def test_a_token_that_no_header_can_carry(token: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Credentials(token)
    assert token not in str(refused.value)


def test_nobody_is_there() -> None:
    with listener(b"") as server:
        gone = server.address
    for writer in writers(gone):
        assert writer.write(LINE) == Away("no_connection")
    for writer in writers("http://nobody.invalid:8086"):
        assert writer.write(LINE) in (Away("name_not_found"), Away("no_connection"))
    for reader in readers(gone):
        with pytest.raises(ReadBackFailed, match="no_connection"):
            reader.days("m", "value", ("site",), 1, 2)
