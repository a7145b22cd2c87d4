"""What an edge may tell that no column is made for: the export goes on, and says what it can."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from pyarrow import parquet

from storage.exporting.export import FORMATS, export_table, moment_of
from storage.exporting.new_file import NewFile
from storage.exporting.tables import tables
from storage.sqlite.store import SqliteStore
from tests.conformance.gate_arrivals import decision, gate, happened
from tests.conformance.store_arrivals import NOW, From, arrival, lab, reading, waiting
from tests.conformance.store_use import write
from tests.exporting.test_rows import ALL

HUGE = 2**70


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    at_edge = waiting(From(seq=1), "c" * 32)
    assert at_edge.payload is not None
    await write(
        store,
        reading(5.0, From("fridge-01", seq=2), sequence=HUGE),
        reading(1.7976931348623157e308, From("fridge-01", seq=3), ts=NOW + 1),
        happened(replace(decision("a"), rules_version=HUGE), gate(4), NOW),
        arrival(replace(at_edge.payload, bytes=HUGE), From(seq=5), time_ms=NOW, subject="c" * 32),
        lab("=1+1\u2028\r\n;=2", From(seq=6), time_ms=253_402_300_798_000),
        lab("S-2", From(seq=7), time_ms=-30_610_224_000_000),
    )
    await store.close()
    return tmp_path


@pytest.mark.parametrize("form", FORMATS)
async def test_every_table_is_written(folder: Path, form: str) -> None:
    async with moment_of(None, folder) as moment:
        for name, table in tables().items():
            target = NewFile(folder / f"{name}.{form}")
            done = await export_table(moment, table, ALL, target, form, people=True)  # type: ignore[arg-type]
            assert done.rows >= (name in ("readings", "scans", "quarantine", "results", "lab_days"))
    if form == "parquet":
        read = parquet.read_table(folder / "readings.parquet").to_pylist()
        assert [row["sequence"] for row in read] == [None, None]
        (scan,) = parquet.read_table(folder / "scans.parquet").to_pylist()
        assert scan["rules_version"] is None
        (entry,) = parquet.read_table(folder / "quarantine.parquet").to_pylist()
        assert entry["bytes"] is None
