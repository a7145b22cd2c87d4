"""Commit: together, durable, whole or not at all; and what a device hears when it cannot be done."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from hub.errors import NotCommitted, OperatorError, SpoolFull
from hub.spool import ProblemRecord, Spool, SpoolLimits
from hub.vault import Sealer
from tests.spool.parts import (
    RECEIVED_MS,
    SEALER,
    Execute,
    Hold,
    capture,
    event,
    every_row,
    make_skip,
    opened,
    receipt,
)


def _bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_file_is_private_and_its_writer_waits_for_the_disk(tmp_path: Path) -> None:
    async def look() -> list[Any]:
        async with opened(tmp_path / "edge" / "spool.db") as spool:
            submit = spool._committer.submit
            return [await submit(Execute(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]

    assert asyncio.run(look()) == [[("wal",)], [(2,)]]
    assert stat.S_IMODE((tmp_path / "edge").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "edge" / "spool.db").stat().st_mode) == 0o600


async def test_what_waits_for_a_commit_is_the_next_one(spool: Spool) -> None:
    groups: list[int] = []
    heard = spool._committer.on_group

    def count(results: list[Any]) -> None:
        groups.append(len(results))
        heard(results)

    spool._committer.on_group = count
    hold = Hold()
    first = spool._committer.submit(hold)
    await asyncio.sleep(0)
    others = [spool.commit([event(number)]) for number in range(300)]
    hold.release()
    await asyncio.gather(first, *others)
    assert sum(groups) == 301
    assert len(groups) <= 2
    assert [row.seq for row in await every_row(spool)] == list(range(1, 301))


async def test_callers_that_do_not_wait_keep_their_order(spool: Spool) -> None:
    heard: list[int] = []
    spool.listen(lambda rows: heard.extend(row.seq for row in rows))
    await asyncio.gather(*(spool.commit([event(number), event(1000 + number)]) for number in range(50)))
    assert heard == list(range(1, 101))


@pytest.mark.parametrize("body", [None, object(), 1 << 70])
async def test_bad_item_does_not_take_its_neighbours_along(spool: Spool, body: Any) -> None:
    hold = Hold()
    held = spool._committer.submit(hold)
    before = spool.commit([event(1)])
    bad = spool.commit([event(2), event(3)._replace(body=body)])
    after = spool.commit([event(4)])
    hold.release()
    await asyncio.gather(held, before, after)
    with pytest.raises(NotCommitted):
        await bad
    assert [row.body for row in await every_row(spool)] == [event(1).body, event(4).body]
    assert [row.seq for row in await every_row(spool)] == [1, 2]


async def test_duplicates_take_no_number(spool: Spool) -> None:
    first = await spool.commit([event(1), event(2)])
    second = await spool.commit([event(2), event(3), event(1), event(3)])
    assert [row.seq for row in first.rows + second.rows] == [1, 2, 3]
    assert second.identical == 3


async def test_caller_that_gives_up_does_not_undo_the_commit(spool: Spool) -> None:
    hold = Hold()
    held = spool._committer.submit(hold)
    given_up = spool.commit([event(1)])
    given_up.cancel()
    hold.release()
    await held
    await spool.commit([event(2)])
    assert [row.seq for row in await every_row(spool)] == [1, 2]


async def test_stored_reply_is_repeated_byte_for_byte(spool: Spool) -> None:
    reply = bytes(range(256))
    first = await spool.commit([event(1)], capture(b"raw", b"i" * 16, reply), reply=reply)
    again = await spool.commit([event(2)], capture(b"raw", b"i" * 16, b"other"), reply=b"other")
    assert (first.reply, again.reply) == (reply, reply)
    assert (first.repeated, again.repeated, again.rows) == (False, True, [])
    assert [row.body for row in await every_row(spool)] == [event(1).body]


async def test_frames_without_control_id_are_no_repeats(spool: Spool) -> None:
    for _ in range(2):
        done = await spool.commit([event(1)], capture(b"raw", None))
        assert not done.repeated
    assert len(await every_row(spool)) == 1


async def test_raw_bytes_are_sealed_in_the_file(tmp_path: Path) -> None:
    name = "Nguyễn Thị Minh Khai".encode()
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        await spool.commit([event(1)], capture(b"PID|1||" + name), (ProblemRecord(0, "a.b", "PID-5"),))
        (entry,) = await spool.quarantine()
        found = await spool.load_capture(bytes.fromhex(entry.capture))
        files = _bytes_in(tmp_path)
    assert found.contents.raw == b"PID|1||" + name
    assert entry.reason == "a.b"
    assert name not in files + _bytes_in(tmp_path)
    assert b"PID-5" in files


async def test_captures_swapped_between_rows_do_not_open(spool: Spool) -> None:
    captures = [capture(b"one"), capture(b"two")]
    for made in captures:
        await spool.commit([], made)
    await spool._committer.submit(
        Execute(
            "WITH kept AS MATERIALIZED (SELECT n, sealed FROM capture)"
            " UPDATE capture SET sealed = (SELECT sealed FROM kept WHERE kept.n != capture.n)"
        )
    )
    for made in captures:
        with pytest.raises(OperatorError, match="sealed with another key, or is damaged"):
            await spool.load_capture(made.id)


async def test_repeat_of_a_damaged_capture_is_refused_and_nothing_else_is(spool: Spool) -> None:
    await spool.commit([event(1)], capture(b"raw", b"i" * 16))
    await spool._committer.submit(Execute("UPDATE capture SET sealed = zeroblob(40)"))
    with pytest.raises(NotCommitted):
        await spool.commit([event(2)], capture(b"raw", b"i" * 16))
    await spool.commit([event(3)])
    assert [row.body for row in await every_row(spool)] == [event(1).body, event(3).body]


async def test_another_key_opens_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        made = capture(b"raw")
        await spool.commit([], made)
        spool.sealer = Sealer(b"x" * 32)
        with pytest.raises(OperatorError, match="sealed with another key, or is damaged"):
            await spool.load_capture(made.id)
        with pytest.raises(OperatorError, match="no capture"):
            await spool.load_capture(bytes(16))


async def _is_full(spool: Spool) -> bool:
    await spool.upkeep(RECEIVED_MS)
    return spool.books.full


async def test_used_up_quota_refuses_until_receipted_rows_are_gone(tmp_path: Path) -> None:
    limits = SpoolLimits(quota_bytes=400_000)
    async with opened(tmp_path / "spool.db", limits=limits) as spool:
        number = 0
        while not await _is_full(spool):
            await spool.commit([event(number + each) for each in range(1, 101)])
            number += 100
        with pytest.raises(SpoolFull):
            spool.commit([event(0)])
        assert await _is_full(spool), "rows without a receipt are never given up"
        await spool.receive(receipt(spool, number, event(number)))
        assert not await _is_full(spool)
        assert (await spool.commit([event(0)])).rows[0].seq == number + 1


async def _fill(spool: Spool, number: int) -> int:
    """Commit events from ``number`` on until one is refused: the number of that one."""
    for refused in range(number, 10_000):
        done = spool.commit([event(refused)], capture(bytes(5000)))
        await asyncio.wait([done])
        if done.exception():
            assert isinstance(done.exception(), SpoolFull)
            return refused
    raise AssertionError("the disk is never full")


async def test_full_disk_refuses_and_recovers(spool: Spool) -> None:
    await spool.commit([event(1)])
    await spool._committer.submit(Execute("PRAGMA max_page_count = 1"))
    number = await _fill(spool, 2)
    await spool._committer.submit(Execute("PRAGMA max_page_count = 1000000"))
    again = await spool.commit([event(number)])
    assert again.rows[0].seq == number, "the refused transaction took no number"
    assert [row.seq for row in await every_row(spool)] == list(range(1, number + 1))


async def test_io_error_ends_all_writing(spool: Spool) -> None:
    class Fail:
        def apply(self, _db: apsw.Connection) -> None:
            raise apsw.IOError("disk")

    broken = asyncio.create_task(spool.broken())
    with pytest.raises(NotCommitted):
        await spool._committer.submit(Fail())
    assert "cannot be written" in await broken
    with pytest.raises(NotCommitted):
        spool.commit([event(1)])
    assert await every_row(spool) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_fault_of_the_writer_leaves_nobody_waiting(spool: Spool) -> None:
    class Fault:
        def apply(self, _db: apsw.Connection) -> None:
            raise AssertionError("a fault of ours")

    hold = Hold()
    held = spool._committer.submit(hold)
    waiting: list[asyncio.Future[Any]] = [held, spool._committer.submit(Fault()), spool.commit([event(1)])]
    hold.release()
    async with asyncio.timeout(10):
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert "has ended" in await spool.broken()
    assert all(isinstance(end, NotCommitted) for end in ends[1:])


async def test_close_commits_what_is_queued_and_takes_no_more(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        queued = [spool.commit([event(number)]) for number in range(100)]
        closing = asyncio.create_task(spool.close())
        await asyncio.sleep(0)
        with pytest.raises(NotCommitted):
            spool.commit([event(1000)])
        await closing
        assert all(len(done.result().rows) == 1 for done in queued)
    async with opened(path) as spool:
        assert len(await every_row(spool)) == 100


async def test_every_start_counts_and_keeps_the_epoch(tmp_path: Path) -> None:
    told = []
    for _ in range(3):
        async with opened(tmp_path / "spool.db") as spool:
            told.append((spool.session, spool.books.epoch))
    async with opened(tmp_path / "other.db") as spool:
        assert spool.books.epoch != told[0][1]
    assert told == [(number, told[0][1]) for number in (1, 2, 3)]
    assert len(told[0][1]) == 16


async def test_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    async with opened(path):
        pass
    with apsw.Connection(str(path)) as db:
        db.pragma("user_version", 99)
    db.close()
    with pytest.raises(OperatorError, match="written by a newer epihub"):
        await Spool(path, SEALER, make_skip).open()
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    assert db.pragma("user_version") == 99
    db.close()


@pytest.mark.parametrize("content", [b"this is not a database, but it is long enough to be read as one" * 20])
async def test_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(content)
    with pytest.raises(OperatorError, match="cannot be opened"):
        await Spool(path, SEALER, make_skip).open()
    assert path.read_bytes() == content


async def test_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be opened"):
        await Spool(tmp_path, SEALER, make_skip).open()
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot be opened"):
        await Spool(tmp_path / "file" / "spool.db", SEALER, make_skip).open()


@pytest.mark.slow
def test_full_file_system_refuses_and_recovers(debian_program: Callable[[str], str]) -> None:
    """A real one: a tmpfs of 3 MB in a mount namespace of its own."""
    unshare = [debian_program("unshare"), "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespaces here")
    script = f"mount -t tmpfs -o size=3m none /mnt && exec {sys.executable} -m tests.spool.fill_disk /mnt"
    ended = subprocess.run(
        [*unshare, "sh", "-c", script], capture_output=True, text=True, check=False, timeout=50
    )
    assert (ended.stdout.split(), ended.returncode) == (["refused", "recovered"], 0), ended.stderr
