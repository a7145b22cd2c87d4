"""Backups made by the command under load, and put back by it: the edges bring what they do not have."""

import asyncio
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path
from secrets import token_hex

import pytest

from tests.fire.campaign import Run, running
from tests.fire.copies import remove_database
from tests.fire.installation import EPIHUB, LAYOUTS, Installation, Layout
from tests.fire.oracle import alarms, drained, examine
from tests.postgres.server import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def epihub(*arguments: object, code: int = 0) -> str:
    """What the command says, when it ends with ``code``."""
    process = await asyncio.create_subprocess_exec(*EPIHUB, *map(str, arguments), stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == code, (out + err).decode()
    return (out + err).decode()


async def backed_up(run: Run, folder: Path) -> Path:
    """A backup of the running installation, made while analyzers send, and verified."""
    target = folder / "backup.zip"
    sending = asyncio.create_task(run.analyzers.more(100), name="load")
    await epihub("backup", target, "--config", run.installation.config)
    await sending
    assert "everything holds" in await epihub("verify", target, "--scratch", folder)
    return target


def lose_all_data(installation: Installation) -> None:
    """The disk is gone; the vault's keys come back from their escrow."""
    for path in installation.data.iterdir():
        if path.name != "keys":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_hub_restored_from_an_older_backup_gets_everything_again(
    tmp_path: Path, layout: Layout, store_server: PostgresServer | None
) -> None:
    """Of either database; nothing that is there is overwritten."""
    async with running(tmp_path / "site", layout, store_server) as run:
        installation = run.installation
        await run.analyzers.more(200)
        backup = await backed_up(run, tmp_path)
        before = store_id(installation)
        await run.analyzers.more(300)
        assert "in use by another epihub" in await restore(run, backup, "--replace", code=1)
        await installation.kill(installation.hub_role)
        if installation.hub_role != installation.edge_role:
            await run.analyzers.more(50)
            await installation.stop("edge")
        refused = await restore(run, backup, code=1)
        if store_server:
            assert "not empty" in refused
            await another_database(installation, store_server)
        else:
            assert "--replace" in refused
        assert "left as it is" in await restore(run, backup, "--replace")
        await installation.start()
        await run.analyzers.more(100)
        findings = await run.settle()
    assert findings.epochs == 1
    assert store_id(installation) != before
    assert alarms(installation.database)["hub.restored"] >= 1
    assert "everything holds" in await epihub("verify", "--config", installation.config)


async def test_a_province_that_grows_moves_from_sqlite_to_postgresql(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    async with running(tmp_path / "site", "one machine") as run:
        await run.analyzers.more(300)
        await run.installation.stop("up")
        backup = tmp_path / "move.zip"
        await epihub("backup", backup, "--config", run.installation.config)
        await run.installation.keep_store_in(postgres)
        await restore(run, backup)
        await run.installation.start()
        await run.analyzers.more(200)
        findings = await run.settle()
    assert findings.epochs == 1
    assert "everything holds" in await epihub("verify", "--config", run.installation.config)


async def test_a_new_disk_gets_what_the_backup_had_and_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path / "site", "one machine") as run:
        installation = run.installation
        await run.analyzers.more(200)
        kept = set(run.analyzers.ledger.acknowledged)
        backup = await backed_up(run, tmp_path)
        await run.analyzers.more(100)
        await installation.kill("up")
        after_backup = set(run.analyzers.ledger.acknowledged) - kept
        lose_all_data(installation)
        await restore(run, backup)
        await installation.start()
        await run.analyzers.more(200)
        await run.analyzers.finish()
        await drained(installation, run.scrapes)
    findings = examine(installation, run.analyzers.ledger)
    lost = {specimen for specimen, _ in findings.lost}
    ledger = run.analyzers.ledger
    assert lost, "nothing came between backup and loss: the test shows nothing"
    assert lost <= {ledger.acknowledged[control] for control in after_backup}
    assert findings.epochs == 2
    assert not findings.twice
    assert not findings.strangers
    assert not findings.problems


async def test_a_store_lost_with_its_broker_is_healed_by_the_spool_beside_it(tmp_path: Path) -> None:
    async with running(tmp_path / "site", "one machine") as run:
        await run.analyzers.more(200)
        backup = await backed_up(run, tmp_path)
        await run.analyzers.more(300)
        await run.installation.kill("up")
        remove_database(run.installation.store)
        await asyncio.to_thread(shutil.rmtree, run.installation.data / "broker")
        await restore(run, backup)
        await run.installation.start()
        await run.analyzers.more(100)
        findings = await run.settle()
    assert findings.epochs == 1


async def restore(run: Run, backup: Path, *options: str, code: int = 0) -> str:
    return await epihub("restore", backup, "--config", run.installation.config, *options, code=code)


async def another_database(installation: Installation, server: PostgresServer) -> None:
    """What is there is never overwritten: the configuration names a new one."""
    before = installation.store_url
    installation.store_url = await server.new_store(f"t{token_hex(6)}")
    config = await asyncio.to_thread(installation.config.read_text, "utf-8")
    changed = config.replace(before, installation.store_url)
    await asyncio.to_thread(installation.config.write_text, changed, "utf-8")


def store_id(installation: Installation) -> str:
    return str(next(installation.database.rows("SELECT id FROM store"))[0])
