"""The WAL moves into the file while nobody waits, and what is committed meanwhile is as durable."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from hub.spool import checkpoint
from tests.spool.parts import capture, event, every_row, opened

RAW = bytes(range(256)) * 64
# WAL_CKPT_LOCK is the second lock byte of the -shm file (sqlite.org/walformat.html, 2.3.1).
HOLD_CHECKPOINT_LOCK = """
import fcntl, sys
shm = open(sys.argv[1], "r+b")
fcntl.lockf(shm, fcntl.LOCK_EX, 1, 121)
print("held", flush=True)
sys.stdin.read()
"""
CAPTURES = 100  # of 16 KiB: more than WORTH_BYTES


async def test_an_idle_spool_moves_its_wal_into_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "IDLE_SECONDS", 0.01)
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        await asyncio.gather(*(spool.commit([event(n)], capture(RAW)) for n in range(CAPTURES)))
        async with asyncio.timeout(10):
            while path.stat().st_size < CAPTURES * len(RAW):  # noqa: ASYNC110 - a thread's work, seen on the disk
                await asyncio.sleep(0.01)
        await spool.commit([event(CAPTURES)])
    async with opened(path) as spool:
        assert len(await every_row(spool)) == CAPTURES + 1


async def test_a_checkpoint_that_cannot_be_made_now_refuses_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit is durable before it; SQLite's own hook takes no notice of its end either."""
    monkeypatch.setattr(checkpoint, "MOST_BYTES", 1)
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        holder = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLD_CHECKPOINT_LOCK, f"{path}-shm", stdin=PIPE, stdout=PIPE
        )
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
        done = await spool.commit([event(1)], capture(RAW))
        assert len(done.rows) == 1
        await holder.communicate(b"")
        await spool.commit([event(2)])
        assert len(await every_row(spool)) == 2


async def test_commits_find_their_wal_as_long_as_it_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    length = 3 << 20
    monkeypatch.setattr(checkpoint, "WAL_BYTES", length)
    path = tmp_path / "spool.db"
    wal = path.with_name("spool.db-wal")
    async with opened(path) as spool:
        assert wal.stat().st_size == length
        await spool.commit([event(1)], capture(RAW))
        assert wal.stat().st_size == length
        assert len(await every_row(spool)) == 1


async def test_a_disk_that_is_nearly_full_is_spared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "ROOM_BYTES", 1 << 62)
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        await spool.commit([event(1)])
        assert path.with_name("spool.db-wal").stat().st_size < checkpoint.WAL_BYTES


async def test_a_spool_that_is_closed_before_it_was_idle_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        await asyncio.gather(*(spool.commit([event(n)], capture(RAW)) for n in range(CAPTURES)))
    assert not path.with_name("spool.db-wal").exists()
    async with opened(path) as spool:
        assert len(await every_row(spool)) == CAPTURES
