"""Parquet, read back by pyarrow: types, values to the bit, nulls, and few rows in memory."""

from datetime import UTC, date, datetime
from io import BytesIO

import pyarrow as arrow
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from storage.exporting.columns import Row, day, integer, number, text, time, truth
from storage.exporting.parquet_rows import MOST_GROUP_BYTES, MOST_GROUP_ROWS, ParquetRows
from tests.exporting.test_csv_rows import ROWS

COLUMNS = (text("a", "words"), integer("b", ""), number("c", ""), truth("d", ""), time("e", ""), day("f", ""))


def written(*blocks: list[Row]) -> BytesIO:
    file = BytesIO()
    rows = ParquetRows(file, COLUMNS, {"table": "things"})
    for block in blocks:
        rows.write(block)
        assert rows.rows < MOST_GROUP_ROWS
    rows.finish()
    file.seek(0)
    return file


@given(st.lists(ROWS, max_size=8))
def test_what_is_written_is_read_back(rows: list[Row]) -> None:
    table = parquet.read_table(written(rows[:3], [], rows[3:]))
    days = table.column("f").cast(arrow.int32())
    moments = table.column("e").cast(arrow.int64())
    whole = [table.column(name).to_pylist() for name in "abcd"]
    found = list(zip(*whole, moments.to_pylist(), days.to_pylist(), strict=True))
    assert found == rows
    assert [str(value) for value in table.column("c").to_pylist()] == [str(row[2]) for row in rows]  # -0.0


def test_columns_have_types_and_say_what_they_are() -> None:
    table = parquet.read_table(written([("x", 1, 0.5, True, 1_795_355_100_000, 20_779)]))
    kinds = ["string", "int64", "double", "bool", "timestamp[ms, tz=UTC]", "date32[day]"]
    assert [str(field.type) for field in table.schema] == kinds
    assert table.schema.field("a").metadata[b"about"] == b"words"
    assert table.schema.metadata[b"table"] == b"things"
    row = table.to_pylist()[0]
    assert row["e"] == datetime(2026, 11, 22, 13, 45, tzinfo=UTC)
    assert row["f"] == date(2026, 11, 22)


def test_an_empty_table_has_its_columns() -> None:
    table = parquet.read_table(written())
    assert (table.num_rows, table.num_columns) == (0, 6)


def test_rows_leave_the_memory_group_by_group() -> None:
    block: list[Row] = [("x", number, None, None, None, None) for number in range(2048)]
    file = parquet.ParquetFile(written(*[block] * 70))
    groups = [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]
    assert groups == [MOST_GROUP_ROWS, MOST_GROUP_ROWS, 70 * 2048 - 2 * MOST_GROUP_ROWS]


def test_long_texts_make_smaller_groups() -> None:
    block: list[Row] = [("y" * 10_000, None, None, None, None, None)] * 500
    file = parquet.ParquetFile(written(*[block] * 20))
    groups = [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]
    assert max(groups) <= MOST_GROUP_BYTES // 10_000 + 500
    assert file.metadata.num_rows == 10_000
