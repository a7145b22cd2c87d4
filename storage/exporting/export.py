"""One table of a store into one file."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Literal, NamedTuple, Protocol, get_args
from zoneinfo import ZoneInfo

from hub.errors import OperatorError
from storage.exporting.columns import Column, Row
from storage.exporting.csv_rows import CsvRows
from storage.exporting.moment import Moment
from storage.exporting.new_file import NewFile
from storage.exporting.table import Table
from storage.exporting.window import Window
from storage.lab_days import DEFAULT_TIMEZONE
from storage.open import DATABASE, is_postgres

Format = Literal["csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
Tell = Callable[[int, int, int], None]  # rows so far, rows in all, bytes of the file so far
NEEDS_EXTRA = "Parquet needs the extra: pip install 'epihub[export]'. CSV needs nothing more."
_TIMEZONE = "SELECT timezone FROM store"


class Exported(NamedTuple):
    """A finished file."""

    path: Path
    rows: int
    bytes: int


class RowWriter(Protocol):
    """A format: takes blocks, and leaves the file open when it has ended."""

    def write(self, rows: Sequence[Row]) -> None: ...

    def finish(self) -> None: ...

    def abandon(self) -> None:
        """Let go of the file, which goes."""
        ...


@asynccontextmanager
async def moment_of(url: str | None, data_dir: Path, password: str | None = None) -> AsyncIterator[Moment]:
    """The store that the configuration names, as it is now; raises StoreUnavailable, ConfigError."""
    if is_postgres(url):
        from storage.postgres.connection import Server
        from storage.postgres.moment import postgres_moment

        async with postgres_moment(Server(url or "", password)) as moment:
            yield moment
        return
    from storage.sqlite.moment import sqlite_moment

    with sqlite_moment(data_dir / DATABASE) as found:
        yield found


async def zone_of(moment: Moment) -> ZoneInfo:
    """Whose days the store counts."""
    return ZoneInfo(await moment.one(_TIMEZONE) or DEFAULT_TIMEZONE)


async def export_table(
    moment: Moment,
    table: Table,
    window: Window,
    target: NewFile,
    wanted: Format,
    *,
    people: bool = False,
    tell: Tell = lambda _rows, _total, _bytes: None,
) -> Exported:
    """``people``: with the columns that stand for one person.

    Raises OperatorError, StoreUnavailable, OSError: no file was left.
    """
    total = await table.total(moment, window)
    chosen = [place for place, column in enumerate(table.columns) if people or not column.person]
    columns = [table.columns[place] for place in chosen]
    with target, _writing(wanted, target, columns, table.name) as writer:
        rows = 0
        async for block in table.blocks(moment, window):
            with target.faults_told():
                writer.write([tuple(row[place] for place in chosen) for row in block])
                target.require_room()
            rows += len(block)
            tell(rows, max(total, rows), target.file.tell())
        with target.faults_told():
            writer.finish()
            return Exported(target.path, rows, target.finish())


@contextmanager
def _writing(wanted: Format, target: NewFile, columns: Sequence[Column], name: str) -> Iterator[RowWriter]:
    writer = writer_of(wanted, target.file, columns, {"table": name})
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise


def writer_of(
    wanted: Format, file: IO[bytes], columns: Sequence[Column], about: Mapping[str, str]
) -> RowWriter:
    """Raises OperatorError where the extra is not installed."""
    if wanted == "csv":
        return CsvRows(file, columns)
    try:
        from storage.exporting.parquet_rows import ParquetRows
    except ImportError as error:
        raise OperatorError(NEEDS_EXTRA) from error
    return ParquetRows(file, columns, about)
