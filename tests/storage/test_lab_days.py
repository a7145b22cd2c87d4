"""Counts by place and day: the time zone, stores from before, and a check that finds what is wrong."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import apsw
import pytest

from storage.contract import MOST_LAB_DAYS, Batch, LabDayFilter, TooManyRows
from storage.lab_days import AllTests
from storage.sqlite.lab_days import differences
from storage.sqlite.reader import SqliteReader
from storage.sqlite.schema import migrate, migrations, newest_version
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From
from tests.conformance.store_counts import sample

ALL = LabDayFilter(date.min, date.max)
Open = Callable[..., SqliteStore]
STEP = next(step.version for step in migrations() if step.name.endswith("_lab_days.sql"))

COPY = """
INSERT INTO event SELECT ?, randomblob(16), type, edge, epoch, seq, site, device, subject, supersedes,
    time_ms, received_ms, ? FROM event WHERE number = 1
"""
RESULT = """
INSERT INTO lab_result SELECT number, number, 1, seq, 'F', 1, 's', site, device, 'NEG', time_ms
FROM event WHERE number >= 100
"""


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[SqliteReader]:
    store = SqliteStore(tmp_path / "e.db", timezone="Asia/Ho_Chi_Minh")
    await store.open()
    late = 1_795_366_799_999  # 2026-11-22T16:59:59.999Z
    arrivals = [
        sample("S-1", From(seq=1), time_ms=late),
        sample("S-2", From(seq=2), "POS", time_ms=late + 1),
        sample("S-2", From(seq=3), "POS", "C", time_ms=late + 1),
        sample("QC", From(seq=4), control=True),
    ]
    await store.write(Batch(store.term, arrivals, received_ms=NOW))
    await store.close()
    reader = SqliteReader(tmp_path / "e.db")
    await reader.open()
    yield reader
    await reader.close()


async def days(reader: SqliteReader) -> list[tuple[str, int]]:
    return [(row.day.isoformat(), sum(row.counts)) for row in await reader.lab_days(ALL)]


async def reopen(path: Path, timezone: str | None) -> None:
    store = SqliteStore(path, timezone=timezone)
    await store.open()
    await store.close()


def connect(path: Path) -> apsw.Connection:
    return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)


async def test_another_time_zone_counts_anew(reader: SqliteReader, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    assert await days(reader) == [("2026-11-22", 1), ("2026-11-23", 1)]
    await reopen(path, "America/Lima")
    assert await days(reader) == [("2026-11-22", 2)]
    await reopen(path, None)
    assert await days(reader) == [("2026-11-22", 2)]
    store = SqliteStore(path, timezone="Asia/Tokyo")
    await store.open()
    assert await days(reader) == [("2026-11-23", 2)]
    await store.write(Batch(store.term, [sample("S-3", From(seq=5))], received_ms=NOW))
    await store.close()
    assert await days(reader) == [("2026-11-22", 1), ("2026-11-23", 2)]
    assert differences(connect(path)) == {}


async def test_a_store_from_before_is_counted_when_it_is_opened(reader: SqliteReader, tmp_path: Path) -> None:
    before, deep = connect(tmp_path / "before.db"), b'{"data":' + b"[" * 2000 + b"]" * 2000 + b"}"
    migrate(before, migrations()[: STEP - 1])
    before.execute("INSERT INTO store (one, id, term) VALUES (1, 'x', 1)")
    before.execute("ATTACH ? AS new", (str(tmp_path / "e.db"),))
    before.execute("INSERT INTO event SELECT * FROM new.event")
    for number, body in enumerate((b"{", deep), 100):
        before.execute(COPY, (number, body))
    for table in ("lab_fact", "lab_result"):
        names = ", ".join(row[1] for row in before.execute(f"PRAGMA main.table_info({table})"))
        before.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
    before.execute(RESULT)
    before.close()
    await reopen(tmp_path / "before.db", None)
    after = connect(tmp_path / "before.db")
    assert differences(after) == {}
    wanted = "SELECT number, day, test, control FROM lab_result WHERE number < 100 ORDER BY number"
    assert after.execute(wanted).fetchall() == connect(tmp_path / "e.db").execute(wanted).fetchall()
    assert after.execute("SELECT test, sum(neg), sum(pos) FROM lab_day GROUP BY test").fetchall() == [
        ("", 2, 0),
        ("SARS2", 1, 1),
    ]
    assert after.execute("SELECT sum(neg), sum(pos) FROM lab_day_sum").fetchall() == [(3, 1)]
    assert after.pragma("user_version") == newest_version()


async def test_a_check_finds_wrong_counts(reader: SqliteReader, tmp_path: Path) -> None:
    connection = connect(tmp_path / "e.db")
    assert differences(connection) == {}
    connection.execute("UPDATE lab_day SET neg = neg + 1 WHERE neg = 1")
    connection.execute(
        "INSERT INTO lab_day SELECT day + 9, site, stage, test, 0, 0, 0, 0, 0, 0, 0 FROM lab_day"
    )
    wrong = differences(connection)
    assert len(wrong) >= 2
    assert ([0, 2, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0]) in wrong.values()


async def test_a_check_finds_wrong_counts_whatever_the_test(reader: SqliteReader, tmp_path: Path) -> None:
    connection = connect(tmp_path / "e.db")
    connection.execute("UPDATE lab_day_sum SET neg = 2 WHERE neg = 1")
    (key, pair), *others = differences(connection).items()
    assert isinstance(key, AllTests)
    assert (pair, others) == (([0, 2, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0]), [])
    connection.execute("DELETE FROM lab_day_sum")
    assert len(differences(connection)) == 2


async def test_an_answer_has_an_end(reader: SqliteReader, tmp_path: Path) -> None:
    connection = connect(tmp_path / "e.db")
    numbers = "WITH RECURSIVE n (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < ?)"
    connection.execute(
        f"{numbers} INSERT INTO lab_day SELECT n, 's', 0, '', 1, 0, 0, 0, 0, 0, 0 FROM n", (MOST_LAB_DAYS,)
    )
    connection.execute(
        "INSERT INTO lab_day_sum SELECT day, 's', 0, 1, 0, 0, 0, 0, 0, 0 FROM lab_day WHERE site = 's'"
    )
    for by_test in (False, True):
        with pytest.raises(TooManyRows):
            await reader.lab_days(LabDayFilter(date.min, date.max, by_test=by_test))
    for places in ({}, {"s": "731"}):
        with pytest.raises(TooManyRows):
            await reader.lab_days(LabDayFilter(date.min, date.max, places=places))
