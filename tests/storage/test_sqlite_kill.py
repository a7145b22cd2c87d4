"""Kill -9 while it writes: every acknowledged event is there, once, and the tables agree with the log."""

import asyncio
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from hub.identity import id_bytes
from storage.contract import Batch, Page, ReadingFilter, Row
from storage.rollup import HOUR_MS
from storage.sqlite.checks.cameras import check as check_cameras
from storage.sqlite.checks.reporting import check as check_reporting
from storage.sqlite.gates import gate_differences
from storage.sqlite.lab_days import differences
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import DAY, NOW, From, reading
from tests.conformance.store_use import all_pages
from tests.conformance.store_writing import BATCH

KILLS = 5
ACKNOWLEDGED_EACH = 500
ROOT = Path(__file__).parents[2]
LAST_TOLD = "SELECT max(time_ms) FROM event WHERE type = 'camera.health.v1'"


def acknowledged_until_killed(path: Path, first: int) -> list[str]:
    """The ids that one writer printed before it was killed in the middle of its work."""
    command = [sys.executable, "-m", "tests.storage.writer_process", str(path), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if len(lines) == ACKNOWLEDGED_EACH:
                process.kill()
        return [line.strip() for line in lines if line.endswith("\n")]


def assert_whole(connection: apsw.Connection) -> None:
    """The file is sound, and counters and projections are what the log says."""
    assert connection.pragma("integrity_check") == "ok"
    events, results, readings = connection.execute("SELECT events, results, readings FROM store").fetchall()[
        0
    ]
    assert events == connection.execute("SELECT count(*) FROM event").get
    assert results == connection.execute("SELECT count(*) FROM lab_result WHERE current = 1").get
    assert readings == connection.execute("SELECT count(*) FROM reading").get
    assert connection.execute("SELECT count(*) FROM reading_chunk").get == 0
    of_type = "SELECT count(*) FROM event WHERE type = ?"
    assert results == connection.execute(of_type, ("lab.result.v1",)).get
    assert readings == connection.execute(of_type, ("coldchain.reading.v1",)).get
    assert readings * BATCH == events  # batches are whole
    assert differences(connection) == {}
    assert gate_differences(connection) == []
    assert [found for found in check_cameras(connection) if not found.good] == []
    assert [found for found in check_reporting(connection) if not found.good] == []
    assert connection.execute("SELECT count(*) FROM fact_version").get == readings
    assert connection.execute("SELECT time_ms FROM camera").get == connection.execute(LAST_TOLD).get
    assert connection.execute("SELECT sum(allow), sum(inferred_in) FROM gate_hour").fetchone() == (
        readings,
        readings,
    )


@pytest.mark.slow
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    acknowledged: list[str] = []
    for kill in range(KILLS):
        acknowledged += acknowledged_until_killed(path, kill * 100_000)
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        stored = {row[0] for row in connection.execute("SELECT id FROM event")}
        assert [each for each in acknowledged if id_bytes(each) not in stored] == []
        assert_whole(connection)
        connection.close()
    assert len(acknowledged) >= KILLS * ACKNOWLEDGED_EACH
    store = SqliteStore(path)
    asyncio.run(store.open())
    assert store.term == KILLS + 1
    asyncio.run(store.close())


async def fill(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    for hour in range(48):
        arrivals = [
            reading(device + n / 100, From(f"fridge-{device}", "kho"), ts=NOW + hour * HOUR_MS + n * 60_000)
            for n in range(60)
            for device in range(8)
        ]
        await store.write(Batch(store.term, arrivals, received_ms=NOW))
    await store.close()


async def every_reading(path: Path) -> list[Row]:
    reader = SqliteReader(path)
    await reader.open()
    wanted = ReadingFilter(tuple(f"fridge-{device}" for device in range(8)))

    async def ask(cursor: str | None) -> Page:
        return await reader.readings(wanted, limit=1000, cursor=cursor)

    try:
        return [*await all_pages(ask), *await reader.latest_readings()]
    finally:
        await reader.close()


def pack_until_killed(path: Path, slices: int) -> int:
    """How many slices were committed when it was killed, or had no more to do."""
    command = [sys.executable, "-m", "tests.storage.packer_process", str(path), str(NOW + 4 * DAY)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for number, _ in enumerate(process.stdout):
            if number == slices:
                process.kill()
                return number
    return -1


@pytest.mark.slow
def test_packing_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    asyncio.run(fill(path))
    before = asyncio.run(every_reading(path))
    assert len(before) == 48 * 60 * 8 + 8
    slices = 1
    while pack_until_killed(path, slices) >= 0:
        assert asyncio.run(every_reading(path)) == before
        slices += 1
    assert slices > 3  # at several places; how many slices there are depends on the machine's speed
    assert asyncio.run(every_reading(path)) == before
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    assert connection.pragma("integrity_check") == "ok"
    assert connection.execute("SELECT count(*) FROM reading").get == 8  # the latest of each
    connection.close()
