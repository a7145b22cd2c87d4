"""Debian's VictoriaMetrics and InfluxDB as our own foreground children, on free ports of loopback only."""

import http.client
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from subprocess import DEVNULL, Popen
from time import monotonic, sleep
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from hub.broker import child
from storage.influx.reading.influxql import InfluxqlReadBack
from storage.influx.reading.promql import PromqlReadBack
from storage.influx.reading.read_back import ReadBack
from storage.influx.server import ServerAddress
from storage.influx.writing import Writer, WriterV1, WriterV2
from tests.ports import free_ports
from tools.debian import SEARCH_PATH, unpacked

START_SECONDS = 60.0
STOP_SECONDS = 30.0
# What the manual tells operators of VictoriaMetrics: one value an instant, and nothing is too old.
DEDUP = "-dedup.minScrapeInterval=1ms"
RETENTION = "-retentionPeriod=100y"


class TimeSeriesServer(ABC):
    """One data folder and, between ``start`` and ``stop`` or ``kill``, its server."""

    NAME: str  # as tools.debian knows it
    DIALECT: str

    def __init__(self, program: Path, folder: Path, extra: Sequence[str] = ()) -> None:
        """``extra``: arguments of VictoriaMetrics, lines of InfluxDB's section [http]."""
        self.program = program
        self.folder = folder
        self.extra = extra
        self.port, self.other_port = free_ports(2)
        self._process: Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{'https' if '-tls' in self.extra else 'http'}://127.0.0.1:{self.port}"

    @property
    def address(self) -> ServerAddress:
        return ServerAddress(self.url)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start, or start again on its port and data; returns when it answers.

        On the main thread: the kernel ends the server with the thread that started it.
        """
        launcher = [sys.executable, "-I", "-S", str(Path(child.__file__)), str(os.getpid())]
        with (self.folder / "log").open("ab") as log:
            self._process = Popen(
                [*launcher, str(self.program), *self.arguments()],
                env={"PATH": SEARCH_PATH, "HOME": str(self.folder), "GOMAXPROCS": "2"},
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = monotonic() + START_SECONDS
        while not self.answers():
            assert self._process.poll() is None, self.log()
            assert monotonic() < deadline, self.log()
            sleep(0.02)  # a real process: nothing tells us when it is ready

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """An orderly end."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/ping")[0] < 500
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, method: str, path: str, *, body: bytes | None = None, **query: str) -> tuple[int, bytes]:
        """One request without any of our own code: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if self.url.startswith("https:"):
            whoever = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=whoever)
        try:
            connection.request(method, f"{path}?{urlencode(query)}" if query else path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    @abstractmethod
    def arguments(self) -> Sequence[str]: ...

    @abstractmethod
    def new_database(self) -> str:
        """A name that no other test uses; what is written under it is found under it only."""

    @abstractmethod
    def writer(self, database: str) -> Writer: ...

    @abstractmethod
    def read_back(self, database: str) -> ReadBack: ...

    def show(self) -> None:  # noqa: B027  # InfluxDB shows at once what it answered
        """What it has answered can be read from now on."""

    @abstractmethod
    def settings(self, database: str) -> str:
        """Keys of ``[[projection]]`` for it, but for name and kind."""


class VictoriaMetrics(TimeSeriesServer):
    """v2 write, PromQL read. It keeps no buckets apart: a test has a site (or device) of its own."""

    NAME = "victoria-metrics"
    DIALECT = "v2"

    def arguments(self) -> Sequence[str]:
        return (
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.folder / 'data'}",
            "-loggerLevel=WARN",
            "-memory.allowedBytes=256MB",
            "-search.latencyOffset=0s",
            DEDUP,
            RETENTION,
            *self.extra,
        )

    def new_database(self) -> str:
        return f"t{token_hex(6)}"

    def writer(self, database: str) -> Writer:
        return WriterV2(self.address, bucket=database)

    def read_back(self, database: str) -> ReadBack:
        return PromqlReadBack(self.address)

    def settings(self, database: str) -> str:
        return f'url = "{self.url}"\ndialect = "v2"\nbucket = "{database}"\nread = "promql"\n'

    def show(self) -> None:
        """It would show it a second later by itself."""
        assert self.ask("GET", "/internal/force_flush")[0] == 200


class Influxd(TimeSeriesServer):
    """v1 write, InfluxQL read; a database for a test."""

    NAME = "influxd"
    DIALECT = "v1"

    def arguments(self) -> Sequence[str]:
        config = self.folder / "influxdb.conf"
        config.write_text("\n".join(self._config()) + "\n", encoding="utf-8")
        return ("run", "-config", str(config))

    def _config(self) -> Iterator[str]:
        yield "reporting-disabled = true"
        yield f'bind-address = "127.0.0.1:{self.other_port}"'
        yield f'[meta]\ndir = "{self.folder / "meta"}"\nlogging-enabled = false'
        yield f'[data]\ndir = "{self.folder / "data"}"\nwal-dir = "{self.folder / "wal"}"'
        yield "query-log-enabled = false\nmax-series-per-database = 0\nmax-values-per-tag = 0"
        yield "[monitor]\nstore-enabled = false"
        yield "[subscriber]\nenabled = false"
        yield "[continuous_queries]\nenabled = false"
        yield f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false'
        yield from self.extra

    def new_database(self) -> str:
        name = f"t{token_hex(6)}"
        status, said = self.ask("POST", "/query", q=f'CREATE DATABASE "{name}"')
        assert status == 200, said
        return name

    def writer(self, database: str) -> Writer:
        return WriterV1(self.address, database=database)

    def read_back(self, database: str) -> ReadBack:
        return InfluxqlReadBack(self.address, database=database)

    def settings(self, database: str) -> str:
        return f'url = "{self.url}"\ndialect = "v1"\ndatabase = "{database}"\nread = "influxql"\n'


S = TypeVar("S", bound=TimeSeriesServer)
SERVERS: dict[str, type[TimeSeriesServer]] = {kind.NAME: kind for kind in (VictoriaMetrics, Influxd)}


def program(name: str) -> Path | None:
    """Where ``victoria-metrics`` or ``influxd`` is unpacked or installed; None: nowhere."""
    there = unpacked(name) / "usr" / "bin" / name
    if there.exists():
        return there
    found = shutil.which(name, path=SEARCH_PATH)
    return Path(found) if found else None


def required_program(name: str) -> Path:
    """The same; skips the test where there is none, or fails it where ``EPIHUB_REQUIRE`` names it."""
    if found := program(name):
        return found
    missing = f"{name} is neither unpacked (./dev test as root does that) nor installed"
    if name in os.environ.get("EPIHUB_REQUIRE", "").split(","):
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def victoria_metrics(*extra: str, place: str | None = None) -> Iterator[VictoriaMetrics]:
    """A server of one's own, started, with ``extra`` arguments; its folder in ``place`` goes with it."""
    with _running(VictoriaMetrics, extra, place) as server:
        yield server


@contextmanager
def influxd(*extra: str, place: str | None = None) -> Iterator[Influxd]:
    """The same of InfluxDB."""
    with _running(Influxd, extra, place) as server:
        yield server


@contextmanager
def _running(kind: type[S], extra: Sequence[str], place: str | None) -> Iterator[S]:
    binary = required_program(kind.NAME)
    with tempfile.TemporaryDirectory(prefix=f"epihub-{kind.NAME}-", dir=place) as folder:
        server = kind(binary, Path(folder), extra)
        try:
            server.start()
            yield server
        finally:
            server.kill()
