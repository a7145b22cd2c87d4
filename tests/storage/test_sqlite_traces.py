"""What retention deleted is gone from the files, not only from the tables."""

import struct
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from hub.payloads import Reading
from storage.contract import Arrival, Batch
from storage.retention import DEFAULT, READINGS
from storage.sqlite.compaction import Compactor
from storage.sqlite.connection import connect_writer
from storage.sqlite.ledger import Ledger
from storage.sqlite.retention import remove_expired
from storage.sqlite.schema import migrate
from storage.sqlite.session import Session
from tests.conformance.gate_arrivals import decision, gate, passage, scan
from tests.conformance.store_arrivals import DAY, NOW, From, arrival

REASON = "sensor.marked-for-deletion"
VALUE = struct.unpack(">d", b"@MARKED!")[0]  # SQLite keeps floats big-endian
MARKS = (REASON.encode(), b"@MARKED!")
READINGS_EACH = 400
TERM = 1


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    connection = connect_writer(tmp_path / "e.db")
    migrate(connection)
    connection.execute("INSERT INTO store (one, id, term) VALUES (1, 'x', ?)", (TERM,))
    yield Ledger(connection)
    connection.close()


def marked(n: int) -> Arrival:
    plain = Reading("temp.fridge", VALUE, "Cel", reason=REASON)
    payload = plain if n % 3 else replace(plain, value=5.0 + n, reason=None)
    origin = From(f"fridge-{n % 7}", "kho", seq=n + 1)
    return arrival(payload, origin, time_ms=NOW + n // 7 * 60_000, subject="temp.fridge")


def write(ledger: Ledger) -> None:
    """Marked readings between others, and a last one of each device that has no mark."""
    arrivals = [marked(n) for n in range(7 * READINGS_EACH)]
    ledger.write(
        [Batch(TERM, arrivals[:1000], received_ms=NOW), Batch(TERM, arrivals[1000:], received_ms=NOW)]
    )
    last = [replace_time(n) for n in range(7)]
    ledger.write([Batch(TERM, last, received_ms=NOW + DAY)])


def replace_time(n: int) -> Arrival:
    payload = Reading("temp.fridge", 4.0, "Cel")
    return arrival(payload, From(f"fridge-{n}", "kho"), time_ms=NOW + 400 * DAY, subject="temp.fridge")


def maintain(ledger: Ledger, now_ms: int) -> None:
    compactor = Compactor()

    def work(session: Session) -> None:
        remove_expired(session, now_ms, DEFAULT, lambda: True)
        compactor.work(session, now_ms, DEFAULT.cut(READINGS, now_ms), lambda: True)

    ledger.run(work)
    ledger.run(work)
    ledger.checkpoint()


def found(folder: Path, marks: tuple[bytes, ...]) -> set[str]:
    """The files, of database and WAL, that show a mark."""
    files = [file for file in folder.iterdir() if file.name in ("e.db", "e.db-wal")]
    return {file.name for file in files for mark in marks if mark in file.read_bytes()}


def chunks_of(connection: apsw.Connection) -> tuple[bytes, ...]:
    rows = connection.execute("SELECT data FROM reading_chunk").fetchall()
    return tuple(bytes(data)[40:80] for (data,) in rows)  # type: ignore[arg-type]


def test_deleted_readings_leave_no_bytes(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger)
    assert found(tmp_path, MARKS[:1])
    assert found(tmp_path, MARKS[1:])
    maintain(ledger, NOW + 9 * DAY)
    assert found(tmp_path, MARKS) == set()
    packed = chunks_of(ledger.session.connection)
    assert len(packed) >= 7
    assert found(tmp_path, packed) == {"e.db"}
    maintain(ledger, NOW + 398 * DAY)
    assert chunks_of(ledger.session.connection) == ()
    assert found(tmp_path, packed) == set()


def test_a_reader_that_holds_the_wal_only_delays_it(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger)
    reader = apsw.Connection(str(tmp_path / "e.db"), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM reading").get == 7 * READINGS_EACH + 7
    maintain(ledger, NOW + 9 * DAY)
    assert found(tmp_path, MARKS) != set()
    reader.close()
    ledger.checkpoint()
    assert found(tmp_path, MARKS) == set()


def test_blanked_visits_leave_no_bytes(ledger: Ledger, tmp_path: Path) -> None:
    """Neither in their table nor in the log nor in what names its events; the people of today stay."""
    told = []
    for n in range(600):
        visit = f"v-0000beef:{n:032x}" if n % 2 else f"v-0000cafe:{n:032x}"
        at_ms = NOW if n % 2 else NOW + 40 * DAY
        for part, fact in enumerate((scan(f"s{n}", visit), decision(f"s{n}"), passage(f"s{n}"))):
            origin = gate(3 * n + part + 1)
            told.append(arrival(fact, origin, time_ms=at_ms, subject=f"{at_ms}|{visit}"))
    ledger.write([Batch(TERM, told, received_ms=NOW + 40 * DAY)])
    assert found(tmp_path, (b"v-0000beef",))
    maintain(ledger, NOW + 41 * DAY)
    assert found(tmp_path, (b"v-0000beef",)) == set()
    assert found(tmp_path, (b"v-0000cafe",)) == {"e.db"}
