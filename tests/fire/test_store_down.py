"""The store is away, slow, full or broken: analyzers notice nothing, health says so, and it comes back."""

import asyncio
import resource
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.fire.campaign import Run, running
from tests.fire.patience import until
from tests.fire.power_loss import STRACE
from tests.postgres.server import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SHORT_BYTES = 256 * 1024  # more than any log of a test, less than a hundred results in a WAL
FULL_FROM, FULL_TO = 60, 62  # of the writes to the store's WAL: each try to commit fails at its first one


async def test_a_stopped_postgresql_is_waited_for(tmp_path: Path, postgres: PostgresServer) -> None:
    async with running(tmp_path, "one machine", postgres) as run:
        await run.analyzers.more(100)
        hub = await run.installation.child_pid("hub")
        await asyncio.to_thread(postgres.stop)
        reason = await run.installation.until_store("down")
        await run.analyzers.more(300)
        await asyncio.to_thread(postgres.start)
        await run.installation.until_store("ok")
        await _settle_with_the_same_hub(run, hub)
    assert reason.startswith("store.connection")


async def test_a_postgresql_that_hangs_is_waited_for(tmp_path: Path, postgres: PostgresServer) -> None:
    """SIGSTOP: the lines stand, nothing answers; the reason is told long before the driver gives up."""
    async with running(tmp_path, "one machine", postgres) as run:
        await run.analyzers.more(100)
        await run.installation.until_connected()
        hub = await run.installation.child_pid("hub")
        postgres.freeze()
        try:
            await run.analyzers.more(100)
            reason = await run.installation.until_store("down")
        finally:
            postgres.thaw()
        await run.installation.until_store("ok")
        await _settle_with_the_same_hub(run, hub)
    assert reason.startswith("store.slow")


async def test_a_hub_started_while_postgresql_is_away_waits_for_it(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async with running(tmp_path, "one machine", postgres) as run:
        await run.analyzers.more(50)
        await run.installation.kill("up")
        await asyncio.to_thread(postgres.stop)
        await run.installation.start("up")
        reason = await run.installation.until_store("down")
        await run.analyzers.more(100)
        await asyncio.to_thread(postgres.start)
        await run.installation.until_store("ok")
        await run.settle()
    assert reason.startswith("store.connection")


async def test_devices_do_not_wait_for_a_store_that_hangs_at_the_start(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async with running(tmp_path, "one machine", postgres) as run:
        await run.analyzers.more(50)
        await run.installation.kill("up")
        postgres.freeze()
        try:
            await run.installation.start("up")
            await run.analyzers.more(100)
            words = run.installation.log("up")
        finally:
            postgres.thaw()
        await run.installation.until_store("ok")
        await run.settle()
    assert "the store cannot be opened" not in words  # the hub had not even given up its first try


async def test_a_hub_killed_while_it_first_opens_a_store_that_hangs_is_started_again(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async with running(tmp_path, "one machine", postgres) as run:
        await run.analyzers.more(50)
        await run.installation.kill("up")
        postgres.freeze()
        try:
            await run.installation.start("up")
            hub = psutil.Process(await run.installation.child_pid("hub"))
            await until(lambda: _dials(hub, postgres), "the hub has dialled the server")
            killed = await run.installation.kill_hub_beside()
            words = run.installation.log("up")
            await run.analyzers.more(100)
            await run.installation.until_child_is_another("hub", killed)
        finally:
            postgres.thaw()
        await run.installation.until_store("ok")
        await run.settle()
    assert "the store cannot be opened" not in words  # it was killed in its first try


def _dials(hub: psutil.Process, server: PostgresServer) -> bool:
    return any(line.raddr[1:] == (server.port,) for line in hub.net_connections("tcp4"))  # none: a listener


async def _settle_with_the_same_hub(run: Run, hub: int) -> None:
    await run.settle()
    assert await run.installation.child_pid("hub") == hub, "it had to be started again"
    assert set(run.analyzers.ledger.answers) == {"AA"}


async def test_a_full_disk_of_the_store_is_waited_for(
    tmp_path: Path, debian_program: Callable[[str], str]
) -> None:
    fault = ("-e", f"inject=pwrite64:error=ENOSPC:when={FULL_FROM}..{FULL_TO}")
    wal = ("-P", str(tmp_path / "data" / "store.db-wal"))  # not the broker's files
    strace = (debian_program("strace"), "-D", *STRACE, *wal, "-o", str(tmp_path / "trace"), *fault)
    async with running(tmp_path, "two processes", roles=("edge",)) as run:
        await run.installation.start("hub", wrapper=strace)
        process = run.installation.processes["hub"]
        reason = await run.installation.until_store("down")
        await run.analyzers.more(100)
        await run.installation.until_store("ok")
        await run.settle()
        assert run.installation.processes["hub"] is process
        assert process.returncode is None
    assert reason == "store.full"
    assert set(run.analyzers.ledger.answers) == {"AA"}


async def test_a_hub_beside_the_edge_whose_store_broke_is_started_again(tmp_path: Path) -> None:
    """Its files may not be longer than they are, which SQLite takes for a fault of the disk."""
    async with running(tmp_path, "one machine") as run:
        await run.analyzers.more(100)
        await run.installation.until_store("ok")  # a hub that cannot open it waits, as for a server
        hub = await run.installation.child_pid("hub")
        resource.prlimit(hub, resource.RLIMIT_FSIZE, (SHORT_BYTES, SHORT_BYTES))
        await run.analyzers.more(100)
        await run.installation.until_hub_is_another(hub)
        await run.settle()
    assert "store.ioerr" in run.installation.log("up")
    assert set(run.analyzers.ledger.answers) == {"AA"}
