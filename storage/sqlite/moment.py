"""One moment of the SQLite store for exports: a transaction that only reads, as long as it takes.

The writer never waits for it; what it costs is that the WAL is not reset meanwhile.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import apsw

from hub.errors import StoreUnavailable
from storage.cameras import CameraDay, CameraDayFilter, ToldPeriod
from storage.exporting.moment import Found
from storage.rollup import HOUR_MS, Figures
from storage.sqlite.connection import connect_reader, require_sqlite, unavailable
from storage.sqlite.queries import cameras
from storage.sqlite.queries.steps import figures
from storage.sqlite.schema import newest_version, version_of


class SqliteMoment:
    """See storage.exporting.moment.Moment. A command has nothing to do beside it: no threads."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def blocks(
        self, sql: str, values: Sequence[Any] = (), *, rows: int = 1000
    ) -> AsyncIterator[list[Found]]:
        found: Any = self._execute(sql, values)
        while block := list(islice(found, rows)):
            yield block

    async def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        row: Any = self._execute(sql, values).fetchone()
        return row and row[0]

    async def hours(self, series: list[int], from_ms: int, to_ms: int) -> dict[int, dict[int, Figures]]:
        return figures(self._connection, series, (from_ms, to_ms), HOUR_MS)

    async def camera_periods(self, device: str, from_ms: int, to_ms: int) -> Sequence[ToldPeriod]:
        return cameras.camera_periods(self._connection, device, from_ms, to_ms)

    async def camera_days(self, wanted: CameraDayFilter) -> list[CameraDay]:
        return cameras.camera_days(self._connection, wanted)

    def _execute(self, sql: str, values: Sequence[Any]) -> apsw.Cursor:
        # Partial indexes here say "= 1", and SQLite does not know them under another name.
        named = {str(place): value for place, value in enumerate(values, 1)}
        return self._connection.execute(sql.replace("= TRUE", "= 1"), named)


@contextmanager
def sqlite_moment(path: Path) -> Iterator[SqliteMoment]:
    """The store as it is now; raises StoreUnavailable."""
    require_sqlite(apsw.sqlite_lib_version())
    try:
        connection = connect_reader(path)
        try:
            connection.pragma("temp_store", "file")  # what is sorted may be larger than the memory
            connection.execute("BEGIN")
            _require_schema(version_of(connection))
            yield SqliteMoment(connection)
        finally:
            connection.close()
    except apsw.Error as error:
        raise unavailable(error) from error


def _require_schema(version: int) -> None:
    if version == 0:
        raise StoreUnavailable("store.absent: no hub has made the database yet")
    if version != newest_version():
        raise StoreUnavailable(
            f"store.schema: the store has schema {version}, this epihub knows {newest_version()}"
        )
