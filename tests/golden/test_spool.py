"""Spools of every earlier version are opened by this one: nothing is lost, numbering goes on, never down."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from hub.backup.spool import restore_spool
from hub.errors import OperatorError
from hub.spool import LabFact
from hub.spool.schema import SCHEMA, open_spool
from storage.archive import FORMAT, Archive, ArchiveWriter, Manifest, SpoolPart
from storage.sqlite.tables import dump_tables
from tests.golden.dump import dump, load
from tests.golden.make import SPOOLS, golden
from tests.golden.spool_content import PICTURE, write_spool
from tests.spool.parts import RECEIVED_MS, capture, event, every_row, opened, receipt, waiting_ids

GOLDEN = golden(SPOOLS)
FORWARDS_SINCE = 3
ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys, apsw
from hub.spool.schema import migrate
connection = apsw.Connection(sys.argv[1])
connection.pragma("journal_mode", "wal")
connection.set_commit_hook(lambda: os.kill(os.getpid(), signal.SIGKILL))
migrate(connection)
"""


@pytest.fixture(params=sorted(GOLDEN))
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def earlier(version: int, tmp_path: Path) -> Path:
    path = tmp_path / "spool.db"
    load(path, GOLDEN[version])
    return path


def test_there_is_a_golden_spool_of_every_version() -> None:
    assert list(GOLDEN) == list(range(1, SCHEMA + 1)), "python -m tests.golden.make"


async def test_an_earlier_spool_has_the_rows_of_todays(earlier: Path, tmp_path: Path) -> None:
    await write_spool(tmp_path / "fresh.db")
    async with opened(earlier) as old, opened(tmp_path / "fresh.db") as fresh:
        assert len(await waiting_ids(old)) == len(await waiting_ids(fresh)) > 0
        assert [row[:3] for row in await every_row(old)] == [row[:3] for row in await every_row(fresh)]
        sent = [row.body for row in await every_row(old) if "reading" in row.topic]
        assert sent == [row.body for row in await every_row(fresh) if "reading" in row.topic]
        assert len(sent) == 9
        assert old.figures().spooled == fresh.figures().spooled
        assert [entry.reason for entry in await old.quarantine()] == ["hl7.no_test"]


async def test_an_earlier_spool_goes_on(earlier: Path, version: int) -> None:
    async with opened(earlier) as spool:
        first, last = (await spool.epochs())[0], (await spool.epochs())[-1]
        done = await spool.receive(receipt(spool, first.last_seq, event(8), epoch=first.epoch))
        assert done.kind == "ADVANCED"
        await spool.commit([event(11)])
        assert (await every_row(spool))[-1].seq == last.last_seq + 1
        known = await spool.commit([event(7)], capture(b"MSH|raw", b"identity", reply=b"another"))
        assert (known.reply, known.rows) == (b"ACK", [])
        (waiting,) = await spool.quarantine()
        assert (await spool.load_capture(bytes.fromhex(waiting.capture))).contents.raw == b"PID|odd"
        assert spool.forwards.book("lis").waiting == (1 if version >= FORWARDS_SINCE else 0)
        again = replace(capture(b"MSH|new", b"another"), forwards=("lis",))
        await spool.commit([event(12)], again)
        head = await spool.forwards.head("lis")
        assert head is not None
        await spool.forwards.settle("lis", head.n, "DELIVERED", "AA", RECEIVED_MS)
        await spool.upkeep(RECEIVED_MS)


async def test_orders_of_an_earlier_spool_go_on(tmp_path: Path) -> None:
    load(tmp_path / "spool.db", GOLDEN[4])
    async with opened(tmp_path / "spool.db") as spool:
        assert (spool.orders.book.placed, spool.orders.book.sent) == (1, 1)
        (waiting,) = await spool.orders.to_measure("lab", "pcr-1", None)
        (cancelled, _) = await spool.orders.next_of("lab", "pcr-1")
        assert (waiting.order, cancelled.order, cancelled.cancelled) == ("O-0", "O-2", True)
        resulted = LabFact("lab", "pcr-1", "S-1/94500-6", "S-1", "94500-6", "", "F")
        await spool.commit([event(99)._replace(fact=resulted)])
        rows = await spool.orders.rows([f"O-{number}" for number in range(4)])
        assert [row.state for row in rows] == ["PLACED", "RESULTED", "CANCELLED", "RESULTED"]


async def test_pictures_of_an_earlier_spool_are_shared(tmp_path: Path) -> None:
    load(tmp_path / "spool.db", GOLDEN[6])
    async with opened(tmp_path / "spool.db") as spool:
        again = capture(b"3" + PICTURE)
        await spool.commit([], again)
        names = await spool._read("SELECT capture FROM capture_picture ORDER BY capture", ())
        raws = {(await spool.load_capture(name)).contents.raw for (name,) in names}
        assert raws == {control + PICTURE for control in (b"1", b"2", b"3")}
        assert await spool._read("SELECT count(*) FROM picture", ()) == [(1,)]


def test_a_newer_spool_is_refused_and_left_alone(earlier: Path) -> None:
    connection = apsw.Connection(str(earlier))
    connection.pragma("user_version", SCHEMA + 1)
    before = dump(connection)
    connection.close()
    with pytest.raises(OperatorError, match="newer epihub"):
        open_spool(earlier)
    assert dump(apsw.Connection(str(earlier))) == before


@pytest.mark.parametrize("step", range(2, SCHEMA + 1))
def test_a_migration_that_is_killed_changes_nothing(tmp_path: Path, step: int) -> None:
    """Killed from inside the commit of the step."""
    path = tmp_path / "spool.db"
    load(path, GOLDEN[step - 1])
    before = dump(apsw.Connection(str(path)))
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False, timeout=50)
    assert ended.returncode == -signal.SIGKILL
    connection = apsw.Connection(str(path))
    assert dump(connection) == before
    connection.close()
    open_spool(path).close()


async def test_the_spool_of_an_earlier_backup_is_restored(earlier: Path, tmp_path: Path) -> None:
    """A backup is older than the epihub that needs it."""
    connection = apsw.Connection(str(earlier))
    version = int(connection.pragma("user_version"))
    with ArchiveWriter(tmp_path / "b.zip") as archive:
        part = SpoolPart(version, "e", 0, 0, 0, dump_tables(connection, archive, "spool"))
        archive.finish(Manifest(FORMAT, "0", "", "", "", None, part, ()))
    connection.close()
    with Archive(tmp_path / "b.zip") as backup:
        restore_spool(backup, part, tmp_path / "restored.db", lambda _: None)
    async with opened(tmp_path / "restored.db") as spool:
        assert len(await every_row(spool)) == 10
        assert len(await spool.epochs()) == 3
