"""Kill -9 while it writes: every acknowledged event is there, once, and the tables agree with the log."""

import asyncio
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from hub.identity import id_bytes
from storage.sqlite.lab_days import differences
from storage.sqlite.store import SqliteStore

KILLS = 5
ACKNOWLEDGED_EACH = 500
ROOT = Path(__file__).parents[2]


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
    of_type = "SELECT count(*) FROM event WHERE type = ?"
    assert results == connection.execute(of_type, ("lab.result.v1",)).get
    assert readings == connection.execute(of_type, ("coldchain.reading.v1",)).get
    assert readings * 7 == events  # batches are whole
    assert differences(connection) == {}


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
