"""Rows as Parquet, with types; needs the extra ``export`` (pyarrow), which nothing else imports."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import pyarrow as arrow
from pyarrow import parquet

from storage.exporting.columns import Column, Kind, Row

# A row group is in memory, as columns; readers skip whole ones by their least and greatest time.
MOST_GROUP_ROWS = 65_536
MOST_GROUP_BYTES = 32 * 1024 * 1024

_TYPES: dict[Kind, Any] = {
    Kind.TEXT: arrow.string(),
    Kind.INTEGER: arrow.int64(),
    Kind.NUMBER: arrow.float64(),
    Kind.TRUTH: arrow.bool_(),
    Kind.TIME: arrow.timestamp("ms", tz="UTC"),
    Kind.DAY: arrow.date32(),
}


class ParquetRows:
    """Writes into ``file``, row group after row group; ``finish`` leaves the file open."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column], about: Mapping[str, str]) -> None:
        fields = [
            arrow.field(column.name, _TYPES[column.kind], metadata={"about": column.about})
            for column in columns
        ]
        self._schema = arrow.schema(fields, metadata=dict(about))
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._group: list[Any] = []
        self.rows = 0  # in memory
        self._bytes = 0

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = zip(*rows, strict=True)
        arrays = [
            arrow.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)
        ]
        batch = arrow.record_batch(arrays, schema=self._schema)
        self._group.append(batch)
        self.rows += batch.num_rows
        self._bytes += batch.nbytes
        if self.rows >= MOST_GROUP_ROWS or self._bytes >= MOST_GROUP_BYTES:
            self._write_group()

    def finish(self) -> None:
        if self._group:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of the file, which goes: its end may find no room."""
        with suppress(OSError, ValueError):
            self._writer.close()

    def _write_group(self) -> None:
        whole = arrow.Table.from_batches(self._group, self._schema)
        self._writer.write_table(whole, row_group_size=MOST_GROUP_ROWS * 2)
        self._group, self.rows, self._bytes = [], 0, 0
